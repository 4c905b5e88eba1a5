import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { secret } from '../../../src/platform/secret.ts';
import { exchangeAuthorizationCode, refreshTokens } from '../../../src/protocol/grants/codeAndRefresh.ts';
import { tokenEndpointFailure } from '../../../src/protocol/http/oauthError.ts';
import { requestUserInfo } from '../../../src/protocol/tokens/userInfo.ts';
import type { Tokens } from '../../../src/protocol/tokens/tokens.ts';
import { sharedKeys } from '../../servers/hostile/keys.ts';
import { changed, changedText, damaged, nastyText, type Json } from '../arbitraries.ts';
import { assertShowable, resultOf, target, type Target } from '../target.ts';
import {
  authorizationRequest,
  clientId,
  connectionTo,
  issuer,
  nonce,
  state,
  type Reply,
} from '../provider.ts';

const body = {
  access_token: 'a'.repeat(43),
  token_type: 'Bearer',
  expires_in: 300,
  refresh_token: 'r'.repeat(43),
};

const claims = (): Json => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: 'alice-1',
    aud: clientId,
    iat: now,
    exp: now + 300,
    nonce,
    preferred_username: 'alice',
  };
};

/** A real signature over whatever it is. */
async function signed(payload: Json, header: Json): Promise<string> {
  const { rsa } = await sharedKeys();
  const jwt = new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'rsa-1' });
  const [, , signature] = (await jwt.sign(rsa.privateKey)).split('.');
  if (Object.keys(header).length === 0) return jwt.sign(rsa.privateKey);
  // A header that no library would write: the signature is another's then.
  const encode = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'RS256', kid: 'rsa-1', ...header })}.${encode(payload)}.${signature}`;
}

/** An ID token in which all is right. */
export const signedIdToken = (): Promise<string> => signed(claims(), {});

const exchange = async (text: string): Promise<Tokens | undefined> => {
  const reply: Reply = { status: 200, headers: { 'content-type': 'application/json' }, body: text };
  const connection = await connectionTo({ '/token': reply });
  const response = new URLSearchParams({ code: 'c', state, iss: issuer });
  return resultOf(() => exchangeAuthorizationCode(connection, authorizationRequest, response));
};

function assertTokens(tokens: Tokens): void {
  assert.match(tokens.accessToken.reveal(), /^[\x20-\x7E]{1,65536}$/);
  assert.ok(tokens.expiresAt === undefined || !Number.isNaN(new Date(tokens.expiresAt * 1000).getTime()));
  for (const scope of tokens.grantedScopes ?? []) assert.match(scope, /^[\x21-\x7E]+$/);
  const { idTokenClaims: found } = tokens;
  if (!found) return;
  assert.equal(found.iss, issuer);
  assert.ok(found.aud === clientId || found.aud.includes(clientId));
  assert.match(found.sub, /^.{0,255}$/su);
  assert.doesNotThrow(() => JSON.stringify(found));
}

export const tokenTargets: readonly Target[] = [
  target('token response', changedText(body), async text => {
    // Signed in there is always an ID token; here none can be right, as the body has no say in it.
    assert.equal(await exchange(text), undefined);
  }),

  target('refreshed tokens', changedText(body), async text => {
    const reply: Reply = { status: 200, headers: {}, body: text };
    const connection = await connectionTo({ '/token': reply });
    const tokens = await resultOf(async () =>
      (await refreshTokens(connection, secret('r'), { subject: 'alice-1' })).judge(),
    );
    if (tokens) assertTokens(tokens);
  }),

  target(
    'ID token, signed',
    fc.record({ payload: changed(claims()), header: fc.constant({}) }),
    async ({ payload, header }) => {
      const tokens = await exchange(JSON.stringify({ ...body, id_token: await signed(payload, header) }));
      if (!tokens) return;
      assertTokens(tokens);
      assert.ok(tokens.idTokenClaims);
      assert.equal(tokens.idTokenClaims['nonce'], nonce);
    },
  ),

  target('ID token, header', changed({ alg: 'RS256', kid: 'rsa-1', typ: 'JWT' }), async header => {
    const tokens = await exchange(
      JSON.stringify({ ...body, id_token: await signed(claims(), { ...header, x: 1 }) }),
    );
    assert.equal(tokens, undefined, 'nobody has signed this');
  }),

  target(
    'ID token, damaged',
    damaged(fc.constant('')).chain(put => fc.record({ put: fc.constant(put), at: fc.nat({ max: 700 }) })),
    async ({ put, at }) => {
      const right = await signed(claims(), {});
      const text = right.slice(0, at) + put + right.slice(at + put.length);
      const tokens = await exchange(JSON.stringify({ ...body, id_token: text }));
      if (tokens) assertTokens(tokens);
      // The last character of base64 has bits that count for nothing; any other change is noticed.
      const payload = (jwt: string): string => jwt.split('.').slice(0, 2).join('.');
      if (tokens) assert.equal(payload(text), payload(right));
    },
  ),

  target(
    'UserInfo',
    changedText({ sub: 'alice-1', name: 'Alice', email: 'a@example.com', groups: ['a'] }),
    async text => {
      const connection = await connectionTo({ '/userinfo': { status: 200, headers: {}, body: text } });
      const found = await resultOf(() => requestUserInfo(connection, secret('a'), 'alice-1'));
      if (!found) return;
      assert.equal(found['sub'], 'alice-1');
      assert.doesNotThrow(() => JSON.stringify(found));
    },
  ),

  target(
    'refusal',
    fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      challenge: fc.oneof(
        fc.constantFrom('Basic realm="a"', 'Bearer error="invalid_token"', 'DPoP', ','),
        fc.string(),
      ),
      retryAfter: fc.oneof(fc.nat().map(String), fc.string()),
      body: fc.oneof(
        changedText({ error: 'invalid_grant', error_description: 'No', error_uri: 'https://a.example' }),
        nastyText,
      ),
    }),
    async ({ status, challenge, retryAfter, body: text }) => {
      const headers = new Headers();
      for (const [name, value] of [
        ['www-authenticate', challenge],
        ['retry-after', retryAfter],
      ] as const) {
        // What cannot be a header never arrives as one.
        if (/^[\x20-\x7E]*$/.test(value)) headers.set(name, value);
      }
      const bodiless = [204, 205, 304].includes(status);
      const failure = await tokenEndpointFailure(
        new Response(bodiless ? null : text, { status, headers }),
        'a.example',
      );
      if (status < 300) return assert.equal(failure, undefined);
      assertShowable(failure);
      assert.ok(failure.retryAfter === undefined || (failure.retryAfter >= 0 && failure.retryAfter <= 3600));
    },
  ),
];
