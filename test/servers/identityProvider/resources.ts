import { errors, type ResourceServer } from 'oidc-provider';

/** The resource (RFC 8707) that access tokens are for when the client names none. */
export const apiResource = 'https://api.example.com/';

/** A second resource, for clients that ask for one by name. */
export const reportsResource = 'https://reports.example.com/';

/**
 * Access tokens for a resource are JWTs that it verifies by itself (RFC 9068). The API knows the OpenID scopes as
 * well, so that the `scope` of a token response names everything that was granted, as with most providers.
 */
const scopesOf = new Map([
  [apiResource, 'openid profile email groups offline_access api:read api:write admin'],
  [reportsResource, 'openid profile offline_access reports:read'],
]);

const apiScopesIn = (scope: string): string =>
  scope
    .split(' ')
    .filter(word => word.includes(':') || word === 'admin')
    .join(' ');

/**
 * What oidc-provider must know about a resource.
 * @throws errors.InvalidTarget for a resource that does not exist.
 */
export function resourceServerInfo(
  resource: string,
  settings: {
    accessTokenLifetime: number;
    resources: readonly string[];
    namesOnlyApiScopes: boolean;
  },
): ResourceServer {
  const { accessTokenLifetime, resources, namesOnlyApiScopes } = settings;
  const scope = scopesOf.get(resources.includes(resource) ? apiResource : resource);
  if (scope === undefined) {
    throw new errors.InvalidTarget();
  }
  return {
    scope: namesOnlyApiScopes ? apiScopesIn(scope) : scope,
    audience: resource,
    accessTokenTTL: accessTokenLifetime,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  };
}
