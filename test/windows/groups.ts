import { systemClock } from '../../src/platform/clock.ts';
import {
  joinWindows,
  type Role,
  type WindowGroup,
  type WindowGroupOptions,
} from '../../src/windows/group.ts';
import type { Leader } from '../../src/windows/leader.ts';
import type { Transport } from '../../src/windows/lease.ts';
import { socketTransport } from '../../src/windows/sockets/socketTransport.ts';
import { recordedLog, temporaryDirectory, type RecordedLog } from './surroundings.ts';

/** What the leader of these tests offers. */
export interface LeaderFunctions {
  add(a: number, b: number): number;
  /** Name and term of the window that owns. */
  whoLeads(): { name: string; term: number; current: boolean };
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

export type Group = WindowGroup<LeaderFunctions, WindowFunctions>;
export type Options = WindowGroupOptions<LeaderFunctions, WindowFunctions>;

export interface TestWindow {
  readonly name: string;
  readonly group: Group;
  readonly log: RecordedLog;
  /** What `tell` was called with. */
  readonly told: string[];
  /** The leases of this window, in order. */
  readonly leases: Leader<WindowFunctions>[];
  /** Calls of `slow` that reached this window as leader and are not answered, oldest first. */
  readonly slow: ((value: string) => void)[];
  /** Resolves when `slow` has been called so many times here. */
  slowCalls(count: number): Promise<void>;
  /** Resolves when the window has this role, in a term of at least `term`. */
  has(role: Role, term?: number): Promise<void>;
}

/** Windows of one test. */
export interface TestWindows {
  readonly directory: string;
  open(name: string, options?: Partial<Options>): TestWindow;
  /** Opens the leader `a` and the member `b`. */
  two(options?: Partial<Options>): Promise<{ a: TestWindow; b: TestWindow }>;
  /** Leaves nothing behind. */
  end(): Promise<void>;
}

export function testWindows(transport: Transport = socketTransport): TestWindows {
  const directory = temporaryDirectory();
  const windows: TestWindow[] = [];
  let ended = false;
  return {
    directory: directory.path,
    open(name, options = {}) {
      // The body of a test that ran out of time goes on after its clean-up.
      if (ended) throw new Error('The test has ended');
      const window = openWindow(name, directory.path, transport, options);
      windows.push(window);
      return window;
    },
    async two(options) {
      const a = this.open('a', options);
      await a.has('leader');
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
  transport: Transport,
  options: Partial<Options>,
): TestWindow {
  const log = recordedLog();
  const told: string[] = [];
  const leases: Leader<WindowFunctions>[] = [];
  const slow: ((value: string) => void)[] = [];
  let slowCount = 0;
  const waiting = new Set<() => void>();

  const group: Group = joinWindows(transport, {
    directory,
    serve(lease) {
      leases.push(lease);
      return {
        add: (a, b) => a + b,
        whoLeads: () => ({ name, term: lease.term, current: lease.isCurrent() }),
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
    leases,
    slow,
    slowCalls: count =>
      new Promise(resolve => {
        const look = (): void => {
          if (slowCount >= count) resolve();
        };
        waiting.add(look);
        look();
      }),
    has: (role, term = 0) =>
      new Promise(resolve => {
        const look = (): void => {
          if (group.role !== role || group.term < term) return;
          end();
          resolve();
        };
        const end = group.onRoleChange(look);
        look();
      }),
  };
}
