import assert from 'node:assert/strict';
import { compareWithLeader } from '../../../../src/sessions/sharing/comparison.ts';
import { serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { createGrantStore } from '../../../../src/sessions/store/grantStore.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { someGrant, someProvider } from '../someGrant.ts';
import { fresh, now, sharedWindows, storedIn, until, type SharedWindow } from './sharedWindows.ts';

describe('windows, of which one closes before it has told everything,', function () {
  this.timeout(120_000);
  let windows: ReturnType<typeof sharedWindows>;
  beforeEach(() => {
    windows = sharedWindows();
  });
  afterEach(() => windows.end());

  it('take over what a leader stored that had no time to tell', async () => {
    const values = new Map<string, string>();
    const [leader, member] = [
      await windows.open(memorySecretStorage(values)),
      await windows.open(memorySecretStorage(values)),
    ];
    for (const id of ['grant-0001', 'grant-0002']) await leader.cache.put(someGrant({ id, tokens: fresh() }));
    await until(() => member.cache.known().length === 2);
    await storeLikeAnother(values);
    await leader.close();
    const serialOf = (id: string): number | undefined => member.cache.peek(id)?.tokens.serial;
    await until(() => serialOf('grant-0001') === 5 && serialOf('grant-0003') === 7);
    assert.equal(serialOf('grant-0002'), undefined);
    assert.equal((await member.cache.ofProvider('oidc')).length, 2);
  });

  it('tell the next leader what the one before stored in their storage', async () => {
    const { cache, storage } = await windows.open();
    for (const id of ['grant-0001', 'grant-0002']) await cache.put(someGrant({ id, tokens: fresh() }));
    await storeLikeAnother(storage.values);
    const told: string[] = [];
    const removed: string[] = [];
    await compareWithLeader(cache, {
      list: () => Promise.resolve([]),
      give: () => Promise.resolve([]),
      put: text => Promise.resolve(void told.push(text)),
      remove: removals => Promise.resolve(void removed.push(...removals.map(({ id }) => id))),
    });
    assert.ok(told.some(text => text.includes('grant-0003')));
    assert.deepEqual(removed, ['grant-0002']);
    await until(() => cache.peek('grant-0001')?.tokens.serial === 5);
  });

  it('tell the others what was stored and had not reached the index yet', async () => {
    const { cache, close, storage } = await windows.open();
    await cache.put(someGrant({ tokens: fresh() }));
    await close();
    const before = new Map(storage.values);
    before.set('grant:grant-0009', serialiseGrant(someGrant({ id: 'grant-0009', tokens: fresh() })));
    before.set('grants', JSON.stringify({ version: 1, grants: ['grant-0001', 'grant-0009'].map(indexed) }));
    const index = storage.values.get('grants') ?? assert.fail();
    await storeLikeAnother(storage.values);
    // As if it had crashed in between.
    const values = new Map([...storage.values, ['grants', index]]);
    const [leader, member] = [
      await windows.open(memorySecretStorage(before)),
      await windows.open(memorySecretStorage(values)),
    ];
    assert.equal((await leader.cache.get('grant-0001'))?.tokens.serial, 1);
    // They have compared by what the index says.
    await until(() => member.cache.peek('grant-0009') !== undefined);
    assert.equal((await member.cache.get('grant-0001'))?.tokens.serial, 5);
    await until(() => leader.cache.peek('grant-0001')?.tokens.serial === 5);
  });

  it('exchange what is in their memory while the storage of the leader fails', async () => {
    const { cache } = await windows.open();
    const ids = ['grant-0001', 'grant-0002', 'grant-0003'];
    for (const id of ids) await cache.put(someGrant({ id, tokens: fresh() }));
    const told: string[] = [];
    const later = serialiseGrant(someGrant({ id: 'grant-0002', revision: 9, tokens: fresh(4) }));
    const compared = compareWithLeader(cache, {
      list: () => Promise.reject(new Error('The storage failed')),
      give: asked => Promise.resolve(asked.includes('grant-0002') ? [later] : []),
      async put(text) {
        // One that the leader does not take keeps none of the others back.
        if (text.includes('grant-0001')) throw new Error('It is not taken');
        told.push(...ids.filter(id => text.includes(id)));
        await Promise.resolve();
      },
      remove: () => assert.fail('nothing was removed'),
    });
    await assert.rejects(compared, /The storage failed/, 'it is made again later');
    assert.deepEqual(told, ['grant-0002', 'grant-0003']);
    assert.deepEqual(
      ids.map(id => cache.peek(id)?.tokens.serial),
      [1, 4, 1],
    );
  });

  const grant = someGrant({ tokens: fresh() });
  for (const [what, takeOver] of [
    ['a sign-in', ({ accounts }: SharedWindow) => [accounts.add(someProvider, grant)]],
    ['a change', async ({ cache }: SharedWindow) => void (await cache.put(grant))],
  ] as const)
    it(`have ${what} of a window that is closed before it has found the others`, async () => {
      const leader = await windows.open();
      const way = Promise.withResolvers<void>();
      const closing = await windows.open(memorySecretStorage(), way.promise);
      // A sign-in is still on its way then.
      const taken = await takeOver(closing);
      const closed = closing.close();
      way.resolve();
      await Promise.all([closed, ...(taken ?? [])]);
      assert.equal(leader.cache.known().length, 1);
      await until(() => storedIn(leader) !== '');
    });
});

const indexed = (id: string) => ({ id, providerId: 'oidc', revision: 1 });

/** As if a window had changed one grant, signed out of another and in to a third, and had told nobody. */
async function storeLikeAnother(values: Map<string, string>): Promise<void> {
  const store = createGrantStore({
    storage: memorySecretStorage(values),
    log: recordingLog(),
    onSetAside: () => assert.fail('nothing is damaged'),
  });
  await store.save(someGrant({ revision: 1001, tokens: fresh(5) }));
  await store.remove(someGrant({ id: 'grant-0002' }), now());
  await store.save(someGrant({ id: 'grant-0003', tokens: fresh(7) }));
}
