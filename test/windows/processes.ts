import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './surroundings.ts';
import { recordBytes, type FromWorker, type ToWorker } from './worker.ts';

export interface WindowProcess {
  readonly pid: number;
  readonly role: () => string;
  join(): void;
  /** Who answers this window as leader. */
  ask(): Promise<{ pid: number; term: number }>;
  has(role: string, term?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Ends it at once and waits for its end. */
  kill(): Promise<void>;
}

/** From when to when a process took itself for the leader of a term, in nanoseconds of one clock. */
export interface Belief {
  readonly term: number;
  readonly pid: number;
  readonly from: bigint;
  readonly until: bigint;
}

export function windowProcesses() {
  const directory = temporaryDirectory();
  const all = new Set<WindowProcess>();
  return {
    /** Started and waiting to join. */
    async start(unresponsiveAfter: number, shared = join(directory.path, 'w')): Promise<WindowProcess> {
      const process = await startProcess(shared, unresponsiveAfter);
      all.add(process);
      return process;
    },
    beliefs: () => beliefsIn(directory.path),
    async end(): Promise<void> {
      await Promise.all([...all].map(process => process.kill()));
      directory.remove();
    },
  };
}

async function startProcess(directory: string, unresponsiveAfter: number): Promise<WindowProcess> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const answers = new Map<number, PromiseWithResolvers<{ pid: number; term: number }>>();
  const waiting = new Set<() => void>();
  let role = 'joining';
  let term = 0;
  const ready = once(child, 'message');
  child.on('message', (message: FromWorker) => {
    if (message.is === 'role') {
      ({ role, term } = message);
      for (const look of waiting) look();
    } else if (message.is === 'answer') {
      if (message.leader === undefined) answers.get(message.id)?.reject(new Error(message.error));
      else answers.get(message.id)?.resolve(message.leader);
      answers.delete(message.id);
    }
  });
  await ready;
  const send = (message: ToWorker) => child.send(message);
  let asked = 0;
  return {
    pid: pidOf(child),
    role: () => role,
    join: () => send({ do: 'join', directory, unresponsiveAfter }),
    ask() {
      const answer = Promise.withResolvers<{ pid: number; term: number }>();
      answers.set(++asked, answer);
      send({ do: 'ask', id: asked });
      return answer.promise;
    },
    has: (wanted, atLeast = 0) =>
      new Promise(resolve => {
        const look = (): void => {
          if (role !== wanted || term < atLeast) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    signal: name => void child.kill(name),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('The process did not start');
  return child.pid;
}

function beliefsIn(directory: string): Belief[] {
  const beliefs: Belief[] = [];
  for (const name of readdirSync(directory).filter(name => name.startsWith('beliefs.'))) {
    const data = readFileSync(join(directory, name));
    for (let at = 0; at + recordBytes <= data.length; at += recordBytes) {
      const pid = Number(data.readBigInt64LE(at + 16));
      if (pid === 0) continue;
      const [from, until] = [data.readBigInt64LE(at), data.readBigInt64LE(at + 8)];
      beliefs.push({ term: at / recordBytes, pid, from, until });
    }
  }
  return beliefs.sort((a, b) => a.term - b.term);
}
