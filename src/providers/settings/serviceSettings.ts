import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { oneOf, text } from './fields.ts';

/** By what Qlik Cloud looks a user up. */
export const userLookupFields = ['userId', 'subject'] as const;

export const userLookupSchema = v.pipe(
  v.strictObject({
    field: oneOf(
      'The field that identifies the user: `userId` (the ID in the tenant) or `subject`.',
      userLookupFields,
    ),
    value: text('The ID or subject of the user.'),
  }),
  v.description(
    'The user for whom the client gets its tokens, with `"signInMethod": "impersonation"` (Qlik Cloud).',
  ),
);

/** Kinds of tokens that can be exchanged (RFC 8693 section 3). */
export const subjectTokens = ['access_token', 'id_token'] as const;

export const tokenExchangeSchema = v.pipe(
  v.strictObject({
    from: text('The ID of the provider whose token is exchanged. You must be signed in to it.'),
    subjectToken: v.optional(
      oneOf('The token of that sign-in to send. Defaults to `access_token`.', subjectTokens),
    ),
    requestedTokenType: v.optional(
      v.pipe(
        v.string(),
        v.check(
          value => URL.canParse(value),
          () => l10n.t('must be a URI such as urn:ietf:params:oauth:token-type:access_token'),
        ),
        v.description('The type of token to request. Defaults to the provider’s choice.'),
      ),
    ),
  }),
  v.description(
    'Whose token is exchanged for one of this provider, with `"signInMethod": "token-exchange"` (RFC 8693). **It is sent to this provider**: only name providers that are allowed to see each other’s tokens. `audience` and `resource` state what the new token is for.',
  ),
);

/** What shows the other provider whose sign-in it is. */
export const assertedTokens = ['id_token', 'refresh_token'] as const;

export const identityAssertionSchema = v.pipe(
  v.strictObject({
    from: text('Which provider asserts who you are, by its ID. You must be signed in to it.'),
    subjectToken: v.optional(
      oneOf('The token of that sign-in to show to its own server. Defaults to `id_token`.', assertedTokens),
    ),
    audience: v.optional(
      text('The audience to request the assertion for. Defaults to this provider’s issuer.'),
    ),
  }),
  v.description(
    'The provider that asserts your identity to this one, with `"signInMethod": "identity-assertion"` (cross-app access). Your sign-in there **is shown to this provider**, but none of its tokens. The assertion is requested for `resource` and `scopes`.',
  ),
);

/** How a service signs in. Stored grants and agreed terms name its method `way`. */
export type ServiceSignIn =
  | { readonly way: 'client-credentials' }
  /** In the name of this user (Qlik Cloud). */
  | {
      readonly way: 'impersonation';
      readonly field: (typeof userLookupFields)[number];
      readonly value: string;
    }
  /** On behalf of the user signed in with the provider `from` (RFC 8693). */
  | {
      readonly way: 'token-exchange';
      readonly from: string;
      /** The issuer that `from` has in the settings. Undefined: no provider with that ID is used. */
      readonly fromIssuer?: string | undefined;
      readonly subjectToken: (typeof subjectTokens)[number];
      readonly requestedTokenType?: string | undefined;
    }
  /** As the user signed in with the provider `from`, whose server asserts that to this one (RFC 7523). */
  | {
      readonly way: 'identity-assertion';
      readonly from: string;
      /** See `token-exchange`. */
      readonly fromIssuer?: string | undefined;
      readonly subjectToken: (typeof assertedTokens)[number];
      /** Undefined: the issuer. */
      readonly audience?: string | undefined;
    };

/** A service that acts for the user of another provider. */
export type SubjectSignIn = Extract<ServiceSignIn, { readonly from: string }>;
