import assert from 'node:assert/strict';
import type { JWK } from 'jose';
import type { Departure } from '../../servers/hostile/departure.ts';
import { html, json, redirectTo, text } from '../../servers/hostile/replies.ts';
import { conforms } from '../table.ts';
import { signInCase, type SignInCase } from '../signInCase.ts';
import { assertFailure, failureOf, signIn, visit, withTrial } from '../trial.ts';

const publishing = (change: (key: JWK) => unknown): Departure => ({
  keys: ([key]) => ({ keys: [change(key ?? {})] }),
});
const noneFits: SignInCase['must'] = [
  'token-untrusted',
  /none of the provider’s keys matches it, or more than one/,
];
const unusable = (why: RegExp): SignInCase['must'] => [
  'token-untrusted',
  new RegExp(`the keys to verify it can’t be used, .*${why.source}`),
];

/** The server changes to another key, and publishes only that. */
const changed: Departure = {
  keys: (_, { keys }) => ({ keys: [keys.newer.jwk] }),
  idToken: { key: 'newer' },
};

/** The same, with a key that has no name. */
const nameless = (name: 'rsa' | 'newer'): Departure => ({
  keys: (_, { keys }) => ({ keys: [{ ...keys[name].jwk, kid: undefined }] }),
  idToken: { key: name, header: ({ alg }) => ({ alg }) },
});

const cases: SignInCase[] = [
  {
    row: 'JWKS',
    variant: 'no match',
    departure: publishing(key => ({ ...key, kid: 'other' })),
    must: noneFits,
  },
  { row: 'JWKS', variant: 'empty', departure: { keys: () => ({ keys: [] }) }, must: noneFits },
  {
    row: 'JWKS',
    variant: 'wrong use',
    departure: publishing(key => ({ ...key, use: 'enc' })),
    must: noneFits,
  },
  {
    row: 'JWKS',
    variant: 'wrong operation',
    departure: publishing(key => ({ ...key, key_ops: ['encrypt'] })),
    must: noneFits,
  },
  {
    row: 'JWKS',
    variant: 'wrong alg',
    departure: publishing(key => ({ ...key, alg: 'RS512' })),
    must: noneFits,
  },
  {
    row: 'JWKS',
    variant: 'operations that are no list',
    departure: publishing(key => ({ ...key, key_ops: 7 })),
    must: noneFits,
  },
  {
    row: 'JWKS',
    variant: 'private parts inside',
    departure: { keys: (_, { keys }) => ({ keys: [keys.rsa.privateJwk] }) },
    must: unusable(/one of them is a private key/),
  },
  {
    row: 'JWKS',
    variant: 'private parts of another key inside',
    departure: { keys: (right, { keys }) => ({ keys: [...right, keys.newer.privateJwk] }) },
    must: unusable(/one of them is a private key/),
  },
  {
    row: 'JWKS',
    variant: 'a symmetric key inside',
    departure: { keys: right => ({ keys: [...right, { kty: 'oct', k: 'AAAA' }] }) },
    must: unusable(/one of them is a private key/),
  },
  {
    row: 'JWKS',
    variant: '1,000 keys',
    departure: {
      keys: ([key]) => ({ keys: Array.from({ length: 1000 }, (_, at) => ({ ...key, kid: `key-${at}` })) }),
    },
    must: unusable(/more than 100/),
  },
  {
    row: 'JWKS',
    variant: '90 keys',
    departure: {
      keys: right => ({
        keys: [...right, ...Array.from({ length: 88 }, (_, at) => ({ ...right[0], kid: `key-${at}` }))],
      }),
    },
    must: 'sign in',
  },
  {
    row: 'JWKS',
    variant: 'modulus of 100,000 characters',
    departure: publishing(key => ({ ...key, n: 'A'.repeat(100_000) })),
    must: noneFits,
  },
  {
    row: 'JWKS',
    variant: 'modulus of 512 bits',
    departure: publishing(key => ({ ...key, n: (key.n ?? '').slice(0, 86) })),
    must: ['token-untrusted', /signature or encryption isn’t supported/],
  },
  {
    row: 'JWKS',
    variant: 'key that is none',
    departure: {
      keys: (_, { keys }) => ({ keys: [{ ...keys.ec.jwk, x: 'AAAA' }] }),
      idToken: { key: 'ec' },
    },
    must: unusable(/the matching key is malformed/),
  },
  {
    row: 'JWKS',
    variant: 'list of texts',
    departure: { keys: () => ({ keys: ['a'] }) },
    must: unusable(/malformed/),
  },
  { row: 'JWKS', variant: 'no list', departure: { keys: () => ({}) }, must: unusable(/malformed/) },
  {
    row: 'JWKS',
    variant: 'HTML',
    departure: { replies: { keys: () => html() } },
    must: unusable(/malformed/),
  },
  {
    row: 'JWKS',
    variant: '__proto__',
    departure: { replies: { keys: () => text('{"keys":[{"__proto__":{}}]}') } },
    must: unusable(/property named "__proto__"/),
  },
  {
    row: 'JWKS',
    variant: 'nested deeply',
    departure: { replies: { keys: () => text(`{"keys":${'['.repeat(9999)}${']'.repeat(9999)}}`) } },
    must: unusable(/nested more than 32/),
  },
  {
    row: 'JWKS',
    variant: 'not there',
    departure: { replies: { keys: () => json({}, 404) } },
    must: unusable(/status 404/),
  },
  {
    row: 'JWKS',
    variant: 'server in trouble',
    departure: { replies: { keys: () => json({}, 503) } },
    must: ['server-failed', /HTTP 503/],
  },
  {
    row: 'JWKS',
    variant: 'a redirect',
    departure: { replies: { keys: () => redirectTo('https://evil.example/keys') } },
    must: ['redirected', /evil\.example\/keys/],
  },
  {
    row: 'JWKS',
    variant: 'no address of keys',
    departure: { metadata: ({ jwks_uri: _, ...rest }) => rest },
    must: unusable(/the provider publishes none/),
  },
];

describe('keys', () => {
  for (const one of cases) {
    signInCase({
      ...one,
      // Ahead, while the person is in the browser, and again when they did not fit: they may have changed since.
      also: ({ server }) =>
        assert.ok(server.requestsTo('keys').length <= 2, 'keys are asked for twice at most'),
    });
  }

  for (const [variant, before, after] of [
    ['', {}, changed],
    ['keys without a name', nameless('rsa'), nameless('newer')],
  ] as const) {
    conforms('oidcc-client-test-signing-key-rotation', variant, () =>
      withTrial(before, async trial => {
        await signIn(trial);
        trial.server.departure = after;
        await signIn(trial);
        await signIn(trial);
        assert.equal(trial.server.requestsTo('keys').length, 2);
        return 'signed in, keys fetched again once';
      }),
    );
  }

  conforms('oidcc-client-test-signing-key-rotation-just-before-signing', '', () => {
    let beforeReturning = (): void => undefined;
    return withTrial(
      {},
      async trial => {
        await signIn(trial);
        // The browser is open, the keys are known: now the server changes them.
        beforeReturning = () => (trial.server.departure = changed);
        await signIn(trial);
        assert.equal(trial.server.requestsTo('keys').length, 2);
        return 'signed in, keys fetched again once';
      },
      {
        async browser(address, deliver) {
          const end = await visit(address);
          beforeReturning();
          deliver(end);
        },
      },
    );
  });

  conforms('JWKS', 'a wrong signature asks for keys once more, not more often', () =>
    withTrial({}, async trial => {
      await signIn(trial);
      trial.server.departure = { idToken: { key: 'stranger' } };
      const failure = await failureOf(trial, signIn(trial));
      const got = assertFailure(failure, 'token-untrusted', /its signature is wrong/);
      assert.equal(trial.server.requestsTo('keys').length, 2);
      return got;
    }),
  );
});
