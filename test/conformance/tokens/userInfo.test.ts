import assert from 'node:assert/strict';
import type { Departure, Json } from '../../servers/hostile/departure.ts';
import { html, json, text } from '../../servers/hostile/replies.ts';
import { signInCase, type SignInCase } from '../signInCase.ts';

/** An ID token that has no name for the person, so that UserInfo is asked. */
const nameless: Departure = { idToken: { claims: ({ preferred_username: _, ...rest }) => rest } };
const answering = (change: (claims: Json) => unknown): Departure => ({ ...nameless, userInfo: change });

/** Without UserInfo the account still has its subject, and the log says why there is no more. */
const withoutName: Pick<SignInCase, 'must' | 'also'> = {
  must: 'sign in',
  also({ log }, grant) {
    assert.deepEqual(grant?.account, { id: 'alice-1', label: 'alice-1' });
    assert.match(log.text(), /warn UserInfo not available/);
  },
};

const cases: SignInCase[] = [
  {
    row: 'oidcc-client-test-scope-userinfo-claims',
    departure: nameless,
    must: 'sign in',
    also: (_, grant) => {
      assert.equal(grant?.account.label, 'alice');
      assert.equal(grant?.claims['email'], 'a@example.com');
    },
  },
  {
    row: 'oidcc-client-test-userinfo-invalid-sub',
    departure: answering(claims => ({ ...claims, sub: 'bob-1' })),
    must: ['token-untrusted', /the UserInfo response names another user/],
  },
  {
    row: 'oidcc-client-test-userinfo-signed',
    departure: { ...nameless, signedUserInfo: {} },
    must: 'sign in',
    also: (_, grant) => assert.equal(grant?.claims['email'], 'a@example.com'),
  },
  {
    row: 'oidcc-client-test-userinfo-signed',
    variant: 'by a server that does not say how',
    departure: {
      ...nameless,
      signedUserInfo: {},
      metadata: ({ userinfo_signing_alg_values_supported: _, ...rest }) => rest,
    },
    must: 'sign in',
    also: (_, grant) => assert.equal(grant?.account.label, 'alice'),
  },
  {
    row: 'oidcc-client-test-userinfo-signed',
    variant: 'by a stranger',
    departure: { ...nameless, signedUserInfo: { key: 'stranger' } },
    must: ['token-untrusted', /signed UserInfo response for it can’t be trusted/],
  },
  {
    row: 'oidcc-client-test-userinfo-signed',
    variant: 'by nobody',
    departure: {
      ...nameless,
      signedUserInfo: { key: 'none' },
      metadata: document => ({ ...document, userinfo_signing_alg_values_supported: ['none', 'RS256'] }),
    },
    must: ['token-untrusted', /signed UserInfo response for it can’t be trusted/],
  },
  {
    row: 'oidcc-client-test-userinfo-signed',
    variant: 'for another client',
    departure: { ...nameless, signedUserInfo: { claims: claims => ({ ...claims, aud: 'other' }) } },
    must: ['token-untrusted', /signed UserInfo/],
  },
  {
    row: 'oidcc-client-test-userinfo-signed',
    variant: 'about somebody else',
    departure: { ...nameless, signedUserInfo: { claims: claims => ({ ...claims, sub: 'bob-1' }) } },
    must: ['token-untrusted', /the UserInfo response names another user/],
  },
  ...(
    [
      ['HTML', { ...nameless, replies: { userInfo: () => html() } }],
      ['empty', { ...nameless, replies: { userInfo: () => text('') } }],
      ['refused', { ...nameless, replies: { userInfo: () => json({ error: 'invalid_token' }, 401) } }],
      ['in trouble', { ...nameless, replies: { userInfo: () => json({}, 503) } }],
      ['without a subject', answering(({ sub: _, ...rest }) => rest)],
      ['longer than is kept', answering(claims => ({ ...claims, x: 'x'.repeat(300_000) }))],
      [
        'nested deeply',
        {
          ...nameless,
          replies: {
            userInfo: () => text(`{"sub":"alice-1","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
          },
        },
      ],
    ] as const
  ).map(([variant, departure]): SignInCase => ({
    row: 'oidcc-client-test-scope-userinfo-claims',
    variant: `UserInfo ${variant}`,
    departure,
    ...withoutName,
  })),
  {
    row: 'oidcc-client-test-scope-userinfo-claims',
    variant: 'a name that is a link, with invisible characters',
    departure: answering(claims => ({
      ...claims,
      preferred_username: '\u202e[bob](command:quit)\n\n“boss”',
    })),
    must: 'sign in',
    also: (_, grant) => assert.equal(grant?.account.label, '[bob] (command:quit) “boss”'),
  },
];

describe('UserInfo', () => {
  for (const one of cases) signInCase(one);
});
