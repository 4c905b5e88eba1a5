import { timeInWords } from '../../platform/language.ts';
import { joined, l10n, type Shown } from '../../platform/shown.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';

/**
 * Explains why a sign-in won't last, as far as it is known, and what helps: some servers issue refresh tokens only for
 * `offline_access`, which they needn't list, others only with renewed consent.
 *
 * @param requested the scopes of the request.
 * @param dropped those that the server refused, which the user has been shown.
 * @returns undefined if it lasts, or if that is unknown.
 */
export function notLasting(
  {
    service,
    label,
    authorizationParameters,
  }: Pick<Provider, 'service' | 'label' | 'authorizationParameters'>,
  { tokens: { refreshToken, expiresAt } }: Pick<Grant, 'tokens'>,
  requested: readonly string[],
  dropped: readonly string[],
): Shown | undefined {
  if (service || refreshToken || expiresAt === undefined || dropped.includes('offline_access'))
    return undefined;
  const ends = l10n.t(
    '{0} sent no refresh token, so this sign-in expires on {1}.',
    label,
    timeInWords(expiresAt),
  );
  const cure = !requested.includes('offline_access')
    ? l10n.t('To stay signed in, add "offline_access" to "scopes".')
    : authorizationParameters['prompt'] === undefined
      ? l10n.t('To stay signed in, set "authorizationParameters" to { "prompt": "consent" }.')
      : l10n.t('Ask its administrator to allow refresh tokens for the client.');
  return joined([ends, cure], ' ');
}
