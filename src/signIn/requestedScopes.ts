import type { Metadata } from '../protocol/metadata.ts';
import { defaultScopes, type Provider } from '../providers/definition.ts';
import { union } from '../sessions/scopes.ts';

/**
 * The scopes of a request: those of the provider's settings, those asked for, and those the account already
 * has. Of our own defaults, only what the server says it knows.
 */
export function requestedScopes(
  metadata: Metadata,
  {
    provider,
    scopes,
    grantedScopes = [],
  }: { provider: Provider; scopes: readonly string[]; grantedScopes?: readonly string[] | undefined },
): string[] {
  const known = (scope: string): boolean =>
    scope === 'openid' || (metadata.scopes_supported?.includes(scope) ?? true);
  return union(provider.scopes ?? defaultScopes.filter(known), scopes, grantedScopes);
}
