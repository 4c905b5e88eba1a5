import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { oneOf, text } from './fields.ts';

/** By what Qlik Cloud looks a user up. */
export const userLookupFields = ['userId', 'subject'] as const;

export const userLookupSchema = v.pipe(
  v.strictObject({
    field: oneOf(
      'What the user is found by: `userId` (the id in the tenant) or `subject`.',
      userLookupFields,
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
      oneOf('Which token of that sign-in is sent. By default `access_token`.', subjectTokens),
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

/** What a client that signs in by itself asks for. Stored grants and agreed terms have its method as `way`. */
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
