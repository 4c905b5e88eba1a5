import assert from 'node:assert/strict';
import * as jose from 'jose';
import type { FindSubject } from '../../../../src/signIn/client/subject.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../../servers/identityProvider/identityProvider.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { startTokenExchangeServer } from '../../../servers/identityProvider/tokenExchange.ts';
import { failsWith, given } from '../serviceTrials.ts';
import { signInTrial, type SignInTrial } from '../../signingIn.ts';
import { boundClient, claimsOf, refreshed } from './boundSignIn.ts';

describe('keys of tokens, where servers differ', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider({ clients: [boundClient] });
  });
  after(() => server.close());

  const proofIn = (init: RequestInit | undefined) => {
    const proof = new Headers(init?.headers).get('dpop');
    return proof === null
      ? undefined
      : {
          ...jose.decodeProtectedHeader(proof),
          ...(jose.decodeJwt(proof) as { nonce?: string; jti?: string }),
        };
  };

  /** An editor whose server lists these algorithms for proofs. */
  function trialWith(algorithms: unknown): { trial: SignInTrial; used: Set<string | undefined> } {
    const used = new Set<string | undefined>();
    const trial = signInTrial({
      async fetch(address, init) {
        const alg = proofIn(init)?.alg;
        if (alg !== undefined) used.add(alg);
        const response = await fetch(address, init);
        if (!response.url.includes('/.well-known/')) return response;
        const document = (await response.json()) as Record<string, unknown>;
        return Response.json({ ...document, dpop_signing_alg_values_supported: algorithms });
      },
    });
    return { trial, used };
  }

  const algorithms: [listed: unknown, used: string][] = [
    [['Ed25519', 'ES256'], 'ES256'],
    [['Ed25519'], 'Ed25519'],
    [['none', 'HS256', 'ES512x', 'Ed25519'], 'Ed25519'],
    [['none'], 'ES256'],
    [[], 'ES256'],
    [undefined, 'ES256'],
  ];
  for (const [listed, expected] of algorithms)
    it(`have the algorithm ${expected} where the server lists ${JSON.stringify(listed)}`, async () => {
      const { trial, used } = trialWith(listed);
      const provider = trial.provider({ issuer: server.issuer, clientId: 'bound', dpop: 'required' });
      const grant = await trial.signIn(provider);
      const key = JSON.parse(grant.proofKey?.secret.reveal() ?? '') as jose.JWK;
      const jkt = await jose.calculateJwkThumbprint(key);
      const { tokens } = await refreshed(trial, provider, grant);
      assert.deepEqual(claimsOf(tokens.accessToken)['cnf'], { jkt });
      assert.deepEqual([...used], [expected]);
    });

  describe('in a token exchange', () => {
    const audience = 'https://reports.example.com/';
    type Exchange = Awaited<ReturnType<typeof startTokenExchangeServer>>;
    let exchange: Exchange;
    before(async () => {
      const keys = `${server.issuer}${server.endpoints.jwks}`;
      exchange = await startTokenExchangeServer({ issuer: server.issuer, keys }, audience);
    });
    after(() => exchange.close());

    /** Somebody who is signed in at home, and an exchange that binds what it gives, once its nonce is in the proof. */
    async function trialAt(binds: boolean) {
      const home = signInTrial();
      const company = home.provider({ issuer: server.issuer, label: 'Company' }, 'company');
      const grant = await home.signIn(company);
      const findSubject: FindSubject = () =>
        Promise.resolve({
          provider: company,
          grants: [{ grant, hasEnded: false }],
          renew: () => assert.fail('nothing is renewed'),
        });
      const proofs: ReturnType<typeof proofIn>[] = [];
      const trial = signInTrial({
        findSubject,
        clientSecret: () => Promise.resolve(given(exchange.client.secret)),
        async fetch(address, init) {
          if ((address as string) !== `${exchange.issuer}/token`) return fetch(address, init);
          const proof = proofIn(init);
          proofs.push(proof);
          if (proof && proof.nonce !== 'n-1')
            return Response.json(
              { error: 'use_dpop_nonce' },
              { status: 400, headers: { 'dpop-nonce': 'n-1' } },
            );
          const response = await fetch(address, init);
          if (!binds || !response.ok) return response;
          return Response.json({ ...((await response.json()) as object), token_type: 'DPoP' });
        },
      });
      const provider = trial.provider(
        {
          issuer: exchange.issuer,
          clientId: exchange.client.id,
          clientAuthentication: 'client_secret_basic',
          signInMethod: 'token-exchange',
          tokenExchange: { from: 'company' },
          audience,
          dpop: 'required',
        },
        'reports',
      );
      return { trial, provider, proofs };
    }

    it('are made for the token that comes of it, with nonces, and again with each later one', async () => {
      const { trial, provider, proofs } = await trialAt(true);
      const grant = await trial.signIn(provider, { scopes: ['reports:read'] });
      assert.equal(exchange.subjectOf(grant.tokens.accessToken.reveal()), people.alice.sub);
      assert.equal(grant.proofKey?.binds, 'required');
      assert.deepEqual(
        proofs.map(proof => proof?.nonce),
        [undefined, 'n-1'],
      );
      const { tokens } = await refreshed(trial, provider, grant);
      assert.equal(exchange.subjectOf(tokens.accessToken.reveal()), people.alice.sub);
      assert.equal(proofs.length, 3);
      assert.equal(new Set(proofs.map(proof => proof?.jti)).size, 3);
      const jwks = proofs.map(proof => JSON.stringify(proof?.jwk));
      assert.equal(new Set(jwks).size, 1, 'by the same key');
    });

    it('are demanded: a token that is bound to nothing is refused', async () => {
      const { trial, provider } = await trialAt(false);
      await assert.rejects(trial.signIn(provider, { scopes: ['reports:read'] }), failsWith('token-unbound'));
    });
  });
});
