/**
 * What becomes of a check that an answer does not pass:
 *
 * - `safety`: the answer is refused, always;
 * - `form`: what it means is read, as far as it means one thing; else it is refused;
 * - `asking`: we asked for something by ourselves that the server does not give: less is asked for;
 * - `ending`: whether a sign-in has ended; only the authorization server itself can say that, in an OAuth error;
 * - `keeping`: nothing may be lost with the answer.
 */
export type CheckClass = 'safety' | 'form' | 'asking' | 'ending' | 'keeping';

export interface Check {
  readonly kind: CheckClass;
  /** The answers that it is about. */
  readonly of: string;
  /** What must hold, as a sentence. */
  readonly holds: string;
  /** What comes of it if that does not hold. */
  readonly otherwise: string;
}

const form = (of: string, holds: string, otherwise: string): Check => ({
  kind: 'form',
  of,
  holds,
  otherwise,
});

/**
 * Every check of every answer. The code names the checks; what is said of them here is for docs/checks.md alone, and no
 * part of the extension.
 */
export const checks = {
  'form.empty': form('every JSON answer', 'A member has a value.', 'null and empty text count as absent.'),
  'form.text': form('every JSON answer', 'Text is text.', 'A whole number counts as its digits.'),
  'form.number': form('every JSON answer', 'A number is a number.', 'Text that is one counts as it.'),
  'form.flag': form(
    'every JSON answer',
    'A flag is true or false.',
    'The text “true” or “false”, and 1 or 0, count as it.',
  ),
  'form.words': form(
    'every JSON answer',
    'Words such as scopes are one text with spaces.',
    'A list counts as its items.',
  ),
  'form.list': form(
    'every JSON answer',
    'A list is a list of texts.',
    'Text counts as its words; items that are no text are left out.',
  ),
  'form.unreadable': form('every JSON answer', 'An optional member can be read.', 'It counts as absent.'),
  'form.media-type': form(
    'every JSON answer',
    'JSON is said to be JSON.',
    'It is read as JSON all the same.',
  ),
  'token.status': form('token', 'The status of a success is 200.', 'Any status of a success counts as it.'),
  'token.type': form(
    'token',
    'The token type is `Bearer`.',
    '`BearerToken` and the like count as it; anything else is refused.',
  ),
  'token.exp': form(
    'token',
    'The answer says when the access token ends.',
    'A JSON Web Token says it itself, and is never used longer.',
  ),
  'webfinger.one-link': form('WebFinger', '`links` is a list.', 'One link counts as a list of one.'),
  'revocation.gone': form(
    'revocation',
    'The access token can be revoked after its refresh token.',
    'A refusal is logged: it has ended with the refresh token.',
  ),
  'metadata.place': form(
    'metadata',
    'The document is at the first of the places that the standards name.',
    'The next place is asked after any answer but a right document.',
  ),
  'metadata.merged': form(
    'metadata',
    'One document says all of a server.',
    'What is needed and not in it is taken from the other document of the same issuer.',
  ),
  'metadata.endpoint': form(
    'metadata',
    'An endpoint that can be done without has a https address.',
    'It counts as absent.',
  ),
  'registration.port': form(
    'registration',
    'The redirect URI comes back as it was sent.',
    'One of this computer may come back without its port.',
  ),
  'device.verification-url': form(
    'device authorization',
    'The address to enter the code at is `verification_uri`.',
    'The `verification_url` of older drafts counts as it.',
  ),
  'device.complete-uri': form(
    'device authorization',
    '`verification_uri_complete` is at the place that is shown.',
    'It is left out.',
  ),
} as const satisfies Record<string, Check>;

export type CheckId = keyof typeof checks;
