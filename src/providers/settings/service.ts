import * as l10n from '@vscode/l10n';
import type { ProviderDefinition } from './schema.ts';
import type { ServiceSignIn } from './serviceSettings.ts';
import { isServiceMethod } from './signInMethods.ts';

export type ParsedService =
  | { readonly ok: true; readonly service: ServiceSignIn | undefined }
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** How a client signs in by itself, if it does; or what its entry lacks for that. */
export function serviceOf(
  id: string,
  definition: ProviderDefinition,
  contributedBy: string | undefined,
): ParsedService {
  const { signInMethod: way, userLookup, tokenExchange, clientId, clientAuthentication } = definition;
  const wrong = (field: string, reason: string): ParsedService => ({ ok: false, field, reason });
  const useless = (setting: string): ParsedService =>
    wrong(setting, l10n.t('is of no use without "signInMethod": "{0}"', uses[setting] ?? ''));
  if (userLookup && way !== 'impersonation') return useless('userLookup');
  if (tokenExchange && way !== 'token-exchange') return useless('tokenExchange');
  if (!isServiceMethod(way)) return { ok: true, service: undefined };
  if (clientId === undefined) {
    return wrong(
      'clientId',
      l10n.t('is missing: with "{0}" the client signs in by itself, so it must be registered', way),
    );
  }
  if (way === 'token-exchange') {
    if (!tokenExchange)
      return wrong('tokenExchange', l10n.t('is missing: it names the provider whose token is exchanged'));
    const { from, subjectToken = 'access_token', requestedTokenType } = tokenExchange;
    if (from === id) return wrong('tokenExchange.from', l10n.t('must be another provider'));
    // It takes a token of the person elsewhere: only the person can decide that.
    if (contributedBy !== undefined) {
      return wrong(
        'tokenExchange',
        l10n.t('can only stand in your own settings, as it hands on a token of another provider'),
      );
    }
    return { ok: true, service: { way, from, subjectToken, requestedTokenType } };
  }
  if ((clientAuthentication ?? 'none') === 'none') {
    return wrong(
      'clientAuthentication',
      l10n.t(
        'is missing: with "{0}" nothing but its secret, key or certificate proves who the client is',
        way,
      ),
    );
  }
  if (way === 'client-credentials') return { ok: true, service: { way } };
  if (!userLookup)
    return wrong('userLookup', l10n.t('is missing: it names the user in whose name the tokens are'));
  return { ok: true, service: { way, ...userLookup } };
}

const uses: Readonly<Record<string, string>> = {
  userLookup: 'impersonation',
  tokenExchange: 'token-exchange',
};
