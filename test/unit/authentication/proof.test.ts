import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mock } from 'node:test';
import * as jose from 'jose';
import type * as vscode from 'vscode';
import { createExports, proveHeld, type ExportsContext } from '../../../src/authentication/exports.ts';
import { prove as proveWith } from '../../../src/signIn/after/prove.ts';
import { secret } from '../../../src/platform/secret.ts';
import { generateProofKey, type ProofKey } from '../../../src/protocol/client/keys/proofKey.ts';
import { StartFailure } from '../../../src/protocol/failures/knownFailure.ts';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { createGrantCache, type GrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant, someProvider, someTokens, start } from '../sessions/someGrant.ts';

const issuer = 'https://login.example.com';
const metadata: Metadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  userinfo_endpoint: `${issuer}/me`,
  jwks_uri: `${issuer}/keys`,
  mtls_endpoint_aliases: { token_endpoint: 'https://login.example.com/mtls/token' },
};

describe('a proof for an API', () => {
  const url = 'https://api.example.com/reports';
  const session: vscode.AuthenticationSession = {
    id: 'grant-0001:openid profile',
    accessToken: 'access-1',
    account: { id: 'sub-alice', label: 'alice' },
    scopes: ['openid', 'profile'],
  };
  const clock = manualClock(start * 1000);
  let cache: GrantCache;
  let proofKey: ProofKey;
  let reads: number;
  let renewals: number;
  let readMetadata: () => Metadata;
  let context: ExportsContext;

  beforeEach(async () => {
    const log = recordingLog();
    const store = createGrantStore({ storage: memorySecretStorage(), log, onSetAside: () => undefined });
    cache = createGrantCache(store, clock, log);
    proofKey = await generateProofKey('required', metadata);
    const grant = someGrant();
    const endpoints = {
      token_endpoint: grant.binding.tokenEndpoint,
      userinfo_endpoint: 'https://who.example.com/me',
    };
    await cache.put({ ...grant, proofKey, binding: { ...grant.binding, endpoints } });
    [reads, renewals] = [0, 0];
    readMetadata = () => metadata;
    const providers = createConfiguredProviders();
    providers.update([someProvider]);
    const parts = {
      accounts: { renew: () => Promise.resolve(void renewals++) },
      httpContext: {
        clock,
        metadata: {
          get: () => {
            reads++;
            return Promise.resolve().then(() => ({ metadata: readMetadata() }) as never);
          },
          forget: () => assert.fail(),
        },
      },
    };
    context = {
      cache,
      clock,
      providers,
      parts: () => Promise.resolve({ prove: (...asked) => proveWith(parts, ...asked) }),
    };
  });

  const prove = (request: unknown, held: unknown = session): Promise<string | undefined> =>
    createExports(context).proof(held as vscode.AuthenticationSession, request as never);
  const read = (proof: string | undefined) =>
    jose.jwtVerify(proof ?? '', jose.EmbeddedJWK, { typ: 'dpop+jwt', currentDate: new Date(clock.now()) });
  const refuses = (code: string) => (error: unknown) => {
    assert.equal((error as { code?: unknown }).code, code);
    assert.doesNotMatch((error as Error).message, /access-1/);
    return true;
  };

  it('is for one method, URL and token, signed by the grant’s key, which is not in it', async () => {
    const proof = await prove({ method: 'POST', url: `${url}?page=2#top`, nonce: 'n-1' });
    const { payload, protectedHeader } = await read(proof);
    const { jti, ...claims } = payload;
    assert.deepEqual(claims, {
      htm: 'POST',
      htu: url,
      iat: start,
      nonce: 'n-1',
      ath: createHash('sha256').update('access-1').digest('base64url'),
    });
    const own = JSON.parse(proofKey.secret.reveal()) as jose.JWK;
    assert.deepEqual(protectedHeader, {
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x: own.x, y: own.y },
    });
    const patched = await read(await prove({ method: 'patch', url }));
    assert.equal(patched.payload['htm'], 'patch', 'exactly as it is sent');
    const next = await read(await prove({ method: 'POST', url: new URL(url) }));
    assert.notEqual(next.payload.jti, jti, 'each is a new one');
    assert.ok(!('nonce' in next.payload));
    assert.equal(reads, 0, 'no endpoint can be on the host of the API');
  });

  it('is made without a word to anyone', async () => {
    const sent = mock.method(globalThis, 'fetch', () => assert.fail('nothing is sent'));
    try {
      assert.ok(await prove({ method: 'GET', url }));
      assert.equal(sent.mock.callCount(), 0);
    } finally {
      sent.mock.restore();
    }
  });

  it('is for a token of the session, and the one that is current', async () => {
    await cache.update('grant-0001', grant => ({ ...grant, tokens: someTokens(2) }));
    const after = { ...session, accessToken: 'access-2' };
    await assert.rejects(prove({ method: 'GET', url }), refuses('session-renewed'));
    const { payload } = await read(await prove({ method: 'GET', url }, after));
    assert.equal(payload['ath'], createHash('sha256').update('access-2').digest('base64url'));
    for (const held of [
      { ...session, accessToken: '' },
      { ...session, id: 'grant-0002:openid' },
      'x',
      undefined,
    ])
      await assert.rejects(prove({ method: 'GET', url }, held), /ask the editor/);
  });

  it('is asked for over a command with the digest of the token alone', async () => {
    const digest = createHash('sha256').update('access-1').digest('hex');
    const proved = await proveHeld(context, session.id, digest, { method: 'GET', url });
    assert.ok('proof' in proved);
    assert.equal((await read(proved.proof)).payload['htu'], url);
    const overheard = await proveHeld(context, session.id, session.accessToken, { method: 'GET', url });
    assert.partialDeepStrictEqual(overheard, { code: 'session-renewed' });
  });

  it('is not there for a bearer token, nor where only the refresh token is bound', async () => {
    for (const key of [undefined, { ...proofKey, binds: 'refresh-token' as const }]) {
      await cache.update('grant-0001', grant => ({ ...grant, proofKey: key }));
      assert.equal(await prove({ method: 'GET', url }), undefined);
      assert.equal((await createExports(context).describe(session)).tokenType, 'Bearer');
    }
  });

  it('is announced with the session', async () => {
    assert.equal((await createExports(context).describe(session)).tokenType, 'DPoP');
  });

  const endpoints = [
    'https://login.example.com/token',
    'https://login.example.com/token?x=1',
    'https://login.example.com/token#x',
    'https://login.example.com:443/token',
    'https://LOGIN.example.com./token',
    'https://login.example.com/%74oken',
    'https://login.example.com//token/',
    'https://login.example.com/a/../token',
    'https://login.example.com/TOKEN',
    'https://login.example.com/me',
    'https://login.example.com/authorize',
    'https://login.example.com/keys',
    'https://login.example.com/mtls/token',
    'https://who.example.com/me',
  ];
  for (const endpoint of endpoints)
    it(`is refused for ${endpoint}`, async () => {
      await assert.rejects(prove({ method: 'POST', url: endpoint }), refuses('proof-url'));
    });

  it('is made for an API on the issuer’s own host', async () => {
    const { payload } = await read(await prove({ method: 'GET', url: `${issuer}/api/tokens` }));
    assert.equal(payload['htu'], `${issuer}/api/tokens`);
    assert.equal(reads, 1);
  });

  it('is refused there as long as nobody knows where the endpoints are', async () => {
    readMetadata = () => {
      throw new StartFailure('address-insecure', { address: 'x' });
    };
    await assert.rejects(prove({ method: 'GET', url: `${issuer}/api` }));
    assert.ok(await prove({ method: 'GET', url }));
  });

  it('goes over plain http to this computer alone, and only where the settings allow it', async () => {
    for (const insecure of [
      'http://api.example.com/',
      'http://localhost:1/',
      'ws://api.example.com/',
      'x',
      '',
    ])
      await assert.rejects(prove({ method: 'GET', url: insecure }), refuses('proof-url'), insecure);
    await assert.rejects(prove({ method: 'GET', url: 'https://a:b@api.example.com/' }), refuses('proof-url'));
    const providers = createConfiguredProviders();
    providers.update([{ ...someProvider, allowLoopbackHttp: true }]);
    context = { ...context, providers };
    assert.ok(await prove({ method: 'GET', url: 'http://localhost:1/' }));
    await assert.rejects(prove({ method: 'GET', url: 'http://api.example.com/' }), refuses('proof-url'));
  });

  it('is refused for a request that cannot be', async () => {
    const wrong: unknown[] = [
      undefined,
      {},
      { method: 'GET' },
      { url },
      { method: '', url },
      { method: 'G T', url },
      { method: 'GET', url: 7 },
      { method: 'x'.repeat(41), url },
      { method: 'GET', url, nonce: '' },
      { method: 'GET', url, nonce: 'a"b' },
      { method: 'GET', url, nonce: 'a b' },
      { method: 'GET', url, nonce: 7 },
      { method: 'GET', url, nonce: 'n'.repeat(2001) },
    ];
    for (const request of wrong) await assert.rejects(prove(request), refuses('proof-request'));
  });

  it('is impossible with a damaged key, and has the person asked to sign in', async () => {
    const damaged = { binds: 'required' as const, secret: secret('{}') };
    await cache.update('grant-0001', grant => ({ ...grant, proofKey: damaged }));
    await assert.rejects(prove({ method: 'GET', url }), (error: unknown) => {
      assert.match((error as Error).message, /Sign in again/);
      return refuses('proof-key-lost')(error);
    });
    assert.equal(renewals, 1);
  });

  it('follows the clock of the server, as the proofs for its own endpoints do', async () => {
    const { proofsWith } = await import('../../../src/protocol/client/keys/proofs.ts');
    const grant = await cache.get('grant-0001');
    assert.ok(grant?.proofKey);
    const proofs = await proofsWith(grant.proofKey, issuer, clock);
    proofs.ahead = 90;
    assert.equal(jose.decodeJwt((await prove({ method: 'GET', url })) ?? '').iat, start + 90);
  });
});
