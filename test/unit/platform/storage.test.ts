import assert from 'node:assert/strict';
import fc from 'fast-check';
import { remembering } from '../../../src/platform/storage.ts';
import { memoryMemento, mementoTroubles } from '../../standIns/memento.ts';
import { unhandledRejections } from '../../standIns/unhandledRejections.ts';

const key = fc.constantFrom('a', 'b');
const value = fc.option(fc.oneof(fc.integer(), fc.array(fc.string(), { maxLength: 2 })), { nil: undefined });

describe('what is remembered in a storage that fails at times', () => {
  it('is what this window has set last, unless another one has stored something else since', async () => {
    const step = fc.oneof(
      fc.record({
        by: fc.constant('us'),
        key,
        value,
        trouble: fc.constantFrom(undefined, ...mementoTroubles),
      }),
      fc.record({ by: fc.constant('another'), key, value }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, showsUnstored) => {
        const storage = memoryMemento();
        storage.showsUnstored = showsUnstored;
        const memory = remembering(storage);
        const expected = new Map<string, unknown>();
        const unhandled = await unhandledRejections(() => {
          for (const step of steps) {
            const before = JSON.stringify(storage.values.get(step.key));
            if ('trouble' in step) {
              storage.trouble = () => step.trouble;
              memory.set(step.key, step.value);
              expected.set(step.key, step.value);
            } else if (!showsUnstored) {
              storage.values.set(step.key, step.value);
              if (JSON.stringify(step.value) !== before) expected.set(step.key, step.value);
            }
            for (const name of ['a', 'b']) assert.deepEqual(memory.get(name), expected.get(name), name);
          }
        });
        assert.deepEqual(unhandled, []);
        const known = [...memory.keys()].filter(name => memory.get(name) !== undefined);
        const all = [...expected].filter(([, value]) => value !== undefined).map(([name]) => name);
        assert.deepEqual(known.sort(), all.sort());
      }),
      { numRuns: 500 },
    );
  });
});
