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
  'address.https': safety('every URL', 'It is a plain https URL, or http to this computer if allowed.', [
    'address-insecure',
    'doesn’t use https',
    'it doesn’t start with https://',
    'it isn’t a complete URL',
    'it contains a user name or password',
    'it has a fragment (#…)',
    'can’t be used: {0}',
    'can’t be used: it has characters that aren’t allowed in a URL',
  ]),
  'client.document': safety(
    'client ID metadata document',
    'It is for a public client at its URL, with redirect URIs of its own.',
    [
      'client-document-invalid',
      'its URL has no path',
      'its URL must be written as {0}',
      'it’s larger than {0} bytes',
      'it contains "{0}", which everyone could read',
      'its "{0}" must be {1}, but is {2}',
      'its "{0}" must include {1}',
      'not set',
      'it lists no redirect URIs',
      'it lists the redirect URI {0}, but only URIs of this computer or an editor with the path {1} are safe',
    ],
    'It isn’t used.',
  ),
  'address.internal': safety('every URL', 'It leads to no internal host, unless the user wrote it.', [
    'leads to an internal host of this computer or its network',
    'leads to this computer, where the provider isn’t running',
  ]),
  'address.agreed': safety(
    'every request that holds a secret',
    'The user agreed to the host that gets it.',
    ['destination-not-agreed', 'certificate-not-here', 'certificate-unverified'],
    'It isn’t sent.',
  ),
  'answer.redirect': safety('every response', 'It comes from the requested URL.', [
    'redirected',
    'another URL',
  ]),
  'answer.certificate': safety('every response', 'The server’s certificate is trusted.', [
    'server-untrusted',
  ]),
  'answer.size': safety('every response', 'It is short enough to be read.', [
    'answer-too-large',
    'it is too long',
  ]),
  'answer.time': safety('every response', 'It comes in time.', ['timed-out']),
  'answer.status': safety('every response', 'It has a valid HTTP status.', ['{0} isn’t an HTTP status']),
  'answer.harmless': safety('every JSON response', 'It isn’t deeply nested, and changes no prototype.', [
    'is nested more than {0} levels deep',
    'has a property named "__proto__"',
    'it {0}',
    'because the key set {0}',
  ]),
  'metadata.issuer': safety('metadata', 'Its issuer is exactly the requested one.', ['issuer-mismatch']),
  'metadata.plain-http': safety('metadata', 'Over https, it contains no http URL of the same host.', [
    'metadata-plain-http',
  ]),
  'metadata.profile': safety('metadata', 'It meets the security profile in the settings (FAPI 2.0).', [
    'profile-unmet',
  ]),
  'response.issuer': safety('redirect', '`iss`, if announced or sent, is the requested server.', [
    'response-foreign',
    'a server that didn’t identify itself',
    'an unnamed server',
  ]),
  'response.single': safety('redirect', 'Each security parameter occurs once, without a replacement.', [
    '"{0}" occurs more than once',
    'it isn’t a valid authorization response',
  ]),
  'response.code': safety('redirect', 'It contains a code of printable characters, or an error.', [
    'it contains neither a code nor an error',
    'its code is malformed',
  ]),
  'token.grammar': safety('token', 'Each token contains only token characters.', [
    'it contains no access token',
    'its {0} is too long',
    'its {0} is malformed',
  ]),
  'token.binding': safety(
    'token',
    'It is bound to a key (DPoP) if the settings require that, and only then.',
    ['token-bound', 'token-unbound'],
  ),
  'token.certificate': safety(
    'token',
    'If the settings require it, a JWT access token is bound to the client certificate.',
    ['token-uncertified'],
  ),
  'idToken.present': safety('ID token', 'It is present if requested.', ['the response doesn’t include one']),
  'idToken.signature': safety('ID token', 'One of the provider’s keys signed it, with a trusted algorithm.', [
    'token-untrusted',
    'its signature is wrong',
    'its signature algorithm isn’t accepted',
    'its signature or encryption isn’t supported',
    'it is malformed',
    'none of the provider’s keys matches it, or more than one does',
  ]),
  'idToken.claims': safety(
    'ID token',
    '`iss`, `aud`, and `nonce` have the required values, and times have the right type.',
    ['its "{0}" claim has the wrong value', 'its "{0}" claim is missing', 'its "{0}" claim is wrong'],
  ),
  'idToken.audience': safety('ID token', '`azp` is this client, and every other audience is trusted.', [
    'it was issued to another client',
    'it is also meant for {0}, which isn’t in "trustedAudiences"',
    'another audience',
  ]),
  'idToken.times': safety('ID token', 'It is valid now, by the server’s clock.', [
    'its "{0}" time has passed',
    'it was issued in the future',
    'clock-differs',
  ]),
  'idToken.hash': safety('ID token', '`at_hash`, if present, matches the access token.', [
    'it belongs to another access token',
  ]),
  'idToken.subject': safety('ID token', '`sub` is an identifier, and stays the same after a refresh.', [
    'its "sub" claim isn’t a usable identifier',
    'it names another user',
  ]),
  'idToken.tenant': safety('ID token', 'Its tenant is allowed.', [
    'it doesn’t name its tenant',
    'users of the tenant {0} aren’t allowed to sign in, see "allowedTenants"',
  ]),
  'assertion.purpose': safety(
    'identity assertion',
    'It is an ID-JAG of the user’s server for the other server, client, and resource.',
    ['assertion-invalid', 'its "{0}" is {1}, not {2}', 'it isn’t a signed JSON Web Token', 'missing'],
    'It isn’t sent on.',
  ),
  'keys.list': safety('JWKS', 'It is a short array of public keys.', [
    'the keys to verify it can’t be used, {0}',
    'because the provider publishes none',
    'because the request for them failed with status {0}',
    'because the key set is malformed',
    'because there are more than {0}',
    'because the matching key is malformed',
    'because one of them is a private key, so anyone could have signed it',
  ]),
  'userinfo.signature': safety('UserInfo', 'A signed response is signed by the provider, for this client.', [
    'the signed UserInfo response for it can’t be trusted',
  ]),
  'userinfo.subject': safety('UserInfo', 'It is about the user of the ID token.', [
    'the UserInfo response names another user',
  ]),
  'introspection.active': safety(
    'introspection',
    'It says that the token is valid, and is about the same user.',
    [
      'the server says that the access token isn’t valid',
      'it doesn’t say whether the token is "active"',
      'the introspection response names another user',
    ],
  ),
  'device.address': safety('device authorization', 'The URL for entering the code is safe to show.', [
    'its URL for entering the code {0}',
  ]),
  'resource.identifier': safety(
    'protected resource metadata',
    'It is about the requested API, whose identifier is valid.',
    ['must be an absolute URI', 'must not have a fragment (#…)', 'is too long'],
    'It counts as absent.',
  ),
  'logout.state': safety(
    'end session',
    'It contains the `state` of the request, and no error.',
    ['logout-unconfirmed'],
    'The browser might still be signed in, and a message says so.',
  ),
} as const satisfies Record<string, Check>;
