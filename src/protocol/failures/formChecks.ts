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
  'form.empty': form(
    'every JSON response, ID token',
    'A property has a value.',
    'null and an empty string count as absent.',
  ),
  'form.text': form(
    'every JSON response, ID token',
    'A string is a string.',
    'A whole number counts as its digits.',
  ),
  'form.number': form(
    'every JSON response, ID token',
    'A number is a number.',
    'A numeric string counts as its number.',
  ),
  'form.flag': form(
    'every JSON response, ID token',
    'A flag is true or false.',
    'The strings “true” and “false”, and 1 and 0, count as one.',
  ),
  'form.words': form(
    'every JSON response',
    'Words such as scopes are one string with spaces.',
    'A list counts as its items, and commas count as spaces.',
  ),
  'form.list': form(
    'every JSON response, ID token',
    'An array is an array of strings.',
    'A string counts as its words. Other items are dropped.',
  ),
  'form.unreadable': form(
    'every JSON response, ID token',
    'An optional property can be read.',
    'It counts as absent.',
  ),
  'form.media-type': form(
    'every JSON response',
    'JSON has the JSON media type.',
    'It is still read as JSON.',
  ),
  'form.encoded': form(
    'token, device authorization, pushed request',
    'The answer is JSON.',
    'A form counts as its members, each a string. A repeated member is refused.',
  ),
  'form.error-status': form(
    'token, device authorization, pushed request',
    'An error has the status of an error.',
    'A known error counts whatever the status. At a refresh, only GitHub’s errors do.',
  ),
  'idToken.identifiers': form(
    'ID token',
    '`sub` and `azp` are strings.',
    'A whole number counts as its digits. Anything else is refused.',
  ),
  'token.status': form('token', 'A success has the status 200.', 'Any success status is accepted.'),
  'token.type': form(
    'token',
    'The token type is `Bearer`.',
    'None, or a variant such as `BearerToken`, counts as `Bearer`. Others are refused.',
    ['the token type isn’t Bearer'],
  ),
  'token.exp': form(
    'token',
    'The response says when the access token expires.',
    'The expiry in a JSON Web Token itself is used.',
  ),
  'webfinger.one-link': form('WebFinger', '`links` is an array.', 'One link counts as an array of one.'),
  'revocation.gone': form(
    'revocation',
    'The access token can be revoked after its refresh token.',
    'A refusal is logged: it ended with the refresh token.',
  ),
  'metadata.place': form(
    'metadata',
    'The document is at the first standard URL.',
    'The next URL is tried after any response that isn’t a valid document.',
  ),
  'metadata.merged': form(
    'metadata',
    'One document describes the server completely.',
    'Missing properties are taken from the same issuer’s other document.',
  ),
  'metadata.endpoint': form('metadata', 'An optional endpoint has an https URL.', 'It counts as absent.'),
  'registration.port': form(
    'registration',
    'The redirect URI is returned as sent.',
    'A loopback URI can be returned without its port.',
  ),
  'device.verification-url': form(
    'device authorization',
    'The URL for entering the code is `verification_uri`.',
    'The `verification_url` of older drafts is accepted.',
  ),
  'device.complete-uri': form(
    'device authorization',
    '`verification_uri_complete` is on the host that is shown.',
    'It is dropped.',
  ),
  'form.refused': form(
    'every JSON response',
    'A required property can be read.',
    'The response is refused: it could mean anything.',
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
    'Any error counts, and is quoted. An empty one doesn’t.',
    ['an unreadable error'],
  ),
  'registration.authentication': form(
    'registration',
    'The client authentication method is the requested one.',
    'The server’s method is used. An unknown one is refused.',
    ['it requires an unknown client authentication method'],
  ),
  'webfinger.issuer': form(
    'WebFinger',
    'It names an issuer.',
    'The domain itself is tried, then the user enters the URL.',
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
