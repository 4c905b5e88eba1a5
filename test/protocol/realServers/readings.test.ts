import assert from 'node:assert/strict';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { secret } from '../../../src/platform/secret.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { revokeTokens } from '../../../src/protocol/tokens/revocation.ts';
import type { Departure, Json } from '../../servers/hostile/departure.ts';
import { html, json, text, type Answer } from '../../servers/hostile/replies.ts';
import { answers, outcomeOf } from './outcomes.ts';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Every answer of a token endpoint, by the grant that asks for it. */
const tokenAnswers = Object.entries(answers).filter(([, { endpoint }]) => endpoint === 'token');

const having = (changes: Json): Departure => ({ token: right => ({ ...right, ...changes }) });

/** The same with the time of the server, which is another one than ours. */
const at = (date: number, changes: Json): Departure => ({
  ...having(changes),
  replies: {
    token: right => ({ ...right, headers: { ...right.headers, date: new Date(date).toUTCString() } }),
  },
});

describe('what a token answer means', () => {
  for (const [name, asked] of tokenAnswers) {
    const spellings = ['bearer', 'BEARER', ' Bearer ', 'BearerToken', 'bearer_token', 'Bearer Token'];
    for (const type of [...spellings, '', undefined]) {
      it(`the token type “${type}” (${name})`, async () => {
        const usual = await outcomeOf(asked, {});
        assert.deepEqual((await outcomeOf(asked, having({ token_type: type }))).outcome, usual.outcome);
      });
    }
    for (const type of ['mac', 'DPoP', 'N_A', 'bearerish', 'not bearer', 'pop', [], {}, 7, true]) {
      it(`not the token type “${JSON.stringify(type)}” (${name})`, async () => {
        const { outcome } = await outcomeOf(asked, having({ token_type: type }));
        assert.equal((outcome as Json)['failed'], 'response-invalid');
      });
    }

    it(`the end of an access token that only it names (${name})`, async () => {
      const now = Math.floor(Date.now() / 1000) * 1000;
      const jwt = (exp: unknown): string => `${encoded({ alg: 'RS256' })}.${encoded({ exp })}.c2lnbmF0dXJl`;
      for (const [told, ahead, exp, lifetime] of [
        ['by our clock', 0, now / 1000 + 90, 90],
        ['as text', 0, String(now / 1000 + 90), 90],
        ['by a clock two hours ahead', 7200, now / 1000 + 7290, 90],
        ['by a clock two hours behind', -7200, now / 1000 - 7110, 90],
        ['that is past', 0, now / 1000 - 1, 0],
        ['that is none', 0, 'soon', 'unknown'],
        ['that is infinite', 0, 1e300, 100 * 365 * 86_400],
      ] as const) {
        const departure = at(now + ahead * 1000, {
          access_token: jwt(exp),
          expires_in: undefined,
          id_token: undefined,
        });
        const asksOpenId = name === 'code exchange';
        const { outcome } = await outcomeOf(asked, asksOpenId ? withoutHash(departure) : departure);
        const found = (outcome as Json)['lifetime'];
        if (typeof lifetime !== 'number' || lifetime === 0) assert.equal(found, lifetime, told);
        // The request takes its time, and is told the second in which it was answered.
        else assert.ok(Math.abs(Number(found) - lifetime) <= 1, `${told}: ${String(found)}`);
      }
    });

    it(`not the end that the access token names where the answer says it (${name})`, async () => {
      const accessToken = `e30.${encoded({ exp: 1 })}.c2lnbmF0dXJl`;
      const departure = having({ access_token: accessToken, expires_in: 600, id_token: undefined });
      const asksOpenId = name === 'code exchange';
      const { outcome } = await outcomeOf(asked, asksOpenId ? withoutHash(departure) : departure);
      assert.equal((outcome as Json)['lifetime'], 600);
    });
  }
});

/** With the ID token that a sign-in needs. The server knows nothing of the access token, so it is not asked about it. */
function withoutHash(departure: Departure): Departure {
  return {
    ...departure,
    metadata: document => document,
    idToken: { claims: ({ at_hash: _, preferred_username: __, ...right }) => right },
    token: (right, situation) => ({
      ...(departure.token?.(right, situation) as Json),
      id_token: right['id_token'],
    }),
  };
}

describe('what the browser brings back', () => {
  const bringing = (changes: (response: URLSearchParams) => void): Departure => ({ authorize: changes });
  const { 'code exchange': asked } = answers;
  assert.ok(asked);

  it('is a code where the error is empty', async () => {
    const usual = await outcomeOf(asked, {});
    const found = await outcomeOf(
      asked,
      bringing(response => {
        response.set('error', '');
        response.set('error_description', '');
      }),
    );
    assert.deepEqual(found.outcome, usual.outcome);
  });

  for (const error of ['nicht erlaubt!', '{"code":7}', 'Fehler „x“', 'a'.repeat(300), '<b>no</b>', '%2525']) {
    it(`is an answer with the error ${error.slice(0, 20)}`, async () => {
      const { outcome } = await outcomeOf(
        asked,
        bringing(response => {
          response.delete('code');
          response.set('error', error);
        }),
      );
      const { failed, error: shown } = outcome as Json;
      assert.equal(failed, 'authorization-refused');
      assert.ok(String(shown).includes(error.slice(0, 8).replace(/[„“]/g, "'")), String(shown));
    });
  }

  it('is an answer with an error that is written twice', async () => {
    const { outcome } = await outcomeOf(
      asked,
      bringing(response => {
        response.append('error', 'access_denied');
        response.append('error', 'access_denied');
        response.append('error_description', 'No.');
        response.append('error_description', 'Never.');
      }),
    );
    assert.equal((outcome as Json)['failed'], 'access-denied');
  });
});

describe('keys', () => {
  const { keys: asked } = answers;
  assert.ok(asked);
  const publishing = (changes: Json): Departure => ({
    keys: right => ({ keys: right.map(key => ({ ...key, ...changes })) }),
  });

  it('count with members that hold nothing, as some libraries write all there are', async () => {
    const usual = await outcomeOf(asked, {});
    const found = await outcomeOf(asked, publishing({ d: null, k: '', p: null, x5c: null, use: null }));
    assert.deepEqual(found.outcome, usual.outcome);
  });

  it('do not count with one of their private parts', async () => {
    const { outcome } = await outcomeOf(asked, publishing({ d: 'AQAB' }));
    assert.equal((outcome as Json)['failed'], 'token-untrusted');
  });
});

describe('signed UserInfo', () => {
  const { UserInfo: asked } = answers;
  assert.ok(asked);

  for (const mediaType of ['application/json', 'text/plain', 'application/jose', '']) {
    const relabeled: Departure['replies'] = {
      userInfo: right => ({ ...right, headers: mediaType === '' ? {} : { 'content-type': mediaType } }),
    };
    it(`is verified where it is said to be “${mediaType}”`, async () => {
      const usual = await outcomeOf(asked, { signedUserInfo: {} });
      const found = await outcomeOf(asked, { signedUserInfo: {}, replies: relabeled });
      assert.deepEqual(found.outcome, usual.outcome);
      for (const key of ['stranger', 'none'] as const) {
        const { outcome } = await outcomeOf(asked, { signedUserInfo: { key }, replies: relabeled });
        assert.equal((outcome as Json)['failed'], 'token-untrusted', key);
      }
    });
  }

  it('is not JSON that is said to be signed', async () => {
    const unsigned: Departure = {
      replies: { userInfo: ({ body }) => text(String(body), 'application/jwt') },
    };
    assert.equal(((await outcomeOf(asked, unsigned)).outcome as Json)['failed'], 'token-untrusted');
  });
});

describe('a revocation', () => {
  const revoking = (statusOfAccessToken: number, refreshToken: boolean, page?: Answer) =>
    outcomeOf(
      {
        async run({ context, server }, begin) {
          begin();
          const { issuer } = server;
          const connection = await connect(
            context.httpContext,
            { issuer, id: 'editor', authentication: { method: 'none' }, policy: { allowLoopbackHttp: true } },
            consentTo(issuer),
          );
          return revokeTokens(connection, {
            accessToken: secret('access'),
            refreshToken: refreshToken ? secret('refresh') : undefined,
          });
        },
      },
      {
        replies: {
          revoke: (right, { parameters }) =>
            parameters.get('token') === 'access'
              ? json({ error: 'invalid_request' }, statusOfAccessToken)
              : (page ?? right),
        },
      },
    );

  it('has worked where the access token has gone with the refresh token', async () => {
    for (const status of [400, 401, 403, 422]) {
      const { outcome, blemishes } = await revoking(status, true);
      assert.equal(outcome, 'revoked', String(status));
      assert.deepEqual(blemishes, ['revocation.gone token']);
    }
  });

  it('has not worked where the server is in trouble, or has refused the only token', async () => {
    assert.equal(((await revoking(503, true)).outcome as Json)['failed'], 'server-failed');
    assert.equal(((await revoking(400, false)).outcome as Json)['failed'], 'request-refused');
  });

  it('has not worked where a portal’s page came with the status of a success', async () => {
    assert.equal(((await revoking(200, true, html())).outcome as Json)['failed'], 'intercepted');
  });
});
