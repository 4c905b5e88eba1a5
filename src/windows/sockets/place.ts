import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Claim } from './claims.ts';
import { codeOf } from '../errors.ts';

/** Where the windows of one machine meet. Follows from the directory alone, never from the environment. */
export interface Place {
  /** Holds the claims and the key. Canonical, private to this user. */
  readonly directory: string;
  /** Holds the socket files; undefined on Windows, where named pipes are in no directory. */
  readonly socketDirectory: string | undefined;
  /** Where the claimant of a term listens. */
  addressOf(claim: Pick<Claim, 'term' | 'nonce'>): string;
}

/** Linux allows 107 bytes in a socket's path, macOS 103. Longer ones are refused or, worse, cut off. */
const longestSocketPath = 100;
/** As long as the name of a socket will be for a long time: `999999999.0123456789ab`. */
const longestSocketName = 22;
const socketName = /^(0|[1-9][0-9]{0,14})\.[0-9a-f]{12}$/;

/**
 * Makes the directories if need be. Throws if that fails, or if a directory is not private to this user and
 * cannot be made so. `temporary` is `/tmp` except in tests.
 */
export function openPlace(wanted: string, temporary = '/tmp'): Place {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  const directory = realpathSync(wanted);
  makePrivate(directory);
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  if (process.platform === 'win32') {
    const addressOf: Place['addressOf'] = ({ term, nonce }) =>
      `\\\\.\\pipe\\vscode-oidc-${hash}-${term}.${nonce}`;
    return { directory, socketDirectory: undefined, addressOf };
  }
  let socketDirectory = directory;
  if (Buffer.byteLength(directory) + 1 + longestSocketName > longestSocketPath) {
    socketDirectory = join(temporary, `vscode-oidc-${process.getuid?.() ?? 0}-${hash}`);
    try {
      mkdirSync(socketDirectory, { mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    makePrivate(socketDirectory);
  }
  return {
    directory,
    socketDirectory,
    addressOf: ({ term, nonce }) => join(socketDirectory, `${term}.${nonce}`),
  };
}

/** Nobody else may list, create or replace anything in `path`. Windows: its folder's access list sees to that. */
function makePrivate(path: string): void {
  if (process.getuid === undefined) return;
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a directory`);
  if (found.uid !== process.getuid()) throw new Error(`${path} belongs to user ${found.uid}`);
  if ((found.mode & 0o077) === 0) return;
  chmodSync(path, 0o700);
  if ((lstatSync(path).mode & 0o077) !== 0) throw new Error(`${path} is open to other users`);
}

/** Removes socket files of lower terms: nobody connects to them any more. Only for the claimant. */
export function removeOldSockets({ socketDirectory }: Place, claim: Claim): void {
  if (socketDirectory === undefined) return;
  for (const name of readdirSync(socketDirectory)) {
    const term = Number(socketName.exec(name)?.[1] ?? Infinity);
    if (term < claim.term) rmSync(join(socketDirectory, name), { force: true });
  }
}

/** Whether a window could take part there: tries what a claim needs, under names that are nobody's claim. */
export async function canMeetAt(directory: string): Promise<boolean> {
  try {
    const place = openPlace(directory);
    const nonce = randomBytes(6).toString('hex');
    const file = join(place.directory, `probe.${nonce}`);
    writeFileSync(file, nonce, { flag: 'wx', mode: 0o600 });
    rmSync(file);
    const server = createServer();
    server.listen(place.addressOf({ term: 0, nonce }));
    await once(server, 'listening');
    server.close();
    return true;
  } catch {
    return false;
  }
}
