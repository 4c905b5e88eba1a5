import { watch, type FSWatcher } from 'node:fs';
import type { Cancel, Clock } from '../../platform/clock.ts';

/** In milliseconds. A watch can miss what happens: on a disk of another computer, or in a directory that was made again. */
const recheck = { watched: 1_800_000, unwatched: 30_000 };

/** Calls `changed` when something in the directory might have changed: on file system events, and periodically. */
export function watchDirectory(directory: string, clock: Clock, changed: () => void): Cancel {
  let watcher: FSWatcher | undefined;
  let cancel: Cancel = () => undefined;

  const stop = (): void => {
    cancel();
    watcher?.close();
    watcher = undefined;
  };
  const lookIn = (milliseconds: number): void => {
    cancel = clock.after(milliseconds, () => {
      begin();
      changed();
    });
  };
  const begin = (): void => {
    stop();
    try {
      watcher = watch(directory, { persistent: false }, () => changed());
      watcher.on('error', () => {
        stop();
        lookIn(recheck.unwatched);
      });
      lookIn(recheck.watched);
    } catch {
      // Not every disk can be watched, and a system has so many watches and no more.
      lookIn(recheck.unwatched);
    }
  };
  begin();
  return stop;
}
