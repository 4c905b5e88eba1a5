import assert from 'node:assert/strict';
import fc from 'fast-check';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { someGrant } from '../someGrant.ts';
import { keeping, minutes } from '../refresh/refreshing.ts';

const id = 'grant-0001';

/** What befalls a computer on which tokens are kept fresh. */
const mishaps = fc.oneof(
  fc.record({ kind: fc.constant('time' as const), minutes: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ kind: fc.constant('sleep' as const), minutes: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({ kind: fc.constant('clock' as const), minutes: fc.integer({ min: -300, max: 300 }) }),
  fc.record({ kind: fc.constantFrom('ask' as const, 'restart' as const, 'heal' as const) }),
  fc.record({
    kind: fc.constant('storage' as const),
    does: fc.constantFrom('fail to read', 'fail to write', 'tell what it had before', 'never answer'),
  }),
);

describe('whatever befalls a computer', () => {
  it('no refresh token is sent twice, and the sign-in is there after the next start', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mishaps, { minLength: 3, maxLength: 12 }), async steps => {
        const storage = memorySecretStorage();
        const before = new Map<string, string>();
        let tellsBefore = false;
        const read = storage.get.bind(storage);
        const write = storage.store.bind(storage);
        storage.get = async key => {
          const now = await read(key);
          return tellsBefore ? (before.get(key) ?? now) : now;
        };
        storage.store = async (key, text) => {
          const now = storage.values.get(key);
          await write(key, text);
          if (now !== undefined) before.set(key, now);
        };
        const { clock, sent, open } = keeping(storage);
        /** Within a minute: nobody waits for longer. */
        const ended = async (promise: Promise<unknown>): Promise<void> => {
          let isOver = false;
          void promise.finally(() => (isOver = true));
          for (let seconds = 0; seconds < 60 && !isOver; seconds++) await clock.advance(1000);
          assert.ok(isOver);
        };
        const heal = async (): Promise<void> => {
          storage.fails = () => false;
          storage.gone = false;
          tellsBefore = false;
          // Longer than the longest pause between two tries to write.
          await clock.advance(minutes(11));
        };
        let window = open();
        await window.cache.put(someGrant());
        const restart = async (): Promise<void> => {
          await heal();
          window.refresher.dispose();
          await ended(window.refresher.idle());
          await ended(window.cache.written());
          window = open();
          assert.ok(await window.cache.get(id), 'it is there');
        };
        for (const step of steps) {
          if (step.kind === 'time') await clock.advance(minutes(step.minutes));
          else if (step.kind === 'sleep') await clock.sleep(minutes(step.minutes));
          else if (step.kind === 'clock') clock.set(minutes(step.minutes));
          else if (step.kind === 'heal') await heal();
          else if (step.kind === 'ask') {
            const known = window.cache.peek(id);
            const asked = window.refresher.renew(id, known?.tokens.serial ?? 0, true);
            await ended(asked);
          } else if (!('does' in step)) await restart();
          else if (step.does === 'never answer') storage.gone ||= true;
          else if (step.does === 'tell what it had before') tellsBefore = true;
          else {
            const fails = step.does === 'fail to read' ? 'get' : 'store';
            storage.fails = ({ operation }) => operation === fails;
          }
        }
        await restart();
        await clock.advance(minutes(60));
        assert.equal(new Set(sent).size, sent.length, `sent: ${sent.join()}`);
        const { serial, refreshToken } = (await window.cache.get(id))?.tokens ?? {};
        assert.equal(refreshToken?.reveal(), `refresh-${sent.length + 1}`);
        assert.equal(serial, sent.length + 1);
      }),
      { numRuns: 100 },
    );
  });
});
