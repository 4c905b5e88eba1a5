import type { Check } from './check.ts';

const form = (of: string, holds: string, otherwise: string, refuses?: readonly string[]): Check => ({
  kind: 'form',
  of,
  holds,
  otherwise,
  ...(refuses && { refuses }),
});

/** What is read for what it means. */
export const formChecks = {
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
    'A list counts as its items, and text with commas in place of spaces as its words.',
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
  'form.encoded': form(
    'token, device authorization, pushed request',
    'The answer is JSON.',
    'A form counts as its members, each as text. One that names a member twice is refused.',
  ),
  'form.error-status': form(
    'token, device authorization, pushed request',
    'An error has the status of an error.',
    'A known error counts as one with the status of a success, too; at a refresh only one of GitHub’s own.',
  ),
  'token.status': form('token', 'The status of a success is 200.', 'Any status of a success counts as it.'),
  'token.type': form(
    'token',
    'The token type is `Bearer`.',
    '`BearerToken` and the like count as it; anything else is refused.',
    ['the token type is missing', 'the token type isn’t Bearer'],
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
  'form.refused': form(
    'every JSON answer',
    'What nothing works without can be read.',
    'The answer is refused: it could mean anything.',
    [
      'response-invalid',
      'metadata-invalid',
      'it isn’t JSON',
      'not JSON',
      'it isn’t a JSON object',
      '"{0}" is missing or of the wrong type',
      'it is empty',
      'it is an error with a success status',
      'it isn’t a valid UserInfo response',
      'it offers no grant type that can be used here',
    ],
  ),
  'response.error': form(
    'redirect',
    'An error is one of RFC 6749.',
    'Any error is an answer, and is quoted. An empty one is none.',
    ['an unreadable error'],
  ),
  'registration.authentication': form(
    'registration',
    'The client authentication is one that was asked for.',
    'What the server made of it is used; one that is not known here is refused.',
    ['it requires an unknown client authentication method'],
  ),
  'webfinger.issuer': form(
    'WebFinger',
    'It names an issuer.',
    'The domain itself is tried, then the person is asked for the address.',
    [
      'issuer-not-found',
      'it is neither an email address nor a host URL',
      '{0} responded with status {1}',
      '{0} didn’t send a valid WebFinger response',
      '{0} doesn’t name a provider',
      'the provider that {0} names {1}',
    ],
  ),
} as const satisfies Record<string, Check>;
