import type { Provider } from '../providers/entries/definition.ts';
import {
  isPseudoScope,
  plainScopes,
  resourcePrefix,
  resourcesOfToken,
} from '../sessions/grant/pseudoScopes.ts';
import type { McpServer } from './settings.ts';

type ResourceSettings = Pick<Provider, 'resources' | 'tokenPerResource'>;

/** The server with what its provider, as configured now, decides about the token. */
export const boundTo = (
  server: McpServer,
  provider: (ResourceSettings & Pick<Provider, 'issuer'>) | undefined,
): McpServer => ({ ...withOwnResource(server, provider), issuer: provider?.issuer });

/**
 * The server with a token of its own (RFC 8707) where its provider is known to give one: it has a `resource`, or gives
 * a token for each. What the entry itself asks for stays.
 */
export function withOwnResource(server: McpServer, provider: ResourceSettings | undefined): McpServer {
  const knowsResources = provider && (provider.tokenPerResource || provider.resources.length > 0);
  if (!knowsResources || server.scopes.some(isPseudoScope)) return server;
  const known = provider.resources.filter(resource => isWithin(server.url, resource));
  const [own = server.url] = known.toSorted((a, b) => b.length - a.length);
  return { ...server, scopes: [...server.scopes, `${resourcePrefix}${own}`] };
}

/** What a server's token is good for, as far as the request says so. */
export interface TokenReach {
  /** The token's targets. If empty, the provider decides. */
  readonly targets: readonly string[];
  /** True if all of that is the server itself. */
  readonly isOwn: boolean;
}

export function reachOf({ url, scopes }: McpServer): TokenReach {
  const targets = scopes.filter(isPseudoScope);
  const resources = resourcesOfToken({ resources: [], tokenPerResource: false }, targets);
  const isOwn =
    targets.length > 0 &&
    targets.length === new Set(resources).size &&
    resources.every(resource => isWithin(url, resource));
  return { targets: targets.map(target => target.slice(target.indexOf(':') + 1)), isOwn };
}

/** What of the scopes is sent as such. */
export const scopesOf = ({ scopes }: McpServer): readonly string[] => plainScopes(scopes);

/** True if a resource equals the URL or is above it. */
function isWithin(address: string, resource: string): boolean {
  const [inner, outer] = [URL.parse(address), URL.parse(resource)];
  if (!inner || outer?.origin !== inner.origin || outer.search !== '') return false;
  const folder = outer.pathname.endsWith('/') ? outer.pathname : `${outer.pathname}/`;
  return `${inner.pathname}/`.startsWith(folder);
}
