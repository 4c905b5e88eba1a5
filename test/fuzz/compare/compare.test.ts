import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { addRound, addSides, noComparison } from './compare.ts';
import type { Outcome, Side, Tried } from './side.ts';

/** The same inputs each time. */
const seed = 20_260_101;

const repository = new URL('../../../', import.meta.url).pathname;
const side = (x: Tried): Side => ({ keys: [], tried: { x } });
const outcome = (believed: boolean, reason?: string): Outcome => ({ believed, reason, broken: undefined });

describe('the comparison of two commits over the same inputs', function () {
  this.timeout(180_000);

  it('finds no difference between a commit and itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fuzz-compared-'));
    try {
      const comparison = noComparison();
      const names = ['UserInfo', 'settings', 'ID token, signed', 'keys'];
      await addRound(comparison, repository, folder, names, seed);
      assert.deepEqual([...comparison.counts.keys()].sort(), [...names].sort());
      for (const [name, { inputs, onlyNow, onlyThen, broken }] of comparison.counts) {
        assert.ok(inputs >= 290, `${name}: ${inputs} inputs`);
        assert.deepEqual([onlyNow, onlyThen, broken], [0, 0, 0], name);
      }
      // Those with the keys that each process makes for itself are believed, too.
      for (const name of ['UserInfo', 'keys']) {
        const { both = 0, neither = 0 } = comparison.counts.get(name) ?? {};
        assert.ok(both > 3 && neither > 20, `${name}: ${both} believed, ${neither} refused`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('groups what is believed only now by the reason of the other commit', () => {
    const comparison = noComparison();
    const now = [outcome(true), outcome(true), outcome(true), outcome(false), outcome(false)];
    const then = [
      outcome(true),
      outcome(false, 'a'),
      outcome(false, 'a'),
      outcome(true),
      outcome(false, 'b'),
    ];
    const inputs = now.map((_, at) => serialize(`input ${at}`));
    addSides(comparison, side({ inputs, outcomes: now }), side({ inputs: [], outcomes: then }));
    assert.deepEqual(comparison.counts.get('x'), {
      inputs: 5,
      both: 1,
      neither: 1,
      onlyNow: 2,
      onlyThen: 1,
      broken: 0,
    });
    assert.deepEqual(
      [...comparison.newlyBelieved],
      [['x\n    refused: a', { count: 2, example: '"input 1"' }]],
    );
  });
});
