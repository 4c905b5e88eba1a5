import assert from 'node:assert/strict';
import type { Json } from '../../servers/hostile/departure.ts';
import { accessTokenHash } from '../../servers/hostile/tokens.ts';
import { signInCase, type SignInCase } from '../signInCase.ts';

const without =
  (name: string) =>
  (claims: Json): Json =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
const having = (changes: Json) => ({
  idToken: { claims: (claims: Json): Json => ({ ...claims, ...changes }) },
});
const lacking = (name: string) => ({ idToken: { claims: without(name) } });
const seconds = (): number => Math.floor(Date.now() / 1000);
const missing = (name: string): SignInCase['must'] => [
  'token-untrusted',
  new RegExp(`"${name}" claim is missing`),
];
const wrong = (name: string): SignInCase['must'] => [
  'token-untrusted',
  new RegExp(`"${name}" claim has the wrong value`),
];
const signature: SignInCase['must'] = ['token-untrusted', /its signature is wrong/];
const algorithm: SignInCase['must'] = ['token-untrusted', /signature algorithm isn’t accepted/];

/** A signature of the right length over something else. */
const tampered = (jwt: string): string => {
  const [header, , end] = jwt.split('.');
  const payload = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Json;
  const other = Buffer.from(JSON.stringify({ ...payload, name: 'Mallory' })).toString('base64url');
  return [header, other, end].join('.');
};

const cases: SignInCase[] = [
  { row: 'oidcc-client-test', departure: {}, must: 'sign in' },
  {
    row: 'oidcc-client-test-invalid-iss',
    departure: having({ iss: 'https://evil.example' }),
    must: wrong('iss'),
  },
  {
    row: 'oidcc-client-test-invalid-iss',
    variant: 'with a slash at its end',
    departure: { idToken: { claims: (claims, { issuer }) => ({ ...claims, iss: `${issuer}/` }) } },
    must: wrong('iss'),
  },
  { row: 'oidcc-client-test-missing-sub', departure: lacking('sub'), must: missing('sub') },
  {
    row: 'oidcc-client-test-missing-sub',
    variant: 'empty',
    departure: having({ sub: '' }),
    must: ['token-untrusted', /doesn’t say who signed in/],
  },
  {
    row: 'oidcc-client-test-missing-sub',
    variant: 'longer than any',
    departure: having({ sub: 'x'.repeat(256) }),
    must: ['token-untrusted', /"sub" claim isn’t a usable identifier/],
  },
  {
    row: 'oidcc-client-test-missing-sub',
    variant: 'with an invisible character',
    departure: having({ sub: 'alice-1\u202e' }),
    must: ['token-untrusted', /"sub" claim isn’t a usable identifier/],
  },
  { row: 'oidcc-client-test-invalid-aud', departure: having({ aud: 'somebody-else' }), must: wrong('aud') },
  { row: 'oidcc-client-test-missing-iat', departure: lacking('iat'), must: missing('iat') },
  {
    row: 'oidcc-client-test-kid-absent-single-jwks',
    departure: {
      keys: ([key]) => ({ keys: [{ ...key, kid: undefined }] }),
      idToken: { header: ({ alg }) => ({ alg }) },
    },
    must: 'sign in',
  },
  {
    row: 'oidcc-client-test-kid-absent-multiple-jwks',
    departure: {
      keys: (keys, server) => ({ keys: [...keys, server.keys.newer.jwk] }),
      idToken: { header: ({ alg }) => ({ alg }) },
    },
    must: ['token-untrusted', /none of the provider’s keys matches it, or more than one/],
  },
  { row: 'oidcc-client-test-idtoken-sig-none', departure: { idToken: { key: 'none' } }, must: algorithm },
  { row: 'oidcc-client-test-idtoken-sig-rs256', departure: { idToken: { key: 'rsa' } }, must: 'sign in' },
  {
    row: 'oidcc-client-test-invalid-sig-rs256',
    departure: { idToken: { key: 'stranger' } },
    must: signature,
  },
  {
    row: 'oidcc-client-test-invalid-sig-rs256',
    variant: 'changed afterwards',
    departure: { idToken: { token: tampered } },
    must: signature,
  },
  {
    row: 'oidcc-client-test-invalid-sig-rs256',
    variant: 'left out',
    departure: { idToken: { token: jwt => `${jwt.split('.').slice(0, 2).join('.')}.` } },
    must: signature,
  },
  {
    row: 'oidcc-client-test-invalid-sig-es256',
    departure: { idToken: { key: 'strangerEc' } },
    must: signature,
  },
  {
    row: 'oidcc-client-test-invalid-sig-hs256',
    variant: 'with the client id as the key',
    departure: { idToken: { key: () => new TextEncoder().encode('editor'.padEnd(32, '.')) } },
    must: algorithm,
  },
  {
    row: 'oidcc-client-test-invalid-sig-hs256',
    variant: 'with the public key as the key',
    departure: {
      idToken: {
        key: ({ keys }) => new TextEncoder().encode(JSON.stringify(keys.rsa.jwk)),
        header: () => ({ alg: 'HS256', kid: 'rsa-1' }),
      },
    },
    must: algorithm,
  },
  {
    row: 'oidcc-client-test-nonce-invalid',
    departure: having({ nonce: 'x'.repeat(43) }),
    must: wrong('nonce'),
  },
  {
    row: 'oidcc-client-test-invalid-athash',
    departure: having({ at_hash: accessTokenHash('another access token') }),
    must: ['token-untrusted', /belongs to another access token/],
  },
  {
    row: 'oidcc-client-test-invalid-athash',
    variant: 'not text',
    departure: having({ at_hash: 7 }),
    must: ['token-untrusted', /belongs to another access token/],
  },
  { row: 'oidcc-client-test-missing-athash', departure: lacking('at_hash'), must: 'sign in' },
  {
    row: 'fapi2: second audience',
    departure: having({ aud: ['editor', 'https://other.example'] }),
    must: wrong('aud'),
  },
  {
    row: 'fapi2: second audience',
    variant: 'issued to that one',
    departure: having({ aud: ['editor', 'other'], azp: 'other' }),
    must: wrong('azp'),
  },
  {
    row: 'fapi2: second audience',
    variant: 'one audience, issued to another client',
    departure: having({ azp: 'other' }),
    must: ['token-untrusted', /issued to another client/],
  },
  {
    row: 'fapi2: second audience',
    variant: 'issued to us, and meant for somebody else too',
    departure: having({ aud: ['editor', 'https://other.example'], azp: 'editor' }),
    must: ['token-untrusted', /also meant for “https:\/\/other\.example”/],
  },
  {
    row: 'fapi2: second audience',
    variant: 'one that is trusted and one that is not',
    departure: having({ aud: ['editor', 'https://api.example', 'mallory'], azp: 'editor' }),
    settings: { trustedAudiences: ['https://api.example'] },
    must: ['token-untrusted', /also meant for “mallory”/],
  },
  {
    row: 'fapi2: second audience',
    variant: 'only those that are trusted, not us',
    departure: having({ aud: ['https://api.example'] }),
    settings: { trustedAudiences: ['https://api.example'] },
    must: wrong('aud'),
  },
  {
    row: 'trusted second audience',
    departure: having({ aud: ['https://api.example', 'editor'], azp: 'editor' }),
    settings: { trustedAudiences: ['https://api.example', 'https://unused.example'] },
    must: 'sign in',
  },
  {
    row: 'fapi2: second audience',
    variant: 'one that is trusted, but it does not say to whom it was issued',
    departure: having({ aud: ['https://api.example', 'editor'] }),
    settings: { trustedAudiences: ['https://api.example'] },
    must: wrong('aud'),
  },
  {
    row: 'registered algorithm',
    variant: 'of the settings',
    departure: { idToken: { key: 'ec' } },
    settings: { idTokenAlgorithm: 'ES256' },
    must: 'sign in',
  },
  {
    row: 'registered algorithm',
    variant: 'of the settings, and a token with another one that the server has too',
    departure: { idToken: { key: 'rsa' } },
    settings: { idTokenAlgorithm: 'ES256' },
    must: algorithm,
  },
  { row: 'fapi2: exp', variant: 'missing', departure: lacking('exp'), must: missing('exp') },
  {
    row: 'fapi2: exp',
    variant: 'past',
    departure: having({ exp: seconds() - 3600, iat: seconds() - 7200 }),
    must: ['token-untrusted', /"exp" time has passed/],
  },
  {
    row: 'fapi2: exp',
    variant: 'text',
    departure: having({ exp: '9999999999' }),
    must: ['token-untrusted', /"exp" claim is wrong/],
  },
  { row: 'fapi2: missing claims', variant: 'iss', departure: lacking('iss'), must: missing('iss') },
  { row: 'fapi2: missing claims', variant: 'aud', departure: lacking('aud'), must: missing('aud') },
  { row: 'fapi2: missing claims', variant: 'nonce', departure: lacking('nonce'), must: missing('nonce') },
  {
    row: 'fapi2: missing claims',
    variant: 'no ID token at all',
    departure: { token: ({ id_token: _, ...rest }) => rest },
    must: ['token-untrusted', /the response doesn’t include one/],
  },
  {
    row: 'fapi2: algorithm',
    variant: 'null',
    departure: {
      idToken: {
        token: jwt => {
          const [header, ...rest] = jwt.split('.');
          const other = {
            ...(JSON.parse(Buffer.from(header ?? '', 'base64url').toString()) as Json),
            alg: null,
          };
          return [Buffer.from(JSON.stringify(other)).toString('base64url'), ...rest].join('.');
        },
      },
    },
    must: algorithm,
  },
  {
    row: 'fapi2: algorithm',
    variant: 'not among those of the server',
    departure: {
      metadata: document => ({ ...document, id_token_signing_alg_values_supported: ['RS256'] }),
      idToken: { key: 'ec' },
    },
    must: algorithm,
  },
  {
    row: 'fapi2: algorithm',
    variant: 'the server says nothing, so it must be RS256',
    departure: {
      metadata: ({ id_token_signing_alg_values_supported: _, ...rest }) => rest,
      idToken: { key: 'ec' },
    },
    must: algorithm,
  },
  {
    row: 'fapi2: algorithm',
    variant: 'the server has only HS256 and none',
    departure: {
      metadata: document => ({ ...document, id_token_signing_alg_values_supported: ['HS256', 'none'] }),
    },
    must: algorithm,
  },
  {
    row: 'fapi2: algorithm',
    variant: 'with an extension that must be understood',
    departure: { idToken: { header: header => ({ ...header, crit: ['b64'], b64: true }) } },
    must: ['token-untrusted', /signature or encryption isn’t supported/],
  },
  { row: 'fapi2: aud as one-element array', departure: having({ aud: ['editor'] }), must: 'sign in' },
  {
    row: 'fapi2: token_type in another case',
    departure: { token: body => ({ ...body, token_type: 'bEARER' }) },
    must: 'sign in',
  },
  {
    row: 'fapi2: no expires_in',
    departure: { token: ({ expires_in: _, ...rest }) => rest },
    must: 'sign in',
    also: (_, grant) => assert.equal(grant?.tokens.expiresAt, undefined),
  },
];

describe('ID tokens', () => {
  for (const one of cases) signInCase(one);
});
