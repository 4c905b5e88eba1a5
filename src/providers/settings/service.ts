import { l10n } from '../../platform/shown.ts';
import { WrongEntry } from './problems.ts';
import type { ProviderDefinition } from './schema.ts';
import type { ServiceSignIn } from './serviceSettings.ts';
import { isServiceMethod } from './signInMethods.ts';

/**
 * Returns how a client signs in as a service, if it does.
 *
 * @throws WrongEntry for an entry that lacks a required setting.
 */
export function serviceOf(
  id: string,
  definition: ProviderDefinition,
  contributedBy: string | undefined,
): ServiceSignIn | undefined {
  const { signInMethod: way, userLookup, tokenExchange, clientId, clientAuthentication } = definition;
  const useless = (setting: string, wanted: string): WrongEntry =>
    new WrongEntry(setting, l10n.t('has no effect without "signInMethod": "{0}"', wanted));
  if (userLookup && way !== 'impersonation') throw useless('userLookup', 'impersonation');
  if (tokenExchange && way !== 'token-exchange') throw useless('tokenExchange', 'token-exchange');
  if (!isServiceMethod(way)) return undefined;
  if (clientId === undefined) {
    throw new WrongEntry('clientId', l10n.t('is missing: "{0}" needs a registered client', way));
  }
  if (way === 'token-exchange') {
    if (!tokenExchange)
      throw new WrongEntry(
        'tokenExchange',
        l10n.t('is missing: it names the provider whose token is exchanged'),
      );
    const { from, subjectToken = 'access_token', requestedTokenType } = tokenExchange;
    if (from === id) throw new WrongEntry('tokenExchange.from', l10n.t('must be another provider'));
    // Sends the user's token to another server, so only the user can decide that.
    if (contributedBy !== undefined) {
      throw new WrongEntry(
        'tokenExchange',
        l10n.t('is only allowed in your own settings, because it passes on another provider’s token'),
      );
    }
    return { way, from, subjectToken, requestedTokenType };
  }
  if ((clientAuthentication ?? 'none') === 'none') {
    throw new WrongEntry(
      'clientAuthentication',
      l10n.t('is missing: with "{0}", only a secret, key, or certificate authenticates the client', way),
    );
  }
  if (way === 'client-credentials') return { way };
  if (!userLookup)
    throw new WrongEntry('userLookup', l10n.t('is missing: it names the user whom the tokens are for'));
  return { way, ...userLookup };
}
