import { connect, type Connection } from '../../protocol/client/client.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { clientOfGrant, type ClientStores } from './client.ts';

/** What keeping a grant needs: the network, and what is known of clients that registered themselves. */
export interface GrantServices extends ClientStores {
  readonly httpContext: HttpContext;
}

/**
 * Connects to the server of a grant, with the endpoints from the user's sign-in. If the metadata now names another
 * endpoint, it is read again before anything is given up: it might have been wrong for a moment, and metadata is cached
 * for an hour.
 */
export async function connectFor(
  services: GrantServices,
  provider: Provider,
  grant: Grant,
  signal?: AbortSignal,
  wanted?: readonly (keyof Metadata)[],
): Promise<Connection> {
  const { endpoints, tokenEndpoint } = grant.binding;
  const { httpContext } = services;
  const client = { ...(await clientOfGrant(provider, grant, services)), about: grant.id };
  const agreement = endpoints ?? { token_endpoint: tokenEndpoint };
  const known = await connect(httpContext, client, agreement, signal, wanted);
  if (known.withheld.length === 0) return known;
  httpContext.metadata.forget(client.issuer);
  return connect(httpContext, client, agreement, signal, wanted);
}
