import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Provider } from '../../../../src/providers/entries/definition.ts';
import type { Grant, ServiceBinding } from '../../../../src/sessions/grant/grant.ts';
import { parseGrant, serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { belongsTo } from '../../../../src/providers/entries/origin.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { nextTokens, sharedWindows } from '../sharing/sharedWindows.ts';
import { dueAfter, someGrant, someProvider, someTokens, start } from '../someGrant.ts';

const robot: ServiceBinding = { way: 'client-credentials' };
const alice: ServiceBinding = { way: 'impersonation', field: 'userId', value: 'alice' };
const exchanged: ServiceBinding = {
  way: 'token-exchange',
  from: 'company',
  subjectToken: 'access_token',
  account: 'sub-alice',
};

const asserted: ServiceBinding = {
  way: 'identity-assertion',
  from: 'company',
  subjectToken: 'refresh_token',
  audience: 'https://other.example/',
  account: 'sub-alice',
};

const machineGrant = (service: ServiceBinding = robot, changes: Partial<Grant> = {}): Grant => {
  const grant = someGrant({ tokens: someTokens(1, { refreshToken: undefined }), ...changes });
  return { ...grant, binding: { ...grant.binding, service } };
};

/** A refresher whose server answers as the test says. */
function keeping() {
  const clock = manualClock(start * 1000);
  const asked: number[] = [];
  const server = { fails: undefined as Failure | undefined };
  const kept = keptGrants({
    clock,
    answer(grant) {
      asked.push(Math.floor(clock.now() / 1000) - start);
      return server.fails
        ? Promise.reject(server.fails)
        : Promise.resolve(hourOfTokens(clock, grant.tokens.serial + 1, { refreshToken: undefined }));
    },
  });
  return { clock, asked, server, ...kept };
}

describe('a sign-in by the client itself', () => {
  it('is asked for again when its token is about to end, once each time', async () => {
    const { clock, asked, cache } = keeping();
    await cache.put(machineGrant());
    await clock.advance(3 * 3_600_000);
    const [first, second, third] = [dueAfter(1), dueAfter(2), dueAfter(3)];
    assert.deepEqual(asked, [first, first + second, first + second + third]);
    assert.equal((await cache.get('grant-0001'))?.tokens.accessToken.reveal(), 'access-4');
    assert.equal((await cache.get('grant-0001'))?.tokens.refreshToken, undefined);
  });

  it('spends nothing: a request whose answer was lost is made again while the token still works', async () => {
    const { clock, asked, cache, memories, server, storage, refresher } = keeping();
    await cache.put(machineGrant());
    server.fails = new Failure('timed-out', { host: 'login.example.com', seconds: 15 });
    await refresher.renew('grant-0001', 1);
    assert.equal(memories.of('grant-0001').trouble?.failures, 1);
    assert.doesNotMatch(storage.values.get('grant:grant-0001') ?? '', /refreshSentAt/);
    server.fails = undefined;
    await clock.advance(10_000);
    await refresher.renew('grant-0001', 1);
    assert.equal(asked.length, 2);
    assert.equal((await cache.get('grant-0001'))?.tokens.serial, 2);
  });

  const host = 'login.example.com';
  for (const refused of [
    new Failure('client-refused', { host, error: 'invalid_client', said: '' }, { oauthError: 'refused' }),
    new Failure(
      'scopes-refused',
      { host, clientId: 'robot', scopes: 'api', said: '' },
      { oauthError: 'refused' },
    ),
    new Failure(
      'grant-type-refused',
      { host, clientId: 'robot', grantType: 'client_credentials', said: '' },
      { oauthError: 'refused' },
    ),
    new Failure(
      'user-refused',
      { host, clientId: 'robot', field: 'userId', value: 'alice', said: '' },
      { oauthError: 'refused' },
    ),
    new Failure(
      'token-exchange-refused',
      { host, error: 'invalid_target', said: '' },
      { oauthError: 'refused' },
    ),
  ]) {
    it(`needs its person when the server says ${refused.code}, and is not asked for again`, async () => {
      const { clock, asked, needed, cache, server } = keeping();
      await cache.put(machineGrant());
      server.fails = refused;
      await clock.advance(24 * 3_600_000);
      assert.deepEqual([asked.length, needed], [1, [refused.message]]);
      assert.equal((await cache.get('grant-0001'))?.tokens.accessToken.reveal(), 'access-1');
    });
  }

  it('needs its person while nobody is signed in whose token it exchanges, and goes on when somebody is', async () => {
    const { clock, needed, cache, server } = keeping();
    await cache.put(machineGrant(exchanged));
    server.fails = new Failure('subject-missing', { source: 'Company', provider: 'Robots' });
    await clock.advance(2 * 3_600_000);
    assert.deepEqual(needed, [server.fails.message], 'told once');
    server.fails = undefined;
    await clock.advance(300_000);
    const grant = await cache.get('grant-0001');
    assert.deepEqual([grant?.tokens.serial, grant?.signInNeeded], [2, undefined]);
  });

  it('waits while the token that it exchanges cannot be renewed', async () => {
    const { clock, asked, needed, cache, server } = keeping();
    await cache.put(machineGrant(exchanged));
    server.fails = new Failure('subject-token-ended', { source: 'Company', provider: 'Robots' });
    await clock.advance(3_600_000);
    assert.ok(asked.length > 1);
    assert.deepEqual(needed, []);
    server.fails = undefined;
    await clock.advance(3_600_000);
    assert.ok(((await cache.get('grant-0001'))?.tokens.serial ?? 0) > 1);
  });

  it('is asked for once by all windows together', async () => {
    const shared = sharedWindows();
    try {
      const windows = await Promise.all([shared.open(), shared.open(), shared.open()]);
      const now = Math.floor(Date.now() / 1000);
      const tokens = someTokens(1, { refreshToken: undefined, receivedAt: now - 3600, expiresAt: now - 1 });
      const [first] = windows;
      await first?.sharing.add({ ...someProvider, service: robot }, machineGrant(robot, { tokens }));
      shared.server.answer = grant => Promise.resolve({ ...nextTokens(grant), refreshToken: undefined });
      const robots: Provider = { ...someProvider, service: robot };
      const given = await Promise.all(
        windows.map(async window => {
          while ((await window.accounts.sessions(robots, undefined)).length === 0) {
            await new Promise(resolve => setTimeout(resolve, 2));
          }
          const [session] = await window.accounts.sessions(robots, ['openid', 'profile']);
          return session?.accessToken.reveal();
        }),
      );
      assert.deepEqual(given, ['access-2', 'access-2', 'access-2']);
      assert.equal(shared.server.sent.length, 1);
    } finally {
      await shared.end();
    }
  });

  for (const service of [robot, alice, exchanged, asserted]) {
    it(`by ${service.way} comes back from storage as it was`, () => {
      const parsed = parseGrant(serialiseGrant(machineGrant(service)));
      assert.ok(parsed.kind === 'grant');
      assert.deepEqual(parsed.grant.binding.service, service);
    });
  }

  it('is never taken for a person, nor for somebody else', () => {
    const { account: _, ...exchange } = exchanged;
    const { account: __, ...assertion } = asserted;
    const settings = [
      undefined,
      robot,
      alice,
      { ...alice, value: 'bob' },
      { ...alice, field: 'subject' },
      exchange,
      { ...exchange, from: 'another' },
      assertion,
      { ...assertion, from: 'another' },
    ] as const;
    const grants = [
      someGrant(),
      machineGrant(robot),
      machineGrant(alice),
      machineGrant(exchanged),
      machineGrant(asserted),
    ];
    const belongs = grants.map(grant =>
      settings.map(service => Number(belongsTo(grant, { ...someProvider, service }))),
    );
    assert.deepEqual(belongs, [
      [1, 0, 0, 0, 0, 0, 0, 0, 0],
      [0, 1, 0, 0, 0, 0, 0, 0, 0],
      [0, 0, 1, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 1, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 1, 0],
    ]);
  });
});
