import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type * as vscode from 'vscode';
import { createExports, describeHeld } from '../../../src/authentication/exports.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { createGrantCache, type GrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { dueAfter, someGrant, someProvider, someTokens, start } from '../sessions/someGrant.ts';

describe('what other extensions learn about a session', () => {
  let cache: GrantCache;
  const session: vscode.AuthenticationSession = {
    id: 'grant-0001:openid profile',
    accessToken: 'access-1',
    account: { id: 'sub-alice', label: 'alice' },
    scopes: ['openid', 'profile'],
  };

  beforeEach(async () => {
    const log = recordingLog();
    const store = createGrantStore({ storage: memorySecretStorage(), log, onSetAside: () => undefined });
    cache = createGrantCache(store, clock, log);
    await cache.put(someGrant());
  });
  const clock = manualClock(start * 1000);
  const providers = createConfiguredProviders();
  providers.update([someProvider]);
  const parts = () => assert.fail('nothing is proved');
  const api = () => createExports({ cache, clock, providers, parts });

  it('is who, what, until when and the claims, and no token', async () => {
    const profile = await api().describe(session);
    assert.deepEqual(profile, {
      account: { id: 'sub-alice', label: 'alice' },
      provider: { id: 'oidc', label: 'Company', issuer: 'https://login.example.com' },
      tokenType: 'Bearer',
      grantedScopes: ['openid', 'profile', 'email', 'offline_access'],
      missingScopes: [],
      receivedAt: start,
      expiresAt: start + 3600,
      refreshAt: start + dueAfter(),
      signInNeeded: undefined,
      claims: { email: 'alice@example.com', groups: ['developers'] },
    });
    assert.doesNotMatch(JSON.stringify(profile), /access-1|refresh-1/);
    assert.equal(api().version, 1);
  });

  it('is also what the provider does not grant any more, as far as they have asked for it', async () => {
    await cache.update('grant-0001', grant => ({ ...grant, grantedScopes: ['openid'] }));
    const { grantedScopes, missingScopes } = await api().describe(session);
    assert.deepEqual([grantedScopes, missingScopes], [['openid'], ['profile']]);
  });

  it('is nothing without a session of theirs', async () => {
    const others: [what: string, session: unknown][] = [
      ['a wrong token', { ...session, accessToken: 'access-2' }],
      ['the beginning of the token', { ...session, accessToken: 'access-' }],
      ['the token and more', { ...session, accessToken: 'access-11' }],
      ['an empty token', { ...session, accessToken: '' }],
      ['another grant', { ...session, id: 'grant-0002:openid' }],
      ['no object', 'grant-0001'],
      ['nothing', undefined],
      ['an id that is no text', { ...session, id: { toString: () => session.id } }],
    ];
    for (const [what, other] of others) {
      await assert.rejects(api().describe(other as vscode.AuthenticationSession), /ask the editor/, what);
    }
    const unconfigured = createExports({
      ...{ cache, clock, parts },
      providers: createConfiguredProviders(),
    });
    await assert.rejects(unconfigured.describe(session), /ask the editor/);
  });

  it('is the same for whoever proves by a digest that they have the token, and nothing for others', async () => {
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    const ask = (id: unknown, proof: unknown) => describeHeld({ cache, clock, providers }, id, proof);
    assert.deepEqual(await ask(session.id, digest(session.accessToken)), {
      info: await api().describe(session),
    });
    const others: [what: string, id: unknown, proof: unknown, code: string][] = [
      ['the digest of another token', session.id, digest('access-2'), 'session-renewed'],
      ['the token itself', session.id, session.accessToken, 'session-renewed'],
      ['nothing', session.id, undefined, 'session-renewed'],
      ['the ID of another grant', 'grant-0002:openid', digest(session.accessToken), 'session-ended'],
      ['an ID that is no text', { toString: () => session.id }, digest(session.accessToken), 'session-ended'],
    ];
    for (const [what, id, proof, code] of others) {
      const { info, ...told } = { info: undefined, ...(await ask(id, proof)) };
      assert.equal(info, undefined, what);
      assert.partialDeepStrictEqual(told, { code }, what);
    }
  });

  it('ends with the session', async () => {
    await cache.update('grant-0001', grant => ({ ...grant, tokens: someTokens(2) }));
    await assert.rejects(api().describe(session), /ask the editor/);
    assert.ok(await api().describe({ ...session, accessToken: 'access-2' }));
    await cache.remove('grant-0001', start);
    await assert.rejects(api().describe({ ...session, accessToken: 'access-2' }), /ask the editor/);
  });

  it('cannot be changed for others', async () => {
    const { claims } = await api().describe(session);
    (claims['groups'] as string[]).push('leads');
    assert.deepEqual((await api().describe(session)).claims['groups'], ['developers']);
    assert.throws(() => Object.assign(api(), { describe: () => undefined }));
  });
});
