import assert from 'node:assert/strict';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import { createGrantCache } from '../../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../../src/sessions/store/grantStore.ts';
import { shareGrants } from '../../../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../../../src/sessions/refresh/memories.ts';
import { alone } from '../../../../src/windows/alone.ts';
import { joinWindows } from '../../../../src/windows/group.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage, type StorageCall } from '../../../standIns/memorySecretStorage.ts';
import { answerWith, everyGrantOf, hourOfTokens, quietWindow } from '../../../standIns/quietWindow.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { someGrant, someProvider, start } from '../someGrant.ts';

/** A window whose storage answers when the test says so: all at once that it was asked until then. */
async function slowWindow(grants: number, takesTime = false) {
  const [clock, log] = [manualClock(start * 1000), recordingLog()];
  const storage = memorySecretStorage();
  const steps: StorageCall[][] = [];
  let waiting: (() => void)[] = [];
  let calls: StorageCall[] = [];
  let isSlow = false;
  const slowly = async (call: StorageCall): Promise<void> => {
    if (!isSlow) return;
    calls.push(call);
    await new Promise<void>(resolve => waiting.push(resolve));
  };
  const store = createGrantStore({
    storage: {
      get: key => slowly({ operation: 'get', key }).then(() => storage.get(key)),
      store: (key, value) => slowly({ operation: 'store', key }).then(() => storage.store(key, value)),
      delete: key => slowly({ operation: 'delete', key }).then(() => storage.delete(key)),
    },
    log,
    onSetAside: () => assert.fail('nothing is damaged'),
  });
  const cache = createGrantCache(store, clock, log);
  const sharing = shareGrants({
    ...quietWindow,
    memories: createMemories(),
    cache,
    clock,
    log,
    directory: '',
    loadTransport: () => Promise.resolve(options => joinWindows(alone, options)),
    providers: everyGrantOf(someProvider),
    server: {
      refresh(_provider, { tokens }, beforeSending) {
        beforeSending();
        const answer: Tokens = hourOfTokens(clock, tokens.serial + 1);
        return Promise.resolve({ ...answerWith(answer), takesTime });
      },
      profile: () => Promise.resolve(undefined),
    },
  });
  const ids = Array.from({ length: grants }, (_, at) => `grant-${1000 + at}`);
  await Promise.all(ids.map(id => cache.put(someGrant({ id }))));
  await settled();
  isSlow = true;
  return {
    ids,
    cache,
    sharing,
    storage,
    /** What was asked of the storage in each of its turns until then, and of what it is asked later until it rests. */
    async stepsUntil(done: Promise<unknown>) {
      let isDone = false;
      void done.then(() => (isDone = true));
      const take = async (): Promise<boolean> => {
        await settled();
        if (isDone || waiting.length === 0) return false;
        steps.push(calls);
        const answered = waiting;
        [waiting, calls] = [[], []];
        for (const answer of answered) answer();
        return true;
      };
      while (await take());
      const before = steps.splice(0);
      isDone = false;
      while (await take());
      return { before, after: steps.splice(0) };
    },
  };
}

const inSteps = (steps: readonly StorageCall[][]): string[] =>
  steps.map(calls => calls.map(({ operation, key }) => `${operation} ${key}`).join(' + '));

describe('the storage, while whoever asks for new tokens waits,', () => {
  it('is asked three times in a row: what is there, to note the sending, and to keep the answer', async () => {
    const { sharing, stepsUntil, storage } = await slowWindow(1);
    const renewed = sharing.renew('grant-1000', 1);
    const { before } = await stepsUntil(renewed);
    // What is written to the index beside it keeps nobody waiting.
    assert.deepEqual(inSteps(before), [
      'get grant:grant-1000 + get grants',
      'store grant:grant-1000',
      'get grants + store grant:grant-1000',
    ]);
    assert.equal((await renewed)?.tokens.serial, 2);
    assert.match(storage.values.get('grant:grant-1000') ?? '', /refresh-2/);
    assert.match(storage.values.get('grants') ?? '', /"revision":1[0-9]{3}/, 'in the end');
    await sharing.dispose();
  });

  it('is asked once more if the rest of the answer takes time to be judged', async () => {
    const { sharing, stepsUntil } = await slowWindow(1, true);
    const renewed = sharing.renew('grant-1000', 1);
    const { before } = await stepsUntil(renewed);
    assert.equal(before.length, 4);
    assert.equal((await renewed)?.tokens.serial, 2);
    await sharing.dispose();
  });

  it('writes one index for many', async () => {
    const { ids, sharing, stepsUntil, storage } = await slowWindow(100);
    storage.calls.length = 0;
    const renewed = Promise.all(ids.map(id => sharing.renew(id, 1)));
    await stepsUntil(renewed);
    assert.deepEqual(new Set((await renewed).map(grant => grant?.tokens.serial)), new Set([2]));
    const writes = storage.calls.filter(({ operation, key }) => operation === 'store' && key === 'grants');
    assert.ok(writes.length < 8, `${writes.length} writes`);
    await sharing.dispose();
  });
});
