import { systemClock } from '../../src/platform/clock.ts';
import type { Ownership, Role, WindowGroup, WindowGroupOptions } from '../../src/windows/group.ts';
import { joinWindows } from '../../src/windows/sockets/join.ts';
import { recordedLog, temporaryDirectory, type RecordedLog } from './surroundings.ts';

/** What the owner of these tests offers. */
export interface OwnerFunctions {
  add(a: number, b: number): number;
  /** Name and generation of the window that owns. */
  whoOwns(): { name: string; generation: number; current: boolean };
  fail(code: string): never;
  /** Answers when the test says so. */
  slow(value: string): Promise<string>;
  echo(value: unknown, more?: unknown): { value: unknown; count: number };
  /** So many characters. */
  text(length: number): string;
}

export interface WindowFunctions {
  tell(text: string): string;
  never(): Promise<void>;
}

export type Group = WindowGroup<OwnerFunctions, WindowFunctions>;
export type Options = WindowGroupOptions<OwnerFunctions, WindowFunctions>;

export interface TestWindow {
  readonly name: string;
  readonly group: Group;
  readonly log: RecordedLog;
  /** What `tell` was called with. */
  readonly told: string[];
  /** The ownerships of this window, in order. */
  readonly ownerships: Ownership<WindowFunctions>[];
  /** Calls of `slow` that reached this window as owner and are not answered, oldest first. */
  readonly slow: ((value: string) => void)[];
  /** Resolves when `slow` has been called so many times here. */
  slowCalls(count: number): Promise<void>;
  /** Resolves when the window has this role, in a generation of at least `generation`. */
  has(role: Role, generation?: number): Promise<void>;
}

/** Windows of one test. */
export interface TestWindows {
  readonly directory: string;
  open(name: string, options?: Partial<Options>): TestWindow;
  /** Opens the owner `a` and the member `b`. */
  two(options?: Partial<Options>): Promise<{ a: TestWindow; b: TestWindow }>;
  /** Leaves nothing behind. */
  end(): Promise<void>;
}

/** @param join how the windows meet, by default by sockets. */
export function testWindows(join: (options: Options) => Group = joinWindows): TestWindows {
  const directory = temporaryDirectory();
  const windows: TestWindow[] = [];
  let ended = false;
  return {
    directory: directory.path,
    open(name, options = {}) {
      // The body of a test that ran out of time goes on after its clean-up.
      if (ended) throw new Error('The test has ended');
      const window = openWindow(name, directory.path, join, options);
      windows.push(window);
      return window;
    },
    async two(options) {
      const a = this.open('a', options);
      await a.has('owner');
      const b = this.open('b', options);
      await b.has('member');
      return { a, b };
    },
    async end() {
      ended = true;
      await Promise.all(windows.map(window => window.group.dispose()));
      directory.remove();
    },
  };
}

function openWindow(
  name: string,
  directory: string,
  join: (options: Options) => Group,
  options: Partial<Options>,
): TestWindow {
  const log = recordedLog();
  const told: string[] = [];
  const ownerships: Ownership<WindowFunctions>[] = [];
  const slow: ((value: string) => void)[] = [];
  let slowCount = 0;
  const waiting = new Set<() => void>();

  const group = join({
    directory,
    createOwner(ownership) {
      ownerships.push(ownership);
      return {
        add: (a, b) => a + b,
        whoOwns: () => ({ name, generation: ownership.generation, current: ownership.isCurrent() }),
        fail: code => {
          throw Object.assign(new TypeError('it failed'), { code });
        },
        slow: value =>
          new Promise(resolve => {
            slow.push(answer => resolve(`${value} ${answer}`));
            slowCount++;
            for (const look of waiting) look();
          }),
        echo: (...args) => ({ value: args[0], count: args.length }),
        text: length => 'x'.repeat(length),
      };
    },
    window: {
      tell: text => {
        told.push(text);
        return `${name} heard ${text}`;
      },
      never: () => new Promise(() => undefined),
    },
    clock: systemClock,
    log,
    ...options,
  });

  return {
    name,
    group,
    log,
    told,
    ownerships,
    slow,
    slowCalls: count =>
      new Promise(resolve => {
        const look = (): void => {
          if (slowCount >= count) resolve();
        };
        waiting.add(look);
        look();
      }),
    has: (role, generation = 0) =>
      new Promise(resolve => {
        const look = (): void => {
          if (group.role !== role || group.generation < generation) return;
          end();
          resolve();
        };
        const end = group.onRoleChange(look);
        look();
      }),
  };
}
