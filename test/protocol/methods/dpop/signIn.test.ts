import assert from 'node:assert/strict';
import * as jose from 'jose';
import { secret } from '../../../../src/platform/secret.ts';
import { revokeGrant } from '../../../../src/signIn/after/keepGrant.ts';
import { connectFor } from '../../../../src/signIn/client/grantConnection.ts';
import { refreshProfile } from '../../../../src/signIn/after/refreshProfile.ts';
import { requestUser } from '../../../../src/protocol/tokens/userEndpoint.ts';
import { parseGrant, serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import type { Provider } from '../../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../../servers/identityProvider/identityProvider.ts';
import { approveDevice } from '../../../servers/identityProvider/person.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { recordingScreen } from '../deviceScreen.ts';
import { failsWith, given } from '../serviceTrials.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { signInTrial, until, type SignInTrial } from '../../signingIn.ts';
import { boundClient, claimsOf, refreshed, type Definition } from './boundSignIn.ts';

describe('a sign-in whose tokens are bound to a key', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider({ clients: [boundClient] });
  });
  beforeEach(() => {
    server.settings.demandsNonce = false;
    server.settings.accessTokens = 'jwt';
  });
  after(() => server.close());

  const bound = (trial: SignInTrial, more: Definition = {}): Provider =>
    trial.provider({ issuer: server.issuer, clientId: boundClient.client_id, dpop: 'required', ...more });

  const thumbprintOf = ({ proofKey }: Grant): Promise<string> =>
    jose.calculateJwkThumbprint(JSON.parse(proofKey?.secret.reveal() ?? '') as jose.JWK);

  for (const demandsNonce of [false, true]) {
    const nonces = demandsNonce ? ', with nonces' : '';
    it(`gets tokens for its own key, and refreshes them three times${nonces}`, async () => {
      server.settings.demandsNonce = demandsNonce;
      const trial = signInTrial();
      const provider = bound(trial);
      let grant = await trial.signIn(provider);
      const jkt = await thumbprintOf(grant);
      assert.deepEqual(claimsOf(grant.tokens.accessToken)['cnf'], { jkt });
      const sent = new Set<string>();
      for (let count = 0; count < 3; count++) {
        sent.add(grant.tokens.refreshToken?.reveal() ?? '');
        // As another window has it, which read it from the storage.
        const parsed = parseGrant(serialiseGrant(grant));
        assert.ok(parsed.kind === 'grant');
        ({ grant } = await refreshed(trial, provider, parsed.grant));
        assert.deepEqual(claimsOf(grant.tokens.accessToken)['cnf'], { jkt });
      }
      assert.equal(sent.size, 3);
      assert.equal(await revokeGrant(trial.context, provider, grant), 'revoked');
      await assert.rejects(refreshed(trial, provider, grant), failsWith('grant-refused'));
    });
  }

  it('names its key before the browser opens, in the pushed request and in the URL', async () => {
    for (const pushed of [true, false]) {
      const trial = signInTrial({
        async fetch(address, init) {
          const response = await fetch(address, init);
          if (pushed || !response.url.includes('/.well-known/')) return response;
          const { pushed_authorization_request_endpoint: _, ...document } = (await response.json()) as Record<
            string,
            unknown
          >;
          return Response.json(document);
        },
      });
      const before = server.requests.length;
      const jkt = await thumbprintOf(await trial.signIn(bound(trial)));
      const par = server.requests
        .slice(before)
        .find(({ path }) => path === server.endpoints.pushedAuthorizationRequest);
      const named = pushed
        ? par?.body['dpop_jkt']
        : new URL(trial.opened[0] ?? '').searchParams.get('dpop_jkt');
      assert.equal(named, jkt);
    }
  });

  it('has a new key each time', async () => {
    const trial = signInTrial();
    const keys = [await trial.signIn(bound(trial)), await trial.signIn(bound(trial))].map(thumbprintOf);
    assert.equal(new Set(await Promise.all(keys)).size, 2);
  });

  for (const demandsNonce of [false, true]) {
    it(`asks UserInfo with a proof${demandsNonce ? ' and a nonce' : ''}`, async () => {
      server.settings.demandsNonce = demandsNonce;
      server.settings.accessTokens = 'opaque';
      const trial = signInTrial();
      const provider = bound(trial, {
        claimSources: ['userinfo'],
        scopes: ['openid', 'email', 'offline_access'],
      });
      const grant = await trial.signIn(provider, { scopes: ['email'] });
      assert.equal(grant.claims['email'], people.alice.email);
      const { tokens, grant: next } = await refreshed(trial, provider, grant);
      const profile = await refreshProfile(trial.context, provider, next, tokens);
      assert.equal(profile?.claims['email'], people.alice.email);
      const connection = await connectFor(trial.context, provider, next);
      assert.equal((await requestUser(connection, next.tokens.accessToken))['email'], people.alice.email);
      const bearer = await fetch(`${server.issuer}${server.endpoints.userinfo}`, {
        headers: { authorization: `Bearer ${next.tokens.accessToken.reveal()}` },
      });
      assert.equal(bearer.status, 401);
    });
  }

  it('works with a device code', async () => {
    server.settings.demandsNonce = true;
    let approved = false;
    const device = recordingScreen(
      ({ verificationUri, userCode }) =>
        void approveDevice(verificationUri, userCode, people.alice).then(() => (approved = true)),
    );
    const clock = manualClock();
    const trial = signInTrial({ clock, method: 'device-code', device });
    const provider = bound(trial);
    const signedIn = trial.signIn(provider);
    await until(() => approved);
    await until(() => clock.pending > 0);
    await clock.advance(5000);
    const grant = await signedIn;
    const jkt = await thumbprintOf(grant);
    assert.deepEqual(claimsOf(grant.tokens.accessToken)['cnf'], { jkt });
    await refreshed(trial, provider, grant);
  });

  it('works for a client that signs in by itself', async () => {
    server.settings.demandsNonce = true;
    const { clientId, clientSecret } = server.clients.editorSecret;
    const trial = signInTrial({ clientSecret: () => Promise.resolve(given(clientSecret)) });
    const provider = bound(trial, {
      clientId,
      clientAuthentication: 'client_secret_basic',
      signInMethod: 'client-credentials',
    });
    const grant = await trial.signIn(provider, { scopes: ['api:read'] });
    const jkt = await thumbprintOf(grant);
    assert.deepEqual(claimsOf(grant.tokens.accessToken)['cnf'], { jkt });
    const { tokens } = await refreshed(trial, provider, grant);
    assert.deepEqual(claimsOf(tokens.accessToken)['cnf'], { jkt });
  });

  it('is of no use to someone who has stolen the refresh token alone, and harms nobody then', async () => {
    const trial = signInTrial();
    const provider = bound(trial);
    const grant = await trial.signIn(provider);
    const other = await trial.signIn(provider);
    const stolen = { ...grant, proofKey: other.proofKey };
    await assert.rejects(refreshed(trial, provider, stolen), failsWith('grant-refused'));
    const unproved = { ...grant, proofKey: undefined };
    await assert.rejects(refreshed(trial, provider, unproved), failsWith('grant-refused'));
    await refreshed(trial, provider, grant);
  });

  it('keeps its key, whatever the settings say later', async () => {
    const trial = signInTrial();
    const grant = await trial.signIn(bound(trial));
    const { tokens } = await refreshed(trial, bound(trial, { dpop: undefined }), grant);
    assert.deepEqual(claimsOf(tokens.accessToken)['cnf'], { jkt: await thumbprintOf(grant) });
  });

  it('whose key is damaged sends nothing, says so, and can be signed out', async () => {
    const trial = signInTrial();
    const provider = bound(trial);
    const grant = await trial.signIn(provider);
    const public_ = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', alg: 'ES256' };
    const { d: _, ...ownPublic } = JSON.parse(grant.proofKey?.secret.reveal() ?? '') as jose.JWK;
    for (const text of ['', '{}', 'null', JSON.stringify(public_), JSON.stringify(ownPublic)]) {
      const damaged = { ...grant, proofKey: { binds: 'required' as const, secret: secret(text) } };
      const before = server.requests.length;
      await assert.rejects(refreshed(trial, provider, damaged), failsWith('proof-key-lost', /Sign in again/));
      assert.equal(server.requests.length, before);
    }
    const damaged = { ...grant, proofKey: { binds: 'required' as const, secret: secret('') } };
    assert.equal(await revokeGrant(trial.context, provider, damaged), 'revoked');
  });

  it('says nothing of its key in the log', async () => {
    const trial = signInTrial();
    const grant = await trial.signIn(bound(trial));
    const { d } = JSON.parse(grant.proofKey?.secret.reveal() ?? '') as { d: string };
    assert.ok(d.length > 40 && !trial.log.text().includes(d));
    assert.ok(!JSON.stringify(grant).includes(d) && serialiseGrant(grant).includes(d));
    const requests = JSON.stringify(server.requests);
    assert.ok(!requests.includes(d));
  });
});
