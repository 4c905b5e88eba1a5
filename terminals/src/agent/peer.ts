import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';

/** Looked for when it is to be shown, and not for every request. */
export type FindPeer = () => Promise<number | undefined>;

/** A process that runs, as far as the operating system shows it. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** The program and its arguments. A process can change them. */
  readonly words: readonly string[];
}

/** How long `ss` can take, in milliseconds. */
const patience = 2000;
/** The most processes between a client and the first one of the computer. */
const mostParents = 50;

/**
 * Finds the process at the other end of a connection, to inform about it: it can have ended, and its number can belong to
 * another one by now. Node has no `SO_PEERCRED`, so the kernel is asked through `ss`, as on most Linux computers.
 *
 * @returns undefined if no one can tell.
 */
export async function peerOf(socket: Socket, platform: NodeJS.Platform): Promise<number | undefined> {
  const { fd } = (socket as { _handle?: { fd?: unknown } | null })._handle ?? {};
  if (platform !== 'linux' || typeof fd !== 'number' || fd < 0) return undefined;
  try {
    const [, own] = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/self/fd/${fd}`)) ?? [];
    return own === undefined ? undefined : peerIn(await socketsOf(), own);
  } catch {
    return undefined;
  }
}

const socketsOf = async (): Promise<string> =>
  (await promisify(execFile)('ss', ['-xpHn'], { timeout: patience, maxBuffer: 10_000_000 })).stdout;

/**
 * Reads the process from the list of `ss`: the socket whose other end is ours.
 *
 * @param own the inode of our end.
 */
export function peerIn(list: string, own: string): number | undefined {
  // Only the end of a line is certain: a process chooses the name before its number.
  const line = new RegExp(`^u_\\S+ .* \\d+ +\\S+ ${own} +users:\\(.*pid=(\\d+),fd=\\d+\\)\\)\\s*$`, 'm');
  const [, pid] = line.exec(list) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** A process and those that started it, itself first. Empty if it has ended. */
export async function ancestryOf(
  pid: number,
  read = (path: string): Promise<string> => readFile(path, 'utf8'),
): Promise<readonly RunningProcess[]> {
  const found: RunningProcess[] = [];
  try {
    for (let next = pid; next > 0 && found.length < mostParents;) {
      const [stat, line] = await Promise.all(['stat', 'cmdline'].map(name => read(`/proc/${next}/${name}`)));
      // The name in parentheses can hold anything.
      const parent = Number(/^.*\) \S (\d+) /s.exec(stat ?? '')?.[1] ?? 0);
      found.push({ pid: next, parent, words: (line ?? '').split('\0').filter(word => word !== '') });
      next = parent;
    }
  } catch {
    // One of them has ended, or belongs to someone else: what is known so far counts.
  }
  return found;
}
