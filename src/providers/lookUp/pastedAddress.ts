/**
 * A URL within a known product, and the issuer that it belongs to. `$<name>` is replaced by a group of the pattern.
 */
interface Product {
  readonly pattern: RegExp;
  readonly issuer: string;
}

/** Contains only URLs unique to one product. Any other URL is looked up as entered. */
const products: readonly Product[] = [
  // Keycloak: the console of one realm shows another realm, which is in the fragment.
  {
    pattern:
      /^(?<base>https?:\/\/[^/]+(?:\/auth)?)\/admin\/[^/]+\/console\/?#\/(?:realms\/)?(?<realm>[A-Za-z0-9._~-]+)(?:\/|$)/,
    issuer: '$<base>/realms/$<realm>',
  },
  {
    pattern: /^(?<base>https?:\/\/[^/]+(?:\/auth)?)\/admin\/(?<realm>[A-Za-z0-9._~-]+)\/console(?:[/?#]|$)/,
    issuer: '$<base>/realms/$<realm>',
  },
  // GitLab. Three patterns, as it takes long to prove that one for all is linear.
  { pattern: /^(?<base>https:\/\/[^/]+)\/-\/(?:profile|user_settings)\//, issuer: '$<base>' },
  { pattern: /^(?<base>https:\/\/[^/]+)\/oauth\/(?:applications|discovery)/, issuer: '$<base>' },
  { pattern: /^(?<base>https:\/\/[^/]+)\/(?:admin\/applications|users\/sign_in)/, issuer: '$<base>' },
  // Gitea and Forgejo.
  {
    pattern: /^(?<base>https:\/\/[^?#]+?)\/login\/oauth\/(?:authorize|access_token|keys)(?:[?#]|$)/,
    issuer: '$<base>',
  },
  { pattern: /^(?<base>https:\/\/[^?#]+?)\/user\/settings\/applications(?:[/?#]|$)/, issuer: '$<base>' },
  // Okta: users paste the URL of the admin console, or of an endpoint.
  {
    pattern: /^https:\/\/(?<org>[a-z0-9-]+)-admin\.(?<domain>okta|oktapreview|okta-emea)\.com(?:[/?#]|$)/i,
    issuer: 'https://$<org>.$<domain>.com',
  },
  {
    pattern:
      /^(?<issuer>https:\/\/[^/]+\.(?:okta|oktapreview|okta-emea)\.com\/oauth2\/[A-Za-z0-9]+)\/v1\/[a-z]+(?:[/?#]|$)/i,
    issuer: '$<issuer>',
  },
  {
    pattern:
      /^(?<base>https:\/\/[^/]+\.(?:okta|oktapreview|okta-emea)\.com)\/(?:oauth2\/v1\/|app\/|login\/|enduser\/|user\/)/i,
    issuer: '$<base>',
  },
  // Auth0: the dashboard names region and tenant.
  {
    pattern:
      /^https:\/\/manage\.auth0\.com\/dashboard\/(?<region>[a-z]{2}(?:-\d)?)\/(?<tenant>[a-z0-9-]+)(?:[/?#]|$)/i,
    issuer: 'https://$<tenant>.$<region>.auth0.com/',
  },
  {
    pattern: /^(?<base>https:\/\/[^/]+\.auth0\.com)\/(?:authorize|u\/|login|oauth\/|userinfo)/i,
    issuer: '$<base>/',
  },
  // Microsoft Entra ID.
  {
    pattern: /^(?<issuer>https:\/\/login\.microsoftonline\.com\/[A-Za-z0-9.-]+)\/(?:oauth2|discovery)\//i,
    issuer: '$<issuer>/v2.0',
  },
  // Authentik: each application is an issuer, with a slash at its end.
  {
    pattern:
      /^(?<issuer>https?:\/\/[^/?#]+\/application\/o\/[A-Za-z0-9_-]+)\/(?:jwks|end-session)(?:[/?#]|$)/,
    issuer: '$<issuer>/',
  },
  // Zitadel.
  {
    pattern: /^(?<base>https:\/\/[^/]+)\/(?:ui\/(?:console|login|v2)|oidc\/v1|oauth\/v2)(?:[/?#]|$)/,
    issuer: '$<base>',
  },
];

/** Paths below a Keycloak realm, which can itself be below any path. */
const realmPages = ['account', 'protocol', 'login-actions', 'broker', 'clients-registrations', 'device'];

function keycloakRealm(address: string): string | undefined {
  const [base = '', ...below] = address.split('/realms/');
  const [realm = '', page = ''] = below.join('/realms/').split(/[/?#]/);
  const isPage = below[0]?.startsWith(`${realm}/`) === true && realmPages.includes(page);
  const isRealm = /^[A-Za-z0-9._~-]{1,100}$/.test(realm) && !/[?#]/.test(base);
  return isPage && isRealm ? `${base}/realms/${realm}` : undefined;
}

/**
 * Returns the issuer for a URL copied from a known product: its console, its account page, or one of its endpoints.
 * Returns any other URL unchanged.
 */
export function cutBack(address: string): string {
  const realm = keycloakRealm(address);
  if (realm !== undefined) return realm;
  for (const { pattern, issuer } of products) {
    const groups = pattern.exec(address)?.groups;
    if (groups) return issuer.replace(/\$<(\w+)>/g, (_, name: string) => groups[name] ?? '');
  }
  return address;
}
