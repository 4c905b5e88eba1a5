import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanAtExit } from './leftovers.ts';

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

// A process that is just ending may still hold or write a file, most of all on Windows.
const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 } as const;

/** A new empty folder that is gone at the latest when this process ends. Its path has no symbolic link in it. */
export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), `${name}-`)));
  const forget = cleanAtExit(() => {
    rmSync(path, removal);
  });
  return {
    path,
    async remove() {
      await rm(path, removal);
      forget();
    },
  };
}
