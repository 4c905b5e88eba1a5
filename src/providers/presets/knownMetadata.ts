import type { Metadata } from '../../protocol/server/metadata.ts';
import type { KnownHost } from './knownHosts.ts';
import { hostAndPath } from './preset.ts';

type Recognize = (metadata: Metadata, issuer: URL) => KnownHost | undefined;

/** Each by what no other product has. All endpoints must be at the issuer: nothing else is said of other hosts. */
const products: readonly Recognize[] = [
  function keycloak({ issuer, token_endpoint: token }, { host, pathname }) {
    const [base = '', realm = '', ...more] = pathname.split('/realms/');
    const place = `${host}${base}`;
    const isOwn = more.length === 0 && /^[A-Za-z0-9._~-]{1,100}$/.test(realm) && hostAndPath.test(place);
    if (!isOwn || token !== `${issuer}/protocol/openid-connect/token`) return undefined;
    return { preset: 'keycloak', values: { host: place, realm } };
  },
  function gitlab({ issuer, jwks_uri: keys, claims_supported: claims = [] }, { host, origin }) {
    const isOwn = claims.some(
      claim => claim === 'sub_legacy' || claim.startsWith('https://gitlab.org/claims/'),
    );
    if (!isOwn || issuer !== origin || keys !== `${origin}/oauth/discovery/keys`) return undefined;
    return { preset: 'gitlab', values: { host } };
  },
  function okta({ issuer, token_endpoint: token, jwks_uri: keys }, { host, pathname }) {
    const [server] = /^\/oauth2\/[A-Za-z0-9_-]{1,60}$/.exec(pathname) ?? [];
    const base = server === undefined ? `${issuer}/oauth2` : issuer;
    const isOkta = token === `${base}/v1/token` && keys === `${base}/v1/keys`;
    if (!isOkta || (server === undefined && pathname !== '/')) return undefined;
    return { preset: 'okta', values: { domain: host, server: server ?? '' } };
  },
  function auth0(metadata, { host, origin }) {
    const { issuer, token_endpoint: token, authorization_endpoint: authorize, jwks_uri: keys } = metadata;
    const isAuth0 =
      issuer === `${origin}/` &&
      token === `${issuer}oauth/token` &&
      authorize === `${issuer}authorize` &&
      keys === `${issuer}.well-known/jwks.json`;
    return isAuth0 ? { preset: 'auth0', values: { domain: host } } : undefined;
  },
];

/**
 * The preset of the product that a server is, where its metadata leaves no doubt: the presets of products that
 * companies run under names of their own. Its issuer is that of the preset.
 */
export const presetForMetadata = (metadata: Metadata): KnownHost | undefined =>
  URL.parse(metadata.issuer)?.protocol === 'https:' ? productForMetadata(metadata) : undefined;

/** Returns the same for a server on this computer, which can do without https, unlike a preset. */
export function productForMetadata(metadata: Metadata): KnownHost | undefined {
  const issuer = URL.parse(metadata.issuer);
  return issuer
    ? products.map(recognize => recognize(metadata, issuer)).find(known => known !== undefined)
    : undefined;
}
