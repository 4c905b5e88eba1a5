import assert from 'node:assert/strict';
import * as jose from 'jose';
import { revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { connectFor } from '../../src/signIn/client/grantConnection.ts';
import { prove } from '../../src/signIn/after/prove.ts';
import { refreshProfile } from '../../src/signIn/after/refreshProfile.ts';
import { requestUserInfo } from '../../src/protocol/tokens/userInfo.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import { claimsOf, refreshed } from '../protocol/methods/dpop/boundSignIn.ts';
import { recordingScreen } from '../protocol/methods/deviceScreen.ts';
import { startBoundApi } from '../servers/resourceServers/boundApi.ts';
import { enterCodeAtKeycloak } from './person.ts';
import { failsWith, keycloak, keycloakTrial, timeout } from './running.ts';

const thumbprintOf = ({ proofKey }: Grant): Promise<string> =>
  jose.calculateJwkThumbprint(JSON.parse(proofKey?.secret.reveal() ?? '') as jose.JWK);

/** Keycloak adds a member of its own to `cnf`. */
const jktOf = (token: { reveal(): string }): string | undefined =>
  (claimsOf(token)['cnf'] as { jkt?: string } | undefined)?.jkt;

describe('Keycloak, with tokens that are bound to a key', function () {
  this.timeout(timeout);
  before(keycloak);

  for (const method of ['loopback', 'uri-handler'] as const)
    it(`refreshes three times, and asks UserInfo (${method})`, async () => {
      const trial = await keycloakTrial({ method });
      const provider = trial.at('vscode-dpop', { dpop: 'required', claimSources: ['userinfo'] });
      let grant = await trial.signIn(provider);
      assert.equal(grant.account.label, 'alice');
      const jkt = await thumbprintOf(grant);
      for (let count = 0; count < 3; count++) {
        const next = await refreshed(trial, provider, grant);
        ({ grant } = next);
        assert.equal(jktOf(grant.tokens.accessToken), jkt);
        const profile = await refreshProfile(trial.context, provider, grant, next.tokens);
        assert.deepEqual([...(profile?.claims['groups'] as string[])].sort(), ['admins', 'developers']);
      }
      const connection = await connectFor(trial.context, provider, grant);
      const userInfo = await requestUserInfo(connection, grant.tokens.accessToken, grant.account.id);
      assert.equal(userInfo?.['preferred_username'], 'alice');
      assert.equal(await revokeGrant(trial.context, provider, grant), 'revoked');
    });

  it('lets an API verify its tokens, each with a proof of its own', async () => {
    const trial = await keycloakTrial();
    const provider = trial.at('vscode-dpop', { dpop: 'required' });
    const grant = await trial.signIn(provider);
    const api = await startBoundApi({ issuer: provider.issuer, audience: null });
    const parts = { accounts: { renew: () => assert.fail() }, httpContext: trial.context.httpContext };
    const proofFor = async (url: string, nonce?: string): Promise<string> => {
      const proved = await prove(
        parts,
        { grant, provider, token: grant.tokens },
        { method: 'GET', url, nonce },
      );
      return 'proof' in proved ? proved.proof : assert.fail(proved.message);
    };
    const authorization = `DPoP ${grant.tokens.accessToken.reveal()}`;
    const send = (dpop: string) => fetch(`${api.url}/reports`, { headers: { authorization, dpop } });
    try {
      const proof = await proofFor(`${api.url}/reports`);
      assert.equal((await send(proof)).status, 200);
      assert.equal((await send(proof)).status, 401, 'replayed');
      api.settings.nonce = 'demanded';
      const demanded = await send(await proofFor(`${api.url}/reports`));
      assert.equal(demanded.status, 401);
      const nonce = demanded.headers.get('dpop-nonce') ?? undefined;
      assert.equal((await send(await proofFor(`${api.url}/reports`, nonce))).status, 200);
      const { metadata } = await trial.context.httpContext.metadata.get(provider.issuer, provider);
      for (const url of [metadata.token_endpoint, metadata.userinfo_endpoint, metadata.jwks_uri]) {
        const refused = await prove(parts, { grant, provider, token: grant.tokens }, { method: 'POST', url });
        assert.partialDeepStrictEqual(refused, { code: 'proof-url' });
      }
    } finally {
      await api.close();
    }
  });

  it('refuses a stolen refresh token without its key, and its owner has no harm', async () => {
    const trial = await keycloakTrial();
    const provider = trial.at('vscode-dpop', { dpop: 'required' });
    const grant = await trial.signIn(provider);
    const { proofKey } = await trial.signIn(provider);
    await assert.rejects(refreshed(trial, provider, { ...grant, proofKey }), failsWith('grant-refused'));
    const unproved = { ...grant, proofKey: undefined };
    await assert.rejects(refreshed(trial, provider, unproved), failsWith('proof-demanded'));
    await refreshed(trial, provider, grant);
  });

  it('works with a device code', async () => {
    const device = recordingScreen(
      ({ verificationUri, userCode }) =>
        void enterCodeAtKeycloak(verificationUri, { username: 'bob', userCode }),
    );
    const trial = await keycloakTrial({ method: 'device-code', device });
    const provider = trial.at('vscode-dpop', { dpop: 'required' });
    const grant = await trial.signIn(provider);
    assert.equal(jktOf(grant.tokens.accessToken), await thumbprintOf(grant));
    await refreshed(trial, provider, grant);
  });

  it('offers the setting where it is missing', async () => {
    const trial = await keycloakTrial();
    await assert.rejects(trial.signIn(trial.at('vscode-dpop')), (error: unknown) => {
      failsWith('proof-demanded', /"dpop" to "required"/)(error);
      assert.equal((error as { button?: unknown }).button, 'dpop');
      return true;
    });
  });

  it('binds any client that proves a key', async () => {
    const trial = await keycloakTrial();
    const bound = await trial.signIn(trial.at('vscode', { dpop: 'required' }));
    assert.equal(jktOf(bound.tokens.accessToken), await thumbprintOf(bound));
    const onlyRefresh = trial.at('vscode', { dpop: 'refresh-token' });
    await assert.rejects(trial.signIn(onlyRefresh), failsWith('token-bound'));
  });

  it('binds only the refresh token where it is set up so', async () => {
    const { admin } = await keycloak();
    await admin.bindRefreshTokens(true);
    try {
      const trial = await keycloakTrial();
      const provider = trial.at('vscode', { dpop: 'refresh-token', claimSources: ['userinfo'] });
      const grant = await trial.signIn(provider);
      assert.equal(claimsOf(grant.tokens.accessToken)['cnf'], undefined);
      assert.deepEqual([...(grant.claims['groups'] as string[])].sort(), ['admins', 'developers']);
      const { proofKey } = await trial.signIn(provider);
      await assert.rejects(refreshed(trial, provider, { ...grant, proofKey }), failsWith('grant-refused'));
      const { tokens, grant: next } = await refreshed(trial, provider, grant);
      const profile = await refreshProfile(trial.context, provider, next, tokens);
      assert.deepEqual(profile?.refusal, undefined);
      assert.equal(
        await revokeGrant(trial.context, provider, next),
        'revoked',
        'with the proof that it wants',
      );
      await assert.rejects(
        trial.signIn(trial.at('vscode', { dpop: 'required' })),
        failsWith('token-unbound'),
      );
    } finally {
      await admin.bindRefreshTokens(false);
    }
  });
});
