import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from '../windows/surroundings.ts';
import type { Burst, DeathPoint, FromWindow, Look, Question, ToWindow } from './worker.ts';

/** A window of the extension in a process of its own. */
export interface FleetWindow {
  readonly name: string;
  readonly role: () => string;
  readonly alive: () => boolean;
  /** Resolves when the process has ended, with the time. */
  readonly died: Promise<number>;
  has(role: string): Promise<void>;
  /** @param mark of the windows that are told the same, one dies. */
  dieAt(point: DeathPoint, mark: string): void;
  /** From its next answer on, nothing can be stored there. */
  breakStorage(): void;
  /** So many seconds from the right time. */
  setClock(seconds: number): void;
  add(grant: string): Promise<string>;
  expire(id: string): Promise<void>;
  /** @returns the serials that the callers got; 0 for one that was told to sign in, or that there is nothing. */
  renew(id: string, callers: number): Promise<number[]>;
  /** So many callers ask at once for tokens later than those of `serial`. */
  burst(id: string, serial: number, callers: number): Promise<Burst>;
  look(id: string): Promise<Look>;
  signOut(id: string): Promise<void>;
  kill(): Promise<void>;
  /** Not on Windows, which has no signal for it. */
  stop(): void;
  /** What was stopped goes on. */
  goOn(): void;
}

/** Windows of one computer. */
export interface Fleet {
  /** @param name a window of the same name finds what the earlier one stored. */
  open(name: string): Promise<FleetWindow>;
  end(): Promise<void>;
}

/**
 * @param storage `shared`: one secret storage for all windows, as on the desktop; `separate`: one for each, as in
 * an editor in the browser.
 */
export function startFleet(issuer: string, storage: 'shared' | 'separate'): Fleet {
  const directory = temporaryDirectory();
  const windows = new Set<FleetWindow>();
  return {
    async open(name) {
      const folder = join(directory.path, storage === 'shared' ? 'secrets' : `secrets-${name}`);
      const window = await startWindow(name, {
        directory: join(directory.path, 'w'),
        storage: folder,
        issuer,
      });
      windows.add(window);
      return window;
    },
    async end() {
      await Promise.all([...windows].map(window => window.kill()));
      directory.remove();
    },
  };
}

async function startWindow(
  name: string,
  place: { directory: string; storage: string; issuer: string },
): Promise<FleetWindow> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit').then(() => performance.now());
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  const watching = new Set<() => void>();
  let role = 'joining';
  let alive = true;
  let asked = 0;
  const ready = Promise.withResolvers<void>();
  child.on('message', (message: FromWindow) => {
    if (message.is === 'ready') return ready.resolve();
    if (message.is === 'role') {
      role = message.role;
      for (const look of watching) look();
      return;
    }
    const call = calls.get(message.call);
    calls.delete(message.call);
    if (message.error === undefined) call?.resolve(message.value);
    else call?.reject(new Error(message.error));
  });
  void exited.then(() => {
    alive = false;
    for (const call of calls.values()) call.reject(new Error(`${name} died`));
  });
  // Killed in the middle of being told something.
  child.on('error', () => undefined);
  const send = (message: ToWindow): void => {
    if (alive) child.send(message, () => undefined);
  };
  const ask = (question: Question, text: string, callers = 1, serial = 0): Promise<unknown> => {
    const call = Promise.withResolvers<unknown>();
    if (!alive) call.reject(new Error(`${name} is dead`));
    calls.set(++asked, call);
    send({ do: question, call: asked, text, callers, serial });
    return call.promise;
  };
  await ready.promise;
  send({ do: 'open', ...place });
  const window: FleetWindow = {
    name,
    role: () => role,
    alive: () => alive,
    died: exited,
    has: wanted =>
      new Promise(resolve => {
        const look = (): void => {
          if (role !== wanted) return;
          watching.delete(look);
          resolve();
        };
        watching.add(look);
        look();
      }),
    dieAt: (point, mark) =>
      send({ do: 'dieAt', point, mark: join(dirname(place.directory), `died-${mark}`) }),
    breakStorage: () => send({ do: 'breakStorage' }),
    setClock: seconds => send({ do: 'setClock', seconds }),
    add: grant => ask('add', grant) as Promise<string>,
    expire: id => ask('expire', id) as Promise<never>,
    renew: (id, callers) => ask('renew', id, callers) as Promise<number[]>,
    burst: (id, serial, callers) => ask('burst', id, callers, serial) as Promise<Burst>,
    look: id => ask('look', id) as Promise<Look>,
    signOut: id => ask('signOut', id) as Promise<never>,
    async kill() {
      if (alive) child.kill('SIGKILL');
      await exited;
    },
    stop: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
  };
  return window;
}

/** Waits for what other processes bring about. */
export async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise(resolve => setTimeout(resolve, 10));
}
