import { randomBytes } from 'node:crypto';
import type { ClientMetadata } from 'oidc-provider';

/** The authority of the extension's own URIs: `<publisher>.<name>`. */
const extensionId = 'vscode-oidc.oidc-authentication';

/** Where each desktop product receives the authorization response. */
export const editorRedirectUris = ['vscode', 'vscode-insiders', 'vscodium', 'code-oss'].map(
  scheme => `${scheme}://${extensionId}/callback`,
);

/** Registered without a port: native clients may add any (RFC 8252, 7.3). */
export const loopbackRedirectUri = 'http://127.0.0.1/callback';

export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const redirectUris = [...editorRedirectUris, loopbackRedirectUri];

export const editorClient = (clientId: string, clientName: string): ClientMetadata => ({
  client_id: clientId,
  client_name: clientName,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token', deviceCodeGrant],
  response_types: ['code'],
  redirect_uris: redirectUris,
  post_logout_redirect_uris: redirectUris,
});

/** A client whose answers come back over pages of its own, at exactly these addresses. */
export const bridgedClient = (...addresses: string[]): ClientMetadata => ({
  client_id: 'bridged',
  client_name: 'Editor behind a Bridge',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: addresses,
});

/** The clients that every identity provider of the tests knows. Secrets are new with every call. */
export function knownClients() {
  const secret = () => randomBytes(32).toString('base64url');
  const clients = {
    /** A public native client: the everyday case. */
    editor: { clientId: 'editor' },
    /** The same, and it may also come back to a VS Code that is served to a browser. */
    editorWeb: { clientId: 'editor-web' },
    /** A confidential client (client_secret_basic) that may also act for itself (client_credentials). */
    editorSecret: { clientId: 'editor-secret', clientSecret: secret() },
    /** Signs nobody in; may introspect everybody's tokens. */
    resourceServer: { clientId: 'resource-server', clientSecret: secret() },
  };
  const metadata: ClientMetadata[] = [
    editorClient(clients.editor.clientId, 'Editor'),
    editorClient(clients.editorWeb.clientId, 'Editor in the Browser'),
    {
      ...editorClient(clients.editorSecret.clientId, 'Editor with a Secret'),
      client_secret: clients.editorSecret.clientSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token', deviceCodeGrant, 'client_credentials'],
    },
    {
      client_id: clients.resourceServer.clientId,
      client_name: 'Resource Server',
      client_secret: clients.resourceServer.clientSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: [],
      response_types: [],
      redirect_uris: [],
    },
  ];
  return { clients, metadata };
}

export type KnownClients = ReturnType<typeof knownClients>['clients'];

const loopbackHost = /^(?:127\.0\.0\.1|\[::1\]|(?:[\w-]+\.)*localhost)$/;
const callbackPath = /^\/(?:[\w.~-]+\/)*(?:stable|insider|oss)-(?:[0-9a-f]{7,64}|dev)\/callback$/;
const callbackParameters = new Set(
  ['reqid', 'scheme', 'authority', 'path', 'query', 'fragment'].map(key => `vscode-${key}`),
);

/**
 * Whether `uri` is one that a VS Code served from this machine to a browser makes for our extension with
 * `asExternalUri`. Request number, release and parameters change, so no exact match is possible:
 * `http://127.0.0.1:8080/stable-<commit>/callback?vscode-reqid=1&vscode-scheme=…&vscode-authority=…&vscode-path=…`
 */
export function isWebHostRedirectUri(uri: string): boolean {
  const parsed = URL.parse(uri);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password || parsed.hash) {
    return false;
  }
  const query = parsed.searchParams;
  const keys = [...query.keys()];
  return (
    loopbackHost.test(parsed.hostname) &&
    callbackPath.test(parsed.pathname) &&
    keys.length === new Set(keys).size &&
    keys.every(key => callbackParameters.has(key)) &&
    /^\d+$/.test(query.get('vscode-reqid') ?? '') &&
    /^[a-z][a-z0-9+.-]*$/.test(query.get('vscode-scheme') ?? '') &&
    query.get('vscode-authority') === extensionId &&
    (query.get('vscode-path') ?? '').startsWith('/')
  );
}
