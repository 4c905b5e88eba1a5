import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../platform/log.ts';
import { codeOf } from '../errors.ts';

/**
 * The secret by which the windows of one user recognize each other: 32 random bytes in a file that only this user can
 * read.
 *
 * Both ends read it for each handshake, and only the current leader writes it. So the next connection agrees on a
 * replaced key, and no two writers can conflict.
 */
export const keyBytes = 32;

const unfinished = /^key\.[0-9a-f]{12}$/;
const fileOf = (directory: string) => join(directory, 'key');

/** Throws if the file is missing, unreadable or of another size. */
export function readKey(directory: string): Buffer {
  return open(directory).key;
}

/**
 * Reads the key for the current leader. Creates one if there is none, and replaces one that is unusable or, if
 * `strict`, that other users could have read. Throws if no key can be stored.
 */
export function ensureKey(directory: string, log: Log, strict: boolean): Buffer {
  try {
    const { key, openToOthers } = open(directory);
    if (!strict || !openToOthers) return key;
    log.warn('The key shared by the windows is replaced', { reason: 'other users could read it' });
  } catch (error) {
    const reason = codeOf(error) ?? (error instanceof Error ? error.message : 'unknown');
    if (reason !== 'ENOENT') log.warn('The key shared by the windows is replaced', { reason });
  }
  replace(directory);
  const { key, openToOthers } = open(directory);
  if (openToOthers)
    log.warn('The key shared by the windows can be read by other users', {
      reason: 'the file system does not keep permissions',
    });
  return key;
}

function open(directory: string): { key: Buffer; openToOthers: boolean } {
  const file = openSync(fileOf(directory), 'r');
  try {
    const { size, mode } = fstatSync(file);
    if (size !== keyBytes) throw new Error(`it has ${size} bytes instead of ${keyBytes}`);
    return { key: readFileSync(file), openToOthers: process.platform !== 'win32' && (mode & 0o077) !== 0 };
  } finally {
    closeSync(file);
  }
}

/**
 * Replaces the file atomically: readers see the old file or the new one, never a part. A crash leaves at most a stray
 * file.
 */
function replace(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (unfinished.test(name)) rmSync(join(directory, name), { force: true });
  }
  const temporary = join(directory, `key.${randomBytes(6).toString('hex')}`);
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, randomBytes(keyBytes));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const target = fileOf(directory);
  try {
    renameSync(temporary, target);
  } catch (error) {
    // The path isn't a file.
    if (codeOf(error) !== 'EISDIR' && codeOf(error) !== 'EPERM') throw error;
    renameSync(target, `${temporary}.set-aside`);
    renameSync(temporary, target);
  }
}
