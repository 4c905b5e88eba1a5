import assert from 'node:assert/strict';
import type { GrantCache } from '../../../../src/sessions/store/grantCache.ts';
import { settled } from '../../../standIns/manualClock.ts';
import type { Life } from '../../../standIns/memoryTransport.ts';
import { someGrant, someProvider, someTokens } from '../someGrant.ts';
import { windowsInMemory } from './windowsInMemory.ts';

const tokensIn = (cache: GrantCache) =>
  cache.known().map(({ id, tokens }) => [id, tokens.refreshToken?.reveal()]);

describe('the next leader', () => {
  it('does not add a sign-in once more that the one before has taken over, in another place', async () => {
    const { clock, deaf, network, open } = windowsInMemory();
    const leader = await open({ alive: true });
    await leader.cache.put(someGrant());
    const next: Life = { alive: true };
    deaf.add(next);
    const nextLeader = await open(next);
    const member = await open({ alive: true });
    const all = [leader, nextLeader, member];
    assert.deepEqual(
      all.map(({ cache }) => cache.known().length),
      [1, 0, 1],
    );

    // The answer waits for it.
    leader.storage.gone = true;
    const added = member.sharing.add(someProvider, someGrant({ id: 'grant-0002', tokens: someTokens(7) }));
    await settled();
    deaf.delete(next);
    network.supersede();
    await settled();
    assert.equal(network.leads(next), true);
    leader.storage.gone = false;
    await clock.advance(1000);
    assert.equal((await added).grant.id, 'grant-0001');
    await settled();
    for (const { cache } of all) assert.deepEqual(tokensIn(cache), [['grant-0001', 'refresh-7']]);
  });

  it('does not add a sign-in of its own that the one before has put in the place of another', async () => {
    const { clock, deaf, network, open } = windowsInMemory();
    const leader = await open({ alive: true });
    const next: Life = { alive: true };
    const nextLeader = await open(next);
    deaf.add(next);
    await leader.cache.put(someGrant());
    const added = nextLeader.sharing.add(
      someProvider,
      someGrant({ id: 'grant-0002', tokens: someTokens(7) }),
    );
    await settled();
    assert.deepEqual(tokensIn(leader.cache), [['grant-0001', 'refresh-7']]);
    assert.deepEqual(tokensIn(nextLeader.cache), []);

    network.supersede();
    deaf.delete(next);
    await settled();
    assert.equal(network.leads(next), true);
    await clock.advance(1000);
    assert.equal((await added).grant.id, 'grant-0001');
    for (const { cache } of [leader, nextLeader])
      assert.deepEqual(tokensIn(cache), [['grant-0001', 'refresh-7']]);
  });

  it('begins when a request of the one before has ended, or takes long', async () => {
    const { clock, network, open, sent } = windowsInMemory();
    const life: Life = { alive: true };
    const leader = await open(life);
    const { sharing } = await open({ alive: true });
    const seconds = Math.floor(clock.now() / 1000);
    await leader.cache.put(
      someGrant({ tokens: someTokens(1, { receivedAt: seconds, expiresAt: seconds + 1 }) }),
    );
    await clock.advance(2000);
    void sharing.renew('grant-0001', 1);
    await settled();
    assert.deepEqual(sent, ['refresh-1']);
    const left = leader.sharing.dispose();
    await clock.advance(3000);
    assert.equal(network.leads(life), true);
    for (let more = 5; more > 0; more--) await clock.advance(1000);
    assert.equal(network.leads(life), false);
    await left;
  });

  it('leaves no timer behind when it has led', async () => {
    const { clock, network, open } = windowsInMemory();
    const [leader, member] = [await open({ alive: true }), await open({ alive: true })];
    const receivedAt = Math.floor(clock.now() / 1000);
    await leader.cache.put(
      someGrant({ tokens: someTokens(1, { receivedAt, expiresAt: receivedAt + 3600 }) }),
    );
    await settled();
    network.supersede();
    await settled();
    await Promise.all([leader.sharing.dispose(), member.sharing.dispose()]);
    assert.equal(clock.pending, 0);
  });

  it('is not told what it has told itself', async () => {
    const { lines, open } = windowsInMemory();
    const leader = await open({ alive: true });
    const member = await open({ alive: true });
    lines.length = 0;
    await leader.cache.put(someGrant());
    await settled();
    await leader.cache.remove('grant-0001', 1);
    await settled();
    assert.deepEqual(member.cache.known(), []);
    const calls = lines.flatMap(line => (/"a":\["(\w+)"/.exec(line) ?? []).slice(1));
    assert.deepEqual(calls, ['grantChanged', 'grantRemoved']);
  });

  it('listens to the others after the computer has slept, before it sends what may be spent', async () => {
    const { clock, open, sent } = windowsInMemory();
    const seconds = Math.floor(clock.now() / 1000);
    const inDoubt = someGrant({
      refreshSentAt: seconds - 60,
      tokens: someTokens(1, { receivedAt: seconds - 7200, expiresAt: seconds - 3600 }),
    });
    const { cache, sharing } = await open({ alive: true });
    void cache.put(inDoubt);
    void sharing.renew(inDoubt.id, 1);
    await settled();
    await clock.sleep(60_000);
    await settled();
    assert.deepEqual(sent, []);
    for (let left = 5; left > 0; left--) await clock.advance(1000);
    assert.deepEqual(sent, ['refresh-1']);
  });
});
