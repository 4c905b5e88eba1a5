import assert from 'node:assert/strict';
import { liveMany } from './fateModel.ts';

describe('a grant, in a hundred thousand histories of nothing but steps', function () {
  this.timeout(120_000);
  it('sends no spent token while there is something to lose, loses none, and gets well again', () => {
    assert.equal(liveMany(1, 100_000), undefined);
  });
});
