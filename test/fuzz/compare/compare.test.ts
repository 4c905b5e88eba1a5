import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { addRound, addSides, noComparison } from './compare.ts';
import type { Outcome } from './side.ts';

const repository = new URL('../../../', import.meta.url).pathname;
const outcome = (believed: boolean, reason?: string): Outcome => ({ believed, reason, broken: undefined });

describe('the comparison of two commits over the same inputs', function () {
  this.timeout(180_000);

  it('finds no difference between a commit and itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fuzz-compared-'));
    try {
      const comparison = noComparison();
      const names = ['UserInfo', 'settings', 'ID token, signed'];
      await addRound(comparison, repository, folder, names);
      assert.deepEqual([...comparison.counts.keys()].sort(), [...names].sort());
      for (const [name, { inputs, onlyNow, onlyThen, broken }] of comparison.counts) {
        assert.ok(inputs >= 290, `${name}: ${inputs} inputs`);
        assert.deepEqual([onlyNow, onlyThen, broken], [0, 0, 0], name);
      }
      const { both = 0, neither = 0 } = comparison.counts.get('UserInfo') ?? {};
      assert.ok(both > 20 && neither > 20, `${both} believed, ${neither} refused`);
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
    addSides(comparison, { x: { inputs, outcomes: now } }, { x: { inputs: [], outcomes: then } });
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
