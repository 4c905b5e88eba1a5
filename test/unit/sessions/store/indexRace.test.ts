import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SecretStorage } from '../../../../src/platform/storage.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, start } from '../someGrant.ts';
import { windowsInMemory } from '../sharing/windowsInMemory.ts';

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** One storage of several windows, whose calls are carried out in the order that the test draws. */
function racedStorage(order: readonly number[], canList: boolean) {
  const { values, ...storage } = memorySecretStorage();
  const waiting: (() => void)[] = [];
  let drawn = 0;
  const raced = async <T>(run: () => PromiseLike<T>): Promise<T> => {
    await new Promise<void>(resolve => waiting.push(resolve));
    const result = await run();
    // The way back takes as long.
    await new Promise<void>(resolve => waiting.push(resolve));
    return result;
  };
  const open = (): SecretStorage => ({
    get: key => raced(() => storage.get(key)),
    store: (key, text) => raced(() => storage.store(key, text)),
    delete: key => raced(() => storage.delete(key)),
    ...(canList && { keys: () => raced(() => Promise.resolve([...values.keys()])) }),
  });
  /** Carries one of the calls on. */
  const step = (): boolean => {
    if (waiting.length === 0) return false;
    const [next] = waiting.splice((order[drawn++ % order.length] ?? 0) % waiting.length, 1);
    next?.();
    return true;
  };
  return {
    values,
    open,
    step,
    /** Until no call waits any more. */
    async rest(): Promise<void> {
      for (let idle = 0; idle < 40; idle++) {
        await turn();
        if (step()) idle = 0;
      }
    },
  };
}

const order = fc.array(fc.nat(7), { minLength: 20, maxLength: 60 });
/** What each of two windows does at the same time, to grants of its own and to one that both have. */
const acts = fc.array(
  fc.record({
    window: fc.nat(1),
    act: fc.constantFrom('sign in', 'sign out', 'change both', 'sign out of both'),
  }),
  { minLength: 2, maxLength: 8 },
);

/** The grants that a window finds which starts when the others are gone. */
async function foundLater(values: Map<string, string>, canList: boolean): Promise<string[]> {
  const storage = memorySecretStorage(values);
  if (canList) storage.keys = () => Promise.resolve([...values.keys()]);
  const { cache } = keptGrants(
    { clock: manualClock(start * 1000), answer: () => assert.fail('nothing is due') },
    storage,
  );
  return (await cache.ofProvider('oidc'))
    .map(({ id, sessions }) => `${id} ${JSON.stringify(sessions)}`)
    .sort();
}

describe('two windows that write to one storage at once', () => {
  for (const canList of [false, true])
    it(`keep every sign-in, and end every other one, in any order of their calls, ${canList ? 'with' : 'without'} a list of the keys`, async () => {
      await fc.assert(
        fc.asyncProperty(order, acts, async (drawn, steps) => {
          const storage = racedStorage(drawn, canList);
          const { open, clock } = windowsInMemory();
          const opened = [
            open({ alive: true }, storage.open() as never),
            open({ alive: true }, storage.open() as never),
          ];
          const windows = await Promise.all(opened);
          const both = someGrant({ id: 'grant-0001', account: { ...someGrant().account, id: 'both' } });
          void windows[0]?.cache.put(both);
          await storage.rest();
          const expected = new Map([[both.id, both.sessions]]);
          let made = 1;
          for (const { window, act } of steps) {
            const cache = windows[window]?.cache;
            if (act === 'sign in') {
              const id = `grant-${1000 + made++}`;
              expected.set(id, both.sessions);
              void cache?.put(someGrant({ id, account: { ...both.account, id } }));
            } else if (act === 'change both') {
              const sessions = [['openid', `scope-${made++}`]];
              void cache
                ?.update(both.id, grant => ({ ...grant, sessions }))
                .then(
                  updated =>
                    updated && expected.has(both.id) && expected.set(both.id, updated.grant.sessions),
                );
            } else {
              const id = act === 'sign out' ? [...expected.keys()].find(id => id !== both.id) : both.id;
              if (id === undefined || !cache?.peek(id)) continue;
              expected.delete(id);
              void cache.remove(id, Math.floor(clock.now() / 1000));
            }
          }
          await storage.rest();
          const found = await foundLater(storage.values, canList);
          assert.deepEqual(
            found.map(line => line.split(' ')[0]),
            [...expected.keys()].sort(),
          );
          const stored = [...storage.values.keys()].filter(key => key.startsWith('grant:'));
          assert.deepEqual(stored.sort(), [...expected.keys()].map(id => `grant:${id}`).sort());
          for (const { cache } of windows)
            assert.deepEqual(
              cache
                .known()
                .map(({ id }) => id)
                .sort(),
              [...expected.keys()].sort(),
            );
        }),
        { numRuns: 150 },
      );
    });

  it('and do not find each other lose no sign-in where the keys can be listed, as in every editor that we support', async () => {
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 2, max: 5 }), async (drawn, signIns) => {
        const storage = racedStorage(drawn, true);
        const ids = Array.from({ length: signIns }, (_, at) => `grant-${1000 + at}`);
        const windows = [0, 1].map(() =>
          keptGrants(
            { clock: manualClock(start * 1000), answer: () => assert.fail() },
            storage.open() as never,
          ),
        );
        for (const [at, id] of ids.entries())
          void windows[at % 2]?.cache.put(someGrant({ id, account: { ...someGrant().account, id } }));
        await storage.rest();
        const found = await foundLater(storage.values, true);
        assert.deepEqual(
          found.map(line => line.split(' ')[0]),
          ids,
        );
      }),
      { numRuns: 150 },
    );
  });
});

describe('one window that writes much at once', () => {
  it('keeps every sign-in, and ends every other one, without a list of the keys', async () => {
    await fc.assert(
      fc.asyncProperty(
        order,
        fc.array(fc.boolean(), { minLength: 2, maxLength: 30 }),
        async (drawn, steps) => {
          const storage = racedStorage(drawn, false);
          const { cache } = keptGrants(
            { clock: manualClock(start * 1000), answer: () => assert.fail() },
            storage.open() as never,
          );
          const ids: string[] = [];
          for (const [at, signsIn] of steps.entries()) {
            const id = `grant-${1000 + at}`;
            const last = ids.at(-1);
            if (!signsIn && last !== undefined) {
              void cache.remove(last, start);
              ids.pop();
            } else {
              void cache.put(someGrant({ id, account: { ...someGrant().account, id } }));
              ids.push(id);
            }
            // Some of it is on its way.
            for (let steps = 2 * (drawn[at] ?? 0); steps > 0; steps--) {
              await turn();
              storage.step();
            }
          }
          await storage.rest();
          const found = await foundLater(storage.values, false);
          assert.deepEqual(
            found.map(line => line.split(' ')[0]),
            ids,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
