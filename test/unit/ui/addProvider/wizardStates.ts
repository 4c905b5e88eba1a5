import type { Metadata } from '../../../../src/protocol/server/metadata.ts';
import type { FoundServer } from '../../../../src/providers/lookUp/lookUp.ts';
import type { Facts, ListPage, Row } from '../../../../src/ui/addProvider/state.ts';

export const issuer = 'https://login.example.com';
const endpoints = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
};
const services = ['authorization_code', 'client_credentials'];

/** Servers that differ in what the wizard asks. */
export const servers = {
  registers: {
    ...endpoints,
    registration_endpoint: `${issuer}/register`,
    grant_types_supported: services,
    scopes_supported: ['openid', 'email', 'api'],
  },
  public: { ...endpoints, token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] },
  confidential: {
    ...endpoints,
    grant_types_supported: services,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  keys: { ...endpoints, token_endpoint_auth_methods_supported: ['private_key_jwt'] },
  keycloak: {
    ...endpoints,
    issuer: `${issuer}/realms/staff`,
    token_endpoint: `${issuer}/realms/staff/protocol/openid-connect/token`,
    registration_endpoint: `${issuer}/realms/staff/clients-registrations`,
  },
} satisfies Readonly<Record<string, Metadata>>;

export const foundAt = (metadata: Metadata): FoundServer => ({
  issuer: metadata.issuer,
  metadata,
  metadataAddress: `${metadata.issuer}/.well-known/openid-configuration`,
  metadataUrl: undefined,
  allowLoopbackHttp: false,
  how: 'The issuer URL you entered.',
  resource: undefined,
  scopes: [],
});

export const facts = (more: Partial<Facts> = {}): Facts => ({
  extensionId: 'vscode-oidc.oidc-authentication',
  appName: 'Editor',
  surroundings: { ui: 'desktop', uriScheme: 'vscode', runsIn: 'node', remoteName: undefined } as never,
  method: 'auto',
  clientDocument: undefined,
  taken: ['oidc'],
  fixedId: undefined,
  left: undefined,
  ...more,
});

/** The rows without the names above them. */
export const rowsOf = (page: ListPage): Row[] => page.rows.flatMap(row => ('heading' in row ? [] : [row]));
