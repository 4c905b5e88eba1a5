import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretStorage } from '../../src/platform/storage.ts';

/** Secret storage that outlives its process, one file for each key; several processes may share it. */
export function fileSecretStorage(folder: string): SecretStorage {
  const fileOf = (key: string): string => join(folder, Buffer.from(key).toString('hex'));
  return {
    async get(key) {
      try {
        return await readFile(fileOf(key), 'utf8');
      } catch {
        return undefined;
      }
    },
    async store(key, value) {
      await mkdir(folder, { recursive: true });
      // Written beside it and renamed: a process may be killed in between.
      const beside = `${fileOf(key)}.${randomBytes(4).toString('hex')}`;
      await writeFile(beside, value);
      await rename(beside, fileOf(key));
    },
    async delete(key) {
      await rm(fileOf(key), { force: true });
    },
    async keys() {
      const names = await readdir(folder).catch(() => []);
      return names.filter(name => !name.includes('.')).map(name => Buffer.from(name, 'hex').toString());
    },
  };
}
