import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watchDirectory } from '../../../src/windows/sockets/watchDirectory.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { temporaryDirectory } from '../../windows/surroundings.ts';

describe('the watch over a directory', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => directory.remove());

  /** A watch of the directory of this name, and how often something may have changed in it. */
  function watched(name: string) {
    const clock = manualClock();
    const seen = { count: 0 };
    let next = Promise.withResolvers<void>();
    const stop = watchDirectory(join(directory.path, name), clock, () => {
      seen.count++;
      next.resolve();
      next = Promise.withResolvers();
    });
    return { clock, seen, stop, next: () => next.promise };
  }

  it('tells of a file at once, and looks every half an hour all the same', async () => {
    mkdirSync(join(directory.path, 'd'));
    const { clock, seen, stop, next } = watched('d');
    const told = next();
    writeFileSync(join(directory.path, 'd', 'file'), '');
    await told;
    const { count } = seen;
    await clock.advance(1_799_999);
    assert.equal(seen.count, count);
    await clock.advance(1);
    assert.equal(seen.count, count + 1);
    const again = next();
    writeFileSync(join(directory.path, 'd', 'other'), '');
    await again;
    stop();
    assert.equal(clock.pending, 0);
  });

  it('looks twice a minute where nothing can be watched, until that is possible', async () => {
    const { clock, seen, stop, next } = watched('later');
    await clock.advance(29_999);
    assert.equal(seen.count, 0);
    await clock.advance(1);
    assert.equal(seen.count, 1);
    await clock.advance(30_000);
    assert.equal(seen.count, 2);
    mkdirSync(join(directory.path, 'later'));
    await clock.advance(30_000);
    assert.equal(seen.count, 3);
    const told = next();
    writeFileSync(join(directory.path, 'later', 'file'), '');
    await told;
    const { count } = seen;
    await clock.advance(1_799_999);
    assert.equal(seen.count, count);
    stop();
  });

  it('says nothing any more once it has been stopped', async () => {
    mkdirSync(join(directory.path, 'd'));
    const { clock, seen, stop } = watched('d');
    stop();
    const other = watched('d');
    const told = other.next();
    writeFileSync(join(directory.path, 'd', 'file'), '');
    await told;
    await clock.advance(3_600_000);
    assert.equal(seen.count, 0);
    other.stop();
  });
});
