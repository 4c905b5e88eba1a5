import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { cleanAtExit } from './leftovers.ts';

/** A program this process started, together with everything that program starts. */
export interface ProcessTree {
  readonly child: ChildProcess;
  /** Everything it has printed so far, both streams. */
  output(): string;
  /**
   * The first match in a line of the output.
   * @throws {Error} with the output if the program ends before, or `milliseconds` have passed.
   */
  line(pattern: RegExp, milliseconds: number): Promise<RegExpExecArray>;
  /** Ends the program and what it started. Resolves when it is gone. */
  end(): Promise<void>;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** That of this process by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Only for programs that are batch files on Windows; no by default. */
  readonly shell?: boolean;
}

/** How long a program may take to end by itself after it was asked to, in milliseconds. */
const timeout = 3000;

/**
 * Signals the program and its children. On Unix it leads a process group of its own whose number is its pid;
 * Windows has no such groups, there the tree is found through the parent's pid.
 */
function signalTree(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: the whole group is gone already, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Starts `command` so that it can later be ended with all its children. */
export function startTree(command: string, args: readonly string[], options: ProcessOptions): ProcessTree {
  const child = spawn(command, args, {
    ...options,
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid, stdout, stderr } = child;
  const printed: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [stdout, stderr]) {
    createInterface({ input: stream }).on('line', line => {
      printed.push(line);
      for (const watcher of watchers) watcher(line);
    });
  }
  // Without a listener a program that cannot be started would end this process.
  child.on('error', error => printed.push(String(error)));
  const output = () => printed.join('\n');
  const forget = cleanAtExit(() => {
    if (pid !== undefined) signalTree(pid, 'SIGKILL');
  });

  return {
    child,
    output,
    line(pattern, milliseconds) {
      return new Promise((resolve, reject) => {
        const settle = () => {
          clearTimeout(timer);
          watchers.delete(look);
          child.off('exit', ended);
          child.off('error', ended);
        };
        const look = (line: string) => {
          const match = pattern.exec(line);
          if (!match) return;
          settle();
          resolve(match);
        };
        const fail = (what: string) => {
          settle();
          reject(new Error(`${command} ${args.join(' ')} ${what}. It printed:\n${output()}`));
        };
        const ended = () => {
          fail(`ended before it printed ${String(pattern)}`);
        };
        const timer = setTimeout(() => {
          fail(`did not print ${String(pattern)} within ${milliseconds} ms`);
        }, milliseconds);
        watchers.add(look);
        child.once('exit', ended);
        child.once('error', ended);
        for (const line of printed) look(line);
      });
    },
    async end() {
      if (pid !== undefined) {
        if (child.exitCode === null && child.signalCode === null) {
          const gone = once(child, 'exit');
          signalTree(pid, 'SIGTERM');
          const timer = setTimeout(() => {
            signalTree(pid, 'SIGKILL');
          }, timeout);
          await gone;
          clearTimeout(timer);
        }
        // Its children may outlive it: nothing of the group may stay.
        if (process.platform !== 'win32') signalTree(pid, 'SIGKILL');
      }
      stdout.destroy();
      stderr.destroy();
      forget();
    },
  };
}

/** Runs a program to its end and returns what it printed. @throws {Error} with the output if it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<string> {
  const tree = startTree(command, args, options);
  tree.child.stdin?.end();
  try {
    // `close` and not `exit`: only then has everything it printed arrived.
    const code = await new Promise<number | null>((resolve, reject) => {
      tree.child.once('error', reject);
      tree.child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`exit code ${String(code)}`);
    return tree.output();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${command} ${args.join(' ')}: ${why}. It printed:\n${tree.output()}`, { cause: error });
  } finally {
    await tree.end();
  }
}
