/**
 * Preloaded into the windows of the benchmark: their secret storage is files, and takes as long as that of an editor.
 * Works with the windows of every commit.
 */
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** Milliseconds, as measured in code-server for an extension's own secrets. */
const [reading, writing] = [5.5, 7];

const wait = async (path: unknown, milliseconds: number): Promise<void> => {
  if (String(path).includes('secrets')) await new Promise(resolve => setTimeout(resolve, milliseconds));
};
const { readFile, rename, rm } = files;
Object.assign(files, {
  readFile: async (...given: Parameters<typeof readFile>) => {
    await wait(given[0], reading);
    return readFile(...given);
  },
  rename: async (...given: Parameters<typeof rename>) => {
    await wait(given[1], writing);
    return rename(...given);
  },
  rm: async (...given: Parameters<typeof rm>) => {
    await wait(given[0], writing);
    return rm(...given);
  },
});
syncBuiltinESMExports();
