import assert from 'node:assert/strict';
import { putNewest } from '../../../src/platform/lru.ts';

describe('a map with a limit', () => {
  it('drops the oldest beyond it', () => {
    const map = new Map<string, number>();
    for (const [at, key] of ['a', 'b', 'c', 'd'].entries()) putNewest(map, key, at, 3);
    assert.deepEqual(
      [...map],
      [
        ['b', 1],
        ['c', 2],
        ['d', 3],
      ],
    );
  });

  it('takes what is put again for the newest, and drops nothing for it', () => {
    const map = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    putNewest(map, 'a', 4, 3);
    assert.deepEqual(
      [...map],
      [
        ['b', 2],
        ['c', 3],
        ['a', 4],
      ],
    );
    putNewest(map, 'd', 5, 3);
    assert.deepEqual([...map.keys()], ['c', 'a', 'd']);
  });
});
