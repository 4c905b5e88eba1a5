import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { text } from './fields.ts';
import { isServiceMethod } from './signInMethods.ts';
import type { ProviderDefinition } from './schema.ts';

/** By what Qlik Cloud looks a user up. */
export const userLookupFields = ['userId', 'subject'] as const;

export const userLookupSchema = v.pipe(
  v.strictObject({
    field: v.pipe(
      v.picklist(userLookupFields),
      v.description('What the user is found by: `userId` (the id in the tenant) or `subject`.'),
    ),
    value: text('The id or subject of the user.'),
  }),
  v.description(
    'With `"signInMethod": "impersonation"` (Qlik Cloud): the user in whose name the client gets its tokens.',
  ),
);

/** Kinds of tokens that can be exchanged (RFC 8693 section 3). */
export const subjectTokens = ['access_token', 'id_token'] as const;

export const tokenExchangeSchema = v.pipe(
  v.strictObject({
    from: text('The id of the provider whose token is exchanged; you must be signed in there.'),
    subjectToken: v.optional(
      v.pipe(
        v.picklist(subjectTokens),
        v.description('Which token of that sign-in is sent. By default `access_token`.'),
      ),
    ),
    requestedTokenType: v.optional(
      v.pipe(
        v.string(),
        v.check(
          value => URL.canParse(value),
          () => l10n.t('must be a URI such as urn:ietf:params:oauth:token-type:access_token'),
        ),
        v.description('The type of token that is asked for. By default the provider decides.'),
      ),
    ),
  }),
  v.description(
    'With `"signInMethod": "token-exchange"` (RFC 8693): whose token is exchanged for one of this provider. **It is sent to this provider**: name only providers that may see each other’s tokens. `audience` and `resource` say what the new token is for.',
  ),
);

/** What a client that signs in by itself asks for. */
export type ServiceSignIn =
  | { readonly way: 'client-credentials' }
  /** In the name of this user (Qlik Cloud). */
  | {
      readonly way: 'impersonation';
      readonly field: (typeof userLookupFields)[number];
      readonly value: string;
    }
  /** In the name of whoever is signed in at the provider `from` (RFC 8693). */
  | {
      readonly way: 'token-exchange';
      readonly from: string;
      readonly subjectToken: (typeof subjectTokens)[number];
      readonly requestedTokenType?: string | undefined;
    };

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
