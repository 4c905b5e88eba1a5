import assert from 'node:assert/strict';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { startStranger, type Stranger } from '../../servers/stranger.ts';
import { operations, type Operation } from '../afterSignIn/operations.ts';
import { signInTrial } from '../signingIn.ts';

describe('metadata that changes while a sign-in is used', () => {
  let server: IdentityProvider;
  let grant: Grant;
  let evil: Stranger;

  before(async () => {
    server = await startIdentityProvider();
    evil = await startStranger();
  });
  beforeEach(async () => {
    evil.requests.splice(0);
    const trial = signInTrial();
    grant = await trial.signIn(trial.provider(settings()));
  });
  after(async () => {
    await evil.close();
    await server.close();
  });

  const settings = () => ({
    issuer: server.issuer,
    claimSources: ['userinfo' as const, 'introspection' as const],
  });
  const isSecret = (init: RequestInit | undefined): boolean =>
    init?.body !== undefined || new Headers(init?.headers).has('authorization');

  for (const endpoint of secretEndpoints)
    for (const [what, operate] of Object.entries<Operation>(operations))
      it(`between reading and sending gives the other host nothing: ${endpoint}, ${what}`, async () => {
        const state = { sent: 0 };
        const trial = signInTrial({
          async fetch(address, init) {
            // What the honest server does not know any more, a client may look up again.
            if (isSecret(init) && state.sent++ === 0) return new Response('{}', { status: 404 });
            const response = await fetch(address, init);
            if (state.sent === 0 || !response.url.includes('/.well-known/')) return response;
            const document = (await response.json()) as object;
            return Response.json({ ...document, [endpoint]: `${evil.origin}/${endpoint}` });
          },
        });
        const provider = trial.provider(settings());
        for (const _ of [1, 2]) {
          await operate(trial, grant, provider).catch((error: unknown) => {
            if (!(error instanceof Failure)) throw error;
          });
          trial.context.httpContext.metadata.forget(provider.issuer);
        }
        assert.notEqual(state.sent + trial.opened.length, 0);
        assert.deepEqual(evil.requests, []);
        assert.ok(!trial.opened.some(address => address.startsWith(evil.origin)));
      });

  /** A window whose metadata names the attacker's keys, and whose token endpoint answers with an ID token of those. */
  async function withForgedKeys(claims: Readonly<Record<string, unknown>> | undefined) {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    evil.answer = { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256', use: 'sig', kid: 'evil' }] };
    return signInTrial({
      async fetch(address, init) {
        const response = await fetch(address, init);
        if (response.url.includes('/.well-known/')) {
          const document = (await response.json()) as object;
          return Response.json({ ...document, jwks_uri: `${evil.origin}/keys` });
        }
        if (!claims || !response.url.endsWith(new URL(grant.binding.tokenEndpoint).pathname)) return response;
        const answer = (await response.json()) as { id_token?: string };
        const idToken = await new SignJWT({ ...decodeJwt(answer.id_token ?? ''), ...claims })
          .setProtectedHeader({ alg: 'RS256', kid: 'evil' })
          .sign(privateKey);
        return Response.json({ ...answer, id_token: idToken });
      },
    });
  }

  it('asks another host for keys without a word of who asks', async () => {
    for (const operate of Object.values<Operation>(operations)) {
      const trial = await withForgedKeys(undefined);
      await operate(trial, grant, trial.provider(settings())).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
      });
    }
    assert.deepEqual(
      evil.requests.filter(line => line !== 'GET /keys undefined undefined'),
      [],
    );
  });

  const refreshed = async (claims?: Readonly<Record<string, unknown>>) => {
    const trial = await withForgedKeys(claims);
    const answer = await refreshGrant(trial.context, trial.provider(settings()), grant, () => undefined);
    return answer.judge();
  };

  for (const [what, claims] of [
    ['is not of those keys', undefined],
    ['is for another client', { aud: 'evil', azp: 'evil' }],
  ] as const)
    it(`leaves out an ID token that ${what}, whatever keys the metadata names, and keeps the sign-in`, async () => {
      const { idToken, idTokenClaims, accessToken } = await refreshed(claims);
      assert.deepEqual([idToken, idTokenClaims], [undefined, undefined]);
      assert.notEqual(accessToken.reveal(), grant.tokens.accessToken.reveal());
    });

  for (const [what, claims] of [
    ['another person', { sub: 'mallory' }],
    ['another issuer', { iss: 'https://evil.example' }],
  ] as const)
    it(`signs in nobody else by keys of another host: ${what}`, async () => {
      await assert.rejects(
        refreshed(claims),
        (error: unknown) => error instanceof Failure && error.code === 'token-untrusted',
      );
    });
});
