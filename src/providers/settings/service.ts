import { l10n } from '../../platform/shown.ts';
import { WrongEntry } from './problems.ts';
import type { ProviderDefinition } from './schema.ts';
import type { ServiceSignIn, SubjectSignIn } from './serviceSettings.ts';
import { isServiceMethod } from './signInMethods.ts';

/** The method that a setting belongs to. */
const methodOf = {
  userLookup: 'impersonation',
  tokenExchange: 'token-exchange',
  identityAssertion: 'identity-assertion',
} as const;

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
  const { signInMethod: way, userLookup, clientId, clientAuthentication } = definition;
  for (const [setting, wanted] of Object.entries(methodOf))
    if (definition[setting as keyof typeof methodOf] && way !== wanted)
      throw new WrongEntry(setting, l10n.t('has no effect without "signInMethod": "{0}"', wanted));
  if (!isServiceMethod(way)) return undefined;
  if (clientId === undefined) {
    throw new WrongEntry('clientId', l10n.t('is missing: "{0}" needs a registered client', way));
  }
  if (way === 'token-exchange' || way === 'identity-assertion') {
    const field = way === 'token-exchange' ? 'tokenExchange' : 'identityAssertion';
    const source = definition[field];
    if (!source) throw new WrongEntry(field, l10n.t('is missing'));
    if (source.from === id) throw new WrongEntry(`${field}.from`, l10n.t('must be another provider'));
    // Sends the user's token, or shows their sign-in, to another server, so only the user can decide that.
    if (contributedBy !== undefined)
      throw new WrongEntry(field, l10n.t('is only allowed in your own settings'));
    const subjectToken = way === 'token-exchange' ? 'access_token' : 'id_token';
    return { subjectToken, ...source, way } as SubjectSignIn;
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
