import type { Metadata } from '../../protocol/server/metadata.ts';
import { defaultScopes } from './definition.ts';

type Shown = Pick<Metadata, 'jwks_uri' | 'scopes_supported' | 'id_token_signing_alg_values_supported'>;

/**
 * True if anything shows that the server supports OpenID Connect, and not just OAuth 2.0. A UserInfo endpoint
 * doesn't: servers without ID tokens have one, too.
 */
export const showsOpenId = (metadata: Shown): boolean =>
  metadata.jwks_uri !== undefined ||
  metadata.id_token_signing_alg_values_supported !== undefined ||
  metadata.scopes_supported?.includes('openid') === true;

/** Of the default scopes, those that the server knows as far as it says so. */
export function usualScopes(metadata: Shown): string[] {
  const isKnown = (scope: string): boolean =>
    scope === 'openid' || (metadata.scopes_supported?.includes(scope) ?? true);
  return showsOpenId(metadata)
    ? defaultScopes.filter(isKnown)
    : defaultScopes.filter(scope => metadata.scopes_supported?.includes(scope));
}
