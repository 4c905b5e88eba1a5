import type { Metadata } from '../../protocol/server/metadata.ts';
import { defaultScopes, type Provider } from '../../providers/entries/definition.ts';
import { plainScopes } from '../../sessions/grant/pseudoScopes.ts';
import { union } from '../../sessions/grant/scopes.ts';

/**
 * The scopes of a request: those of the provider's settings, those asked for, and those the account already
 * has. Of our own defaults, only what the server says it knows; none of them for a client that signs in by itself.
 */
export function requestedScopes(
  metadata: Metadata,
  {
    provider,
    scopes,
    grantedScopes = [],
  }: { provider: Provider; scopes: readonly string[]; grantedScopes?: readonly string[] | undefined },
): string[] {
  // Nobody is asked, so there is nobody to be remembered while they are away (OpenID Connect Core, 11).
  if (provider.service) {
    return union(provider.scopes ?? [], scopes, grantedScopes).filter(scope => scope !== 'offline_access');
  }
  const known = (scope: string): boolean =>
    scope === 'openid' || (metadata.scopes_supported?.includes(scope) ?? true);
  return union(provider.scopes ?? defaultScopes.filter(known), plainScopes(scopes), grantedScopes);
}
