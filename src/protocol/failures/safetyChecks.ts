import type { Check } from './check.ts';

const safety = (
  of: string,
  holds: string,
  refuses: readonly string[],
  otherwise = 'It is refused.',
): Check => ({
  kind: 'safety',
  of,
  holds,
  otherwise,
  refuses,
});

/** What is never loosened. */
export const safetyChecks = {
  'address.https': safety(
    'every address',
    'It is a plain https URL; http only to this computer, where the settings allow it.',
    [
      'address-insecure',
      'doesn’t use https',
      'it doesn’t start with https://',
      'it isn’t a complete URL',
      'it contains a user name or password',
      'it has a fragment (#…)',
      'can’t be used: {0}',
      'can’t be used: it has characters that aren’t allowed in a URL',
    ],
  ),
  'address.internal': safety('every address', 'It leads to no internal host, unless the person wrote it.', [
    'leads to an internal address of this computer or its network',
    'leads to this computer, where the provider isn’t running',
  ]),
  'address.agreed': safety(
    'every request that holds a secret',
    'The person has agreed to the host that gets it.',
    ['destination-not-agreed', 'certificate-not-here'],
    'It is not sent.',
  ),
  'answer.redirect': safety('every answer', 'It comes from the address that was asked.', [
    'redirected',
    'another URL',
  ]),
  'answer.certificate': safety('every answer', 'The certificate of the server is trusted.', [
    'server-untrusted',
  ]),
  'answer.size': safety('every answer', 'It is short enough to be read.', [
    'answer-too-large',
    'it is too long',
  ]),
  'answer.time': safety('every answer', 'It comes in time.', ['timed-out']),
  'answer.status': safety('every answer', 'Its status is one of HTTP.', ['{0} isn’t an HTTP status']),
  'answer.harmless': safety('every JSON answer', 'It is not nested deeply, and changes no prototype.', [
    'is nested more than {0} levels deep',
    'has a property named "__proto__"',
    'it {0}',
    'because the key set {0}',
  ]),
  'metadata.issuer': safety('metadata', 'Its issuer is the one that was asked for, exactly.', [
    'issuer-mismatch',
  ]),
  'metadata.plain-http': safety('metadata', 'Over https, it names no http address of the same host.', [
    'metadata-plain-http',
  ]),
  'response.issuer': safety(
    'redirect',
    '`iss` is the server that was asked, where it announces it or sends it.',
    ['response-foreign', 'a server that didn’t identify itself', 'an unnamed server'],
  ),
  'response.single': safety(
    'redirect',
    'What safety hangs on is there once, and nothing that could replace it.',
    ['"{0}" occurs more than once', 'it isn’t a valid authorization response'],
  ),
  'response.code': safety('redirect', 'It holds a code of printable characters, or an error.', [
    'it contains neither a code nor an error',
    'its code is malformed',
  ]),
  'token.grammar': safety('token', 'Each token consists of the characters of a token.', [
    'it contains no access token',
    'its {0} is too long',
    'its {0} is malformed',
  ]),
  'idToken.present': safety('ID token', 'There is one, where one was asked for.', [
    'the response doesn’t include one',
  ]),
  'idToken.signature': safety(
    'ID token',
    'A key of the provider has signed it, by an algorithm that is trusted.',
    [
      'token-untrusted',
      'its signature is wrong',
      'its signature algorithm isn’t accepted',
      'its signature or encryption isn’t supported',
      'it is malformed',
      'none of the provider’s keys matches it, or more than one does',
    ],
  ),
  'idToken.claims': safety('ID token', '`iss`, `aud`, `nonce` and the other claims are what they must be.', [
    'its "{0}" claim has the wrong value',
    'its "{0}" claim is missing',
    'its "{0}" claim is wrong',
  ]),
  'idToken.audience': safety('ID token', '`azp` is this client, and whoever else it is for is trusted.', [
    'it was issued to another client',
    'it is also meant for {0}, which isn’t in "trustedAudiences"',
    'another audience',
  ]),
  'idToken.times': safety('ID token', 'It is valid now, by the clock of the server.', [
    'its "{0}" time has passed',
    'it was issued in the future',
    'clock-differs',
  ]),
  'idToken.hash': safety('ID token', '`at_hash` is that of the access token, where it is there.', [
    'it belongs to another access token',
  ]),
  'idToken.subject': safety('ID token', '`sub` is a name; after a refresh, the same.', [
    'its "sub" claim isn’t a usable identifier',
    'it names another user',
  ]),
  'idToken.tenant': safety('ID token', 'Its tenant is one that is allowed.', [
    'it doesn’t name its tenant',
    'users of the tenant {0} aren’t allowed to sign in, see "allowedTenants"',
  ]),
  'keys.list': safety('JWKS', 'It is a list of public keys, and not a long one.', [
    'the keys to verify it can’t be used, {0}',
    'because the provider publishes none',
    'because the request for them failed with status {0}',
    'because the key set is malformed',
    'because there are more than {0}',
    'because the matching key is malformed',
    'because one of them is a private key, so anyone could have signed it',
  ]),
  'userinfo.signature': safety('UserInfo', 'What is signed is signed by the provider, for this client.', [
    'the signed UserInfo response for it can’t be trusted',
  ]),
  'userinfo.subject': safety('UserInfo', 'It is about the person of the ID token.', [
    'the UserInfo response names another user',
  ]),
  'introspection.active': safety(
    'introspection',
    'It says that the token is valid, and is about the same person.',
    [
      'the server says that the access token isn’t valid',
      'it doesn’t say whether the token is "active"',
      'the introspection response names another user',
    ],
  ),
  'device.address': safety(
    'device authorization',
    'The address to enter the code at can be shown to a person.',
    ['its URL for entering the code {0}'],
  ),
  'resource.identifier': safety(
    'protected resource metadata',
    'It is about the API that was asked, which has the identifier of a resource.',
    ['must be an absolute URI', 'must not have a fragment (#…)', 'is too long'],
    'It counts as absent.',
  ),
  'logout.state': safety(
    'end session',
    'It carries the `state` of the request, and no error.',
    ['logout-unconfirmed'],
    'The browser may still be signed in, and the person is told so.',
  ),
} as const satisfies Record<string, Check>;
