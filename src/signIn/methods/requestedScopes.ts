import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { usualScopes } from '../../providers/entries/usualScopes.ts';
import { plainScopes } from '../../sessions/grant/pseudoScopes.ts';
import { union } from '../../sessions/grant/scopes.ts';

export interface AskedScopes {
  readonly provider: Provider;
  readonly scopes: readonly string[];
  /** Scopes the account has been granted already. */
  readonly grantedScopes?: readonly string[] | undefined;
}

/**
 * The scopes of a request: those of the provider's settings, the requested ones, and those the account already has. Of
 * our own defaults, only those that the server lists, and none for a service client.
 *
 * @param without those of {@link defaultsAmong} that the server has refused.
 */
export function requestedScopes(
  metadata: Metadata,
  { provider, scopes, grantedScopes = [] }: AskedScopes,
  without: readonly string[],
): string[] {
  // No user signs in, so there is no offline access to request (OpenID Connect Core, 11).
  if (provider.service) {
    const all = union(provider.scopes ?? [], plainScopes(scopes), grantedScopes);
    return all.filter(scope => scope !== 'offline_access');
  }
  const all = union(provider.scopes ?? usualScopes(metadata), plainScopes(scopes), grantedScopes);
  const dropped = defaultsAmong(metadata, { provider, scopes }).filter(scope => without.includes(scope));
  return all.filter(scope => !dropped.includes(scope));
}

/** The scopes of a request that neither the user nor an extension has requested. */
export function defaultsAmong(metadata: Metadata, { provider, scopes }: AskedScopes): string[] {
  if (provider.service || provider.scopesAreSet) return [];
  return (provider.scopes ?? usualScopes(metadata)).filter(scope => !scopes.includes(scope));
}
