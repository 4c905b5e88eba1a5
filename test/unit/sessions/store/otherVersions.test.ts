import assert from 'node:assert/strict';
import fc from 'fast-check';
import { signOutsKey } from '../../../../src/sessions/store/grantStore.ts';
import { createKeptSignOuts } from '../../../../src/sessions/store/keptSignOuts.ts';
import { createRegistrationStore } from '../../../../src/signIn/client/registrationStore.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { hourOfTokens } from '../../../standIns/quietWindow.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someProvider, start } from '../someGrant.ts';

type Written = Record<string, unknown>;
type Storage = ReturnType<typeof memorySecretStorage>;

/** So that no two windows make the same. */
let made = 0;

/** A window of this version: each of its acts writes the entry of a key. */
function window(storage: Storage) {
  const clock = manualClock(start * 1000);
  const { cache } = keptGrants(
    { clock, answer: ({ tokens }) => Promise.resolve(hourOfTokens(clock, tokens.serial + 1)) },
    storage,
  );
  const signOuts = createKeptSignOuts(storage, recordingLog());
  const registrations = createRegistrationStore(storage);
  const next = (): string => `grant-${1000 + made++}`;
  const rename = (id: string) =>
    cache.update(id, grant => ({ ...grant, sessions: [['openid', `s${made++}`]] }));
  return {
    /** By key: what this version does to it. */
    acts: {
      grants: async () => {
        await cache.put(someGrant({ id: next() }));
        await cache.written();
      },
      'grant:grant-0001': async () => {
        await cache.ofProvider('oidc');
        await rename('grant-0001');
        await cache.written();
      },
      [signOutsKey]: () => signOuts.keep(someGrant({ id: next() }), start),
      'registrations/oidc': () =>
        registrations.keep(someProvider, {
          issuer: someProvider.issuer,
          redirectUri: undefined,
          registeredAt: start,
          clientId: next(),
          expiresAt: undefined,
          authentication: { method: 'none' },
          management: undefined,
        }),
    } as Record<string, () => Promise<unknown>>,
    undo: {
      [signOutsKey]: async () => signOuts.forget((await signOuts.all()).map(({ id }) => id)),
      'registrations/oidc': async () => {
        for (const { clientId } of await registrations.all(someProvider))
          await registrations.forget(someProvider, clientId);
      },
    } as Record<string, () => Promise<unknown>>,
  };
}

const keys = ['grants', 'grant:grant-0001', signOutsKey, 'registrations/oidc'];
const lists: Record<string, string> = { [signOutsKey]: 'signOuts', 'registrations/oidc': 'registrations' };

async function filled(): Promise<Storage> {
  const storage = memorySecretStorage();
  const { cache } = keptGrants({ clock: manualClock(start * 1000), answer: () => assert.fail() }, storage);
  await cache.put(someGrant({ id: 'grant-0001' }));
  await cache.written();
  for (const key of [signOutsKey, 'registrations/oidc']) await window(storage).acts[key]?.();
  return storage;
}

describe('a window with an older version of the extension beside one with a newer', () => {
  const extra = fc.oneof(fc.string(), fc.integer(), fc.constant({ of: ['a later version'] }));

  it('keeps the members that it does not know, under every key, whoever wrote last', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...keys),
        fc.boolean(),
        extra,
        fc.integer({ min: 1, max: 3 }),
        async (key, isLoaded, value, times) => {
          const storage = await filled();
          const older = window(storage);
          if (isLoaded) await older.acts[key]?.();
          const written = JSON.parse(storage.values.get(key) ?? '') as Written;
          const list = (written['grants'] ?? written[lists[key] ?? '']) as Written[] | undefined;
          const [entry] = list ?? [];
          if (entry) entry['added'] = value;
          storage.values.set(key, JSON.stringify({ ...written, added: value }));
          // A window that has the grant in memory hears of a later one by its revision.
          const sees = key === 'grant:grant-0001' ? window(storage) : older;
          for (let time = 0; time < times; time++) await sees.acts[key]?.();
          const now = JSON.parse(storage.values.get(key) ?? '') as Written;
          assert.deepEqual(now['added'], value, key);
          const kept = (now['grants'] ?? now[lists[key] ?? '']) as Written[] | undefined;
          assert.deepEqual(
            kept?.filter(each => 'added' in each).map(each => each['added']),
            list && [value],
          );
          assert.notEqual(
            storage.values.get(key),
            JSON.stringify({ ...written, added: value }),
            'it was written',
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps what is known of a grant in the index when it is signed out', async () => {
    const storage = await filled();
    const written = JSON.parse(storage.values.get('grants') ?? '') as { grants: Written[] };
    const grants = written.grants.map(entry => ({ ...entry, added: 'later' }));
    storage.values.set('grants', JSON.stringify({ ...written, grants }));
    const { cache } = keptGrants({ clock: manualClock(start * 1000), answer: () => assert.fail() }, storage);
    await cache.remove('grant-0001', start + 1);
    await cache.written();
    const { grants: now } = JSON.parse(storage.values.get('grants') ?? '') as { grants: Written[] };
    assert.deepEqual(
      now.map(({ removed, added }) => [removed, added]),
      [[start + 1, 'later']],
    );
  });

  for (const [key, member] of Object.entries(lists)) {
    it(`keeps the entries of ${key} that it does not know, of any version, and leaves the list to them`, async () => {
      const unknown = fc.oneof(
        extra,
        fc.record({ id: fc.string(), kind: fc.constant('new') }, { noNullPrototype: true }),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(unknown, { minLength: 1 }),
          fc.integer({ min: 1, max: 9 }),
          async (entries, version) => {
            const storage = memorySecretStorage();
            storage.values.set(key, JSON.stringify({ version, [member]: entries }));
            const older = window(storage);
            for (const act of [older.acts[key], older.acts[key], older.undo[key]]) {
              await act?.();
              const now = JSON.parse(storage.values.get(key) ?? '{}') as Written;
              assert.equal(now['version'], version);
              const all = now[member] as unknown[];
              assert.deepEqual(all.slice(0, entries.length), entries);
              assert.ok(
                act === older.undo[key] ? all.length === entries.length : all.length > entries.length,
              );
            }
          },
        ),
        { numRuns: 50 },
      );
    });

    it(`sets aside what there is under ${key} if it is something else`, async () => {
      for (const text of [
        '',
        'no JSON',
        '[]',
        '{"version":2,"other":[1]}',
        `{"version":2,"${member}":{"a":1}}`,
      ]) {
        const storage = memorySecretStorage();
        storage.values.set(key, text);
        await window(storage).acts[key]?.();
        assert.equal(storage.values.get(`set-aside:${key}`), text);
        assert.match(storage.values.get(key) ?? '', new RegExp(`"${member}":\\[`));
      }
    });
  }
});
