import type { Metadata } from '../../protocol/server/metadata.ts';
import { presetForAddress } from '../../providers/presets/knownHosts.ts';
import { productForMetadata } from '../../providers/presets/knownMetadata.ts';
import type { PresetName } from '../../providers/settings/presetNames.ts';

/** What an administrator sets for a client. */
export type ClientPart = 'client' | 'secret' | 'redirectUri' | 'scope' | 'device';

/**
 * Where to find it in a product's pages, in the product's own words in every language. `{client}` is replaced by the
 * client ID.
 */
interface Pages extends Readonly<Record<ClientPart, string>> {
  readonly product: string;
}

/** Pages with the same beginning. */
const pages = (product: string, start: string, parts: Readonly<Record<ClientPart, string>>): Pages => {
  const from = (part: ClientPart): string => (parts[part] === '' ? start : `${start} → ${parts[part]}`);
  return {
    product,
    client: from('client'),
    secret: from('secret'),
    redirectUri: from('redirectUri'),
    scope: from('scope'),
    device: from('device'),
  };
};

const gitHub = pages('GitHub', 'Settings → Developer settings → OAuth Apps → {client}', {
  client: 'Client ID',
  secret: 'Client secrets',
  redirectUri: 'Authorization callback URL',
  scope: '',
  device: 'Enable Device Flow',
});

const ofPresets: Readonly<Partial<Record<PresetName, Pages>>> = {
  keycloak: pages('Keycloak', 'Clients → {client}', {
    client: 'Enabled; Settings → Capability config → Client authentication',
    secret: 'Credentials → Client Secret',
    redirectUri: 'Settings → Valid redirect URIs',
    scope: 'Client scopes → Add client scope',
    device: 'Settings → Capability config → OAuth 2.0 Device Authorization Grant',
  }),
  gitlab: pages('GitLab', 'User settings / Group settings / Admin → Applications → {client}', {
    client: 'Application ID; Edit → Confidential',
    secret: 'Renew secret',
    redirectUri: 'Edit → Redirect URI',
    scope: 'Edit → Scopes',
    device: 'Edit → Scopes',
  }),
  okta: pages('Okta', 'Admin Console → Applications → {client}', {
    client: 'General → Client Credentials',
    secret: 'General → Client Secrets',
    redirectUri: 'General → Login → Sign-in redirect URIs',
    scope: 'Okta API Scopes',
    device: 'General → Grant type → Device Authorization',
  }),
  entra: pages('Microsoft Entra', 'App registrations → {client}', {
    client: 'Overview → Application (client) ID',
    secret: 'Certificates & secrets',
    redirectUri: 'Authentication → Mobile and desktop applications',
    scope: 'API permissions',
    device: 'Authentication → Allow public client flows',
  }),
  auth0: pages('Auth0', 'Dashboard → Applications → {client}', {
    client: 'Settings → Client ID; Application Type "Native"',
    secret: 'Credentials',
    redirectUri: 'Settings → Allowed Callback URLs',
    scope: 'APIs',
    device: 'Settings → Advanced Settings → Grant Types → Device Code',
  }),
  google: pages('Google', 'Google Auth Platform', {
    client: 'Clients → {client}',
    secret: 'Clients → {client} → Client secrets',
    redirectUri: 'Clients → {client} → Authorized redirect URIs',
    scope: 'Data Access',
    device: 'Clients → Create client → TVs and Limited Input devices',
  }),
  github: gitHub,
  'github-enterprise': gitHub,
};

const authentikProvider = 'Applications → Providers → {client} → Edit';

/** Products without a preset, each by what no other one has. */
const others: readonly (readonly [
  isProduct: (metadata: Metadata, issuer: URL) => boolean | undefined,
  pages: Pages,
])[] = [
  [
    (_, { pathname }) => /^\/application\/o\/[^/]+\/$/.test(pathname),
    pages('authentik', 'Admin interface', {
      client: `${authentikProvider} → Client ID; Client type`,
      secret: `${authentikProvider} → Client Secret`,
      redirectUri: `${authentikProvider} → Redirect URIs/Origins (RegEx)`,
      scope: `${authentikProvider} → Advanced protocol settings → Scopes`,
      device: 'System → Brands → Edit → Default flows → Device code flow',
    }),
  ],
  [
    ({ issuer, token_endpoint: token, introspection_endpoint: introspection }) =>
      token === `${issuer}/oauth/v2/token` && introspection === `${issuer}/oauth/v2/introspect`,
    pages('ZITADEL', 'Console → Projects → Applications → {client}', {
      client: 'Client ID; Configuration → Authentication Method',
      secret: 'Actions → Regenerate Client Secret',
      redirectUri: 'Redirect Settings → Redirect URIs',
      scope: '',
      device: 'Configuration → Grant Types → Device Code',
    }),
  ],
  [
    ({ token_endpoint: token, jwks_uri: keys }) =>
      token?.endsWith('/login/oauth/access_token') && keys?.endsWith('/login/oauth/keys'),
    pages('Gitea', 'Settings → Applications → Manage OAuth2 Applications → {client} → Edit', {
      client: 'Client ID; Confidential Client',
      secret: 'Regenerate Secret',
      redirectUri: 'Redirect URIs',
      scope: '',
      device: '',
    }),
  ],
];

/** Where a client's setting is found in its server's pages, if the server is recognized by its URL or metadata. */
export function clickPath(
  metadata: Metadata,
  clientId: string,
  part: ClientPart,
): { readonly product: string; readonly path: string } | undefined {
  const issuer = new URL(metadata.issuer);
  const preset = productForMetadata(metadata) ?? presetForAddress(metadata.issuer);
  const known =
    (preset && ofPresets[preset.preset]) ?? others.find(([isProduct]) => isProduct(metadata, issuer))?.[1];
  return known && { product: known.product, path: known[part].replaceAll('{client}', clientId) };
}
