import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './temporaryFolder.ts';

/**
 * The clock of other processes, which a test sets while they run. Only the time of day moves: timers are measured by
 * another clock of the system, which nobody sets.
 */
export interface MovedClock {
  /**
   * What moves it. `libfaketime` (Linux: `apt install faketime`) answers each question for the time that a whole
   * process asks of its system. Without that, it is the `Date` of JavaScript that moves, which is all that the editor and
   * its extensions read the time from.
   */
  readonly by: 'libfaketime' | 'Date';
  readonly env: Readonly<Record<string, string>>;
  /** To be loaded into the first of the processes. */
  readonly preloads: readonly string[];
  /** Sets the clock to so many seconds after the right time; it is right at first. */
  set(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const libraries = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib',
  '/usr/local/lib',
].map(folder => join(folder, 'faketime', 'libfaketimeMT.so.1'));

export async function movedClock(): Promise<MovedClock> {
  const folder = await temporaryFolder('clock');
  const file = join(folder.path, 'offset');
  const library = libraries.find(path => existsSync(path));
  // In the format of libfaketime. Renamed, so nobody reads one half of it.
  const set = async (seconds: number): Promise<void> => {
    await writeFile(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${file}.new`, file);
  };
  await set(0);
  return {
    by: library === undefined ? 'Date' : 'libfaketime',
    env: {
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      ...(library !== undefined && { LD_PRELOAD: library }),
    },
    preloads: [join(import.meta.dirname, 'moveClock.ts')],
    set,
    close: () => folder.remove(),
  };
}
