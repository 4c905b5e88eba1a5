import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';

/** The longest path of a socket, in bytes: clients copy it into `sun_path`, which has 104 on macOS. */
export const longestPath = 103;

const prefix = 'vo-';
/** Leftovers of a crash are removed when nothing has happened in them for so long, in milliseconds. */
const leftoverAge = 24 * 60 * 60 * 1000;

/** The sockets that the windows of one workspace can have, each window its own: slot 0, 1 and so on. */
export interface Place {
  pathOf(slot: number): string;
}

/** What decides where the sockets are. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of this process. Undefined on Windows. */
  readonly uid: number | undefined;
}

export const surroundings = (): Surroundings => ({
  platform: process.platform,
  env: process.env,
  uid: process.getuid?.(),
});

/** The same for the same workspace of the same user, so terminals find it after a reload: not random. */
const nameOf = (identity: string): string =>
  prefix + createHash('sha256').update(identity).digest('base64url').slice(0, 16);

/** True if no one but us can read, write or enter it, and it is no link. */
const isPrivate = (found: Stats, uid: number | undefined): boolean =>
  found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;

/** Folders that can hold it, the best first. */
const basesIn = ({ env }: Surroundings): string[] =>
  [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'].filter(base => base !== undefined && base !== '') as string[];

/**
 * What identifies a workspace: where it is stored, without the number that the editor adds there while another
 * extension host has the workspace. That can be another window, or the one of before a reload.
 *
 * @param storage the storage of this extension for the workspace.
 */
export const workspaceIdentity = (storage: { toString(): string }): string =>
  storage.toString().replace(/([^/])-\d(\/[^/]*)$/, '$1$2');

/**
 * Finds the private folder for the sockets of a workspace, and makes it if necessary. Anyone can make folders in `/tmp`:
 * if someone else has made it, the sockets get another folder, which terminals don't find again after a reload.
 *
 * @param identity of the workspace and the editor's profile.
 * @throws Error if there is no such folder.
 */
export async function findPlace(identity: string, around: Surroundings): Promise<Place> {
  const name = nameOf(`${around.uid ?? around.env['USERNAME'] ?? ''} ${identity}`);
  if (around.platform === 'win32') return { pathOf: slot => `\\\\.\\pipe\\${name}-${slot}` };
  for (const base of basesIn(around)) {
    const folder = join(base, name);
    if (Buffer.byteLength(join(folder, 's99')) > longestPath) continue;
    if (await makePrivate(folder, around.uid)) return { pathOf: slot => join(folder, `s${slot}`) };
  }
  const other = await mkdtemp(join('/tmp', prefix));
  return { pathOf: slot => join(other, `s${slot}`) };
}

async function makePrivate(folder: string, uid: number | undefined): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
  }
  return isPrivate(await lstat(folder), uid);
}

/** True if something listens there. */
export function isAlive(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** Removes what crashes have left of other workspaces: our private folders in which nothing listens. */
export async function sweep(around: Surroundings, now: number): Promise<void> {
  if (around.platform === 'win32') return;
  for (const base of new Set(basesIn(around)))
    for (const name of await readdir(base).catch((): string[] => []))
      if (name.startsWith(prefix)) await sweepFolder(join(base, name), around.uid, now);
}

async function sweepFolder(folder: string, uid: number | undefined, now: number): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (!found || !isPrivate(found, uid) || now - found.mtimeMs < leftoverAge) return;
  const sockets = await readdir(folder).catch((): string[] => []);
  for (const socket of sockets) if (await isAlive(join(folder, socket))) return;
  await rm(folder, { recursive: true, force: true });
}
