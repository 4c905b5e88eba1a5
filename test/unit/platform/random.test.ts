import assert from 'node:assert/strict';
import { randomFraction } from '../../../src/platform/random.ts';

describe('a random fraction', () => {
  it('is from 0 to below 1, everywhere between, and never the same', () => {
    const fractions = Array.from({ length: 1000 }, randomFraction);
    assert.ok(fractions.every(fraction => fraction >= 0 && fraction < 1));
    assert.ok(new Set(fractions).size > 990);
    assert.equal(new Set(fractions.map(fraction => Math.floor(fraction * 10))).size, 10);
  });
});
