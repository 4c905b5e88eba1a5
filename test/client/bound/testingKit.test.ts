import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as jose from 'jose';
import type { ProofRequest, SessionInfo } from '../../../src/client/sessionInfo.ts';
import { authentication, editor, extensions } from '../../manifest/client/testing.ts';

type Session = NonNullable<Awaited<ReturnType<typeof authentication.getSession>>>;

interface Api {
  describe(session: Session): Promise<SessionInfo>;
  proof(session: Session, request: ProofRequest): Promise<string | undefined>;
}

describe('the testing kit, with tokens that are bound to a key', () => {
  let api: Api;
  before(async () => {
    api = (await extensions.getExtension('vscode-oidc.oidc-authentication')?.activate()) as Api;
  });
  afterEach(() => editor.reset());

  async function session(): Promise<Session> {
    const found = await authentication.getSession('oidc', ['openid'], { createIfNone: true });
    return found ?? assert.fail('nobody is signed in');
  }
  const request = { method: 'POST', url: 'https://api.example.com/reports?page=1#top' };

  it('proves the key of the person’s tokens for one request', async () => {
    editor.bindsTokens = true;
    const bound = await session();
    assert.equal(bound.tokenType, 'DPoP');
    assert.equal((await api.describe(bound)).tokenType, 'DPoP');
    const proof = await api.proof(bound, { ...request, nonce: 'n-1' });
    const { payload, protectedHeader } = await jose.jwtVerify(proof ?? '', jose.EmbeddedJWK, {
      typ: 'dpop+jwt',
      maxTokenAge: 60,
    });
    const { htm, htu, ath, nonce, jti } = payload;
    assert.deepEqual(
      [htm, htu, nonce, ath],
      [
        'POST',
        'https://api.example.com/reports',
        'n-1',
        createHash('sha256').update(bound.accessToken).digest('base64url'),
      ],
    );
    assert.deepEqual(Object.keys(protectedHeader.jwk ?? {}).sort(), ['crv', 'kty', 'x', 'y']);
    const thumbprint = await jose.calculateJwkThumbprint(protectedHeader.jwk ?? {});
    assert.equal(await editor.thumbprint('oidc'), thumbprint);
    const { jti: other } = jose.decodeJwt((await api.proof(bound, request)) ?? '');
    assert.notEqual(other, jti);
  });

  it('keeps the key of a sign-in until the next one, whatever it binds by then', async () => {
    editor.bindsTokens = true;
    await session();
    const before = await editor.thumbprint('oidc');
    editor.bindsTokens = false;
    editor.advance(3600);
    const renewed = await session();
    assert.equal(renewed.tokenType, 'DPoP');
    assert.equal(await editor.thumbprint('oidc'), before);
    editor.signIn('oidc', ['openid']);
    assert.equal((await session()).tokenType, undefined);
    assert.equal(await editor.thumbprint('oidc'), undefined);
  });

  it('has no proof of a bearer token, nor of one that was renewed', async () => {
    const bearer = await session();
    assert.equal(await api.proof(bearer, request), undefined);
    assert.equal((await api.describe(bearer)).tokenType, 'Bearer');
    editor.advance(3600);
    await assert.rejects(api.proof(bearer, request), { code: 'session-renewed' });
    editor.signOut('oidc');
    await assert.rejects(api.proof(bearer, request), { code: 'session-ended' });
  });

  it('binds nothing after a reset', async () => {
    editor.bindsTokens = true;
    editor.reset();
    assert.equal((await session()).tokenType, undefined);
  });
});
