import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock.ts';
import { joinBySockets } from '../../src/windows/sockets/joinBySockets.ts';
import type { Leader } from '../../src/windows/leader.ts';
import { recordedLog } from './surroundings.ts';

/**
 * A window in a process of its own. The parent says when to join, and asks. Whenever this process has been an
 * leader it goes on asking each of its leases, old ones too, whether it is current, and writes down when the
 * answer was yes: to a file, because it may be killed at any moment.
 */
export interface LeaderFunctions {
  whoLeads(): { pid: number; term: number };
}
export type ToWorker =
  | { readonly do: 'join'; readonly directory: string; readonly unresponsiveAfter: number }
  | { readonly do: 'ask'; readonly id: number };
export type FromWorker =
  | { readonly is: 'ready' }
  | { readonly is: 'role'; readonly role: string; readonly term: number }
  | {
      readonly is: 'answer';
      readonly id: number;
      readonly leader?: { pid: number; term: number };
      readonly error?: string;
    };

/** Per term: end of the first and start of the last check that said yes, in nanoseconds, and the pid. */
export const recordBytes = 24;

const tell = (message: FromWorker) => process.send?.(message);

function watch(lease: Leader<object>, file: number): void {
  let firstEnd = 0n;
  const record = Buffer.alloc(recordBytes);
  const check = (): void => {
    const start = process.hrtime.bigint();
    const current = lease.isCurrent();
    const end = process.hrtime.bigint();
    if (current) {
      firstEnd ||= end;
      record.writeBigInt64LE(firstEnd, 0);
      record.writeBigInt64LE(start, 8);
      record.writeBigInt64LE(BigInt(process.pid), 16);
      writeSync(file, record, 0, recordBytes, lease.term * recordBytes);
    }
    setImmediate(check);
  };
  check();
}

process.on('disconnect', () => process.exit());
let group: ReturnType<typeof joinGroup> | undefined;

function joinGroup(directory: string, unresponsiveAfter: number) {
  const file = openSync(join(directory, '..', `beliefs.${process.pid}`), 'w');
  return joinBySockets<LeaderFunctions, object>({
    directory,
    serve(lease) {
      watch(lease, file);
      return { whoLeads: () => ({ pid: process.pid, term: lease.term }) };
    },
    window: {},
    idempotent: ['whoLeads'],
    clock: systemClock,
    log: recordedLog(),
    timing: { unresponsiveAfter, heartbeat: 2 * unresponsiveAfter },
  });
}

process.on('message', (message: ToWorker) => {
  if (message.do === 'join') {
    group = joinGroup(message.directory, message.unresponsiveAfter);
    group.onRoleChange((role, term) => tell({ is: 'role', role, term }));
    return;
  }
  const { id } = message;
  group?.leader.whoLeads().then(
    leader => tell({ is: 'answer', id, leader }),
    (error: unknown) => tell({ is: 'answer', id, error: String(error) }),
  );
});
tell({ is: 'ready' });
