import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { latestTerm, readClaim, type Claim } from './claims.ts';

/** Where the windows of one computer meet. */
export interface Place {
  /** Holds the claims and the key. Canonical, private to this user. Nothing else depends on the environment. */
  readonly directory: string;
  /** Tells apart what several groups of windows have in one folder. */
  readonly hash: string;
}

/** Linux allows 107 bytes in a socket's path, macOS 103. Longer ones are refused or, worse, cut off. */
const longestSocketPath = 100;
/** As long as the name of a socket will be for a long time: `999999999.0123456789ab`. */
const longestSocketName = 22;
const socketName = /^(0|[1-9][0-9]{0,14})\.[0-9a-f]{12}$/;

const isShort = (folder: string): boolean =>
  Buffer.byteLength(folder) + 1 + longestSocketName <= longestSocketPath;

/**
 * Creates the directory if needed. Throws if that fails, or if it isn't private to this user and can't be made
 * private.
 */
export function openPlace(wanted: string): Place {
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  const directory = realpathSync(wanted);
  makePrivate(directory);
  return { directory, hash: createHash('sha256').update(directory).digest('hex').slice(0, 12) };
}

/** Where the claimant listens. */
export function addressOf(
  { directory, hash }: Place,
  { term, nonce, folder }: Pick<Claim, 'term' | 'nonce' | 'folder'>,
): string {
  return process.platform === 'win32'
    ? `\\\\.\\pipe\\vscode-oidc-${hash}-${term}.${nonce}`
    : join(folder ?? directory, `${term}.${nonce}`);
}

/** Folders in which a folder for sockets can be made, the best first. */
const systemFolders = (): readonly string[] => [process.env['XDG_RUNTIME_DIR'] ?? '', tmpdir(), '/tmp'];

/**
 * Returns a folder for the socket of the next claimant, if its path would be too long in the directory itself. The
 * claim names it for the others. It is the previous claim's folder, if this process can use it. Otherwise it is in a
 * folder that belongs to this user alone, or has a name that no one can know in advance: in a shared folder, another
 * user could have created it.
 *
 * @throws if none can be created that is private to this user.
 */
export function socketFolder(
  { directory, hash }: Place,
  before: Claim | undefined,
  candidates = systemFolders(),
): string | undefined {
  if (process.platform === 'win32' || isShort(directory)) return undefined;
  if (before?.folder !== undefined && isPrivate(before.folder)) return before.folder;
  for (const candidate of candidates) {
    if (candidate === '') continue;
    const parent = resolve(candidate);
    const folder = join(parent, `vscode-oidc-${hash}`);
    if (!isShort(folder) || /\n/.test(folder)) continue;
    try {
      if (isPrivate(parent)) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        makePrivate(folder);
        return folder;
      }
      // In a folder with the sticky bit, other users can't replace what one has created.
      if ((lstatSync(parent).mode & 0o1000) !== 0) return mkdtempSync(join(parent, 'vscode-oidc-'));
    } catch {
      continue;
    }
  }
  throw new Error('there is no folder for a socket that only this user can open');
}

/** True if no other user can list, create or replace anything in `path`. */
function isPrivate(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

/** Sees to that. Windows: the access list of the folder around it does. */
function makePrivate(path: string): void {
  if (process.getuid === undefined) return;
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new Error(`${path} is not a directory`);
  if (found.uid !== process.getuid()) throw new Error(`${path} belongs to user ${found.uid}`);
  if (!isPrivate(path)) chmodSync(path, 0o700);
  if (!isPrivate(path)) throw new Error(`${path} is open to other users`);
}

/** Removes socket files of lower terms, which are no longer connected to. Only for the claimant. */
export function removeOldSockets({ directory }: Place, claim: Claim): void {
  if (process.platform === 'win32') return;
  const folder = claim.folder ?? directory;
  for (const name of readdirSync(folder)) {
    const term = Number(socketName.exec(name)?.[1] ?? Infinity);
    if (term < claim.term) rmSync(join(folder, name), { force: true });
  }
}

/** Tests whether a window can take part there: tries what a claim needs, under names that belong to no claim. */
export async function canMeetAt(directory: string): Promise<boolean> {
  try {
    const place = openPlace(directory);
    const nonce = randomBytes(6).toString('hex');
    const file = join(place.directory, `probe.${nonce}`);
    writeFileSync(file, nonce, { flag: 'wx', mode: 0o600 });
    rmSync(file);
    const before = readClaim(place.directory, latestTerm(place.directory));
    const folder = socketFolder(place, before);
    const server = createServer();
    server.listen(addressOf(place, { term: 0, nonce, folder }));
    await once(server, 'listening');
    await new Promise(resolve => server.close(resolve));
    // A folder with a random name can't be used by the next claimant.
    if (folder !== undefined && folder !== before?.folder && !folder.endsWith(place.hash)) rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
