import assert from 'node:assert/strict';
import { settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { answerWith, hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someTokens } from '../someGrant.ts';
import { windowsInMemory } from '../sharing/windowsInMemory.ts';

const id = 'grant-0001';

type Storage = ReturnType<typeof memorySecretStorage>;

/**
 * The storage as a later version writes to it: with a member that this one doesn't know.
 *
 * @param written the keys under which there is one.
 */
function laterStorage(values: Map<string, string>, written: Set<string>): Storage {
  const storage = memorySecretStorage(values);
  const store = storage.store.bind(storage);
  storage.store = async (key, text) => {
    await store(key, JSON.stringify({ ...(JSON.parse(text) as object), ofLaterVersion: key }));
    written.add(key);
  };
  return storage;
}

/**
 * A refresh in a window of this version. At one of its steps a window of a later version starts on the same storage,
 * and at a later one the first window is reloaded: it leaves, and starts again.
 */
async function live(startsAt: number, reloadsAt: number) {
  const values = new Map<string, string>();
  const written = new Set<string>();
  let current = 'refresh-1';
  let steps = 0;
  const hooks = new Map<number, () => void>();
  const step = async (): Promise<void> => {
    hooks.get(++steps)?.();
    await new Promise(resolve => setImmediate(resolve));
  };
  const refused: string[] = [];
  const { clock, sent, open } = windowsInMemory(async ({ tokens }) => {
    const token = tokens.refreshToken?.reveal() ?? '';
    await step();
    if (token !== current) refused.push(token);
    const next = hourOfTokens(clock, tokens.serial + 1);
    current = next.refreshToken?.reveal() ?? '';
    // The server has rotated, and the response is on its way.
    await step();
    return answerWith(next);
  });
  const watched = memorySecretStorage(values);
  const { get, store } = watched;
  watched.get = key => step().then(() => get(key));
  watched.store = (key, text) => step().then(() => store(key, text));

  const older = await open({ alive: true }, watched);
  const seconds = Math.floor(clock.now() / 1000);
  await older.cache.put(
    someGrant({ tokens: someTokens(1, { receivedAt: seconds - 3600, expiresAt: seconds }) }),
  );
  await older.cache.written();
  await settled();
  steps = 0;
  let later: ReturnType<typeof open> | undefined;
  let again: ReturnType<typeof open> | undefined;
  hooks.set(startsAt, () => {
    later = open({ alive: true }, laterStorage(values, written));
  });
  hooks.set(reloadsAt, () => {
    again = older.sharing.dispose().then(() => open({ alive: true }, laterStorage(values, written)));
  });
  const asked = older.sharing.renew(id, 1, true);
  for (let turns = 0; turns < 10; turns++) await settled();
  const made = steps;
  hooks.clear();
  later ??= open({ alive: true }, laterStorage(values, written));
  again ??= older.sharing.dispose().then(() => open({ alive: true }, laterStorage(values, written)));
  await clock.advance(15_000);
  const windows = await Promise.all([later, again]);
  await clock.advance(15_000);
  const renewals = Promise.all(windows.map(({ sharing }) => sharing.renew(id, 1, true)));
  await clock.advance(30_000);
  await asked;
  const serials = (await renewals).map(grant => grant?.tokens.serial);
  const needed = windows.some(({ cache }) => cache.peek(id)?.signInNeeded);
  await Promise.all(windows.map(({ sharing }) => sharing.dispose()));
  const next = keptGrants(
    { clock, answer: () => assert.fail('nothing is due') },
    memorySecretStorage(values),
  );
  const stored = await next.cache.ofProvider('oidc');
  return {
    made,
    refused,
    needed,
    serials,
    isSentOnce: new Set(sent).size === sent.length,
    isCurrent: stored[0]?.tokens.refreshToken?.reveal() === current,
    hasRenewed: current !== 'refresh-1',
    keepsMembers: !written.has('grants') || /"ofLaterVersion"/.test(values.get('grants') ?? ''),
  };
}

describe('the update of the extension in the middle of a refresh', () => {
  it('costs nothing, at whichever step the new version starts and the old one is reloaded', async () => {
    const { made } = await live(Infinity, Infinity);
    assert.ok(made >= 7, `${made} steps`);
    for (let startsAt = 1; startsAt <= made; startsAt++)
      for (let reloadsAt = startsAt; reloadsAt <= made + 1; reloadsAt++) {
        const { serials, ...found } = await live(startsAt, reloadsAt);
        const when = `starts at ${startsAt}, reloads at ${reloadsAt}: ${JSON.stringify({ serials, ...found })}`;
        assert.deepEqual(found.refused, [], when);
        assert.ok(found.isSentOnce && found.isCurrent && found.hasRenewed && !found.needed, when);
        assert.ok(
          serials.every(serial => serial === serials[0] && (serial ?? 0) > 1),
          when,
        );
        assert.ok(found.keepsMembers, when);
      }
  });
});
