import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/platform/clock.ts';
import type { Ownership } from '../../src/windows/group.ts';
import { joinWindows } from '../../src/windows/sockets/join.ts';
import { recordedLog } from './surroundings.ts';

/**
 * A window in a process of its own. The parent says when to join, and asks. Whenever this process has been an
 * owner it goes on asking each of its ownerships, old ones too, whether it is current, and writes down when the
 * answer was yes: to a file, because it may be killed at any moment.
 */
export interface OwnerFunctions {
  whoOwns(): { pid: number; generation: number };
}
export type ToWorker =
  | { readonly do: 'join'; readonly directory: string; readonly unresponsiveAfter: number }
  | { readonly do: 'ask'; readonly id: number };
export type FromWorker =
  | { readonly is: 'ready' }
  | { readonly is: 'role'; readonly role: string; readonly generation: number }
  | {
      readonly is: 'answer';
      readonly id: number;
      readonly owner?: { pid: number; generation: number };
      readonly error?: string;
    };

/** Per generation: end of the first and start of the last check that said yes, in nanoseconds, and the pid. */
export const recordBytes = 24;

const tell = (message: FromWorker) => process.send?.(message);

function watch(ownership: Ownership<object>, file: number): void {
  let firstEnd = 0n;
  const record = Buffer.alloc(recordBytes);
  const check = (): void => {
    const start = process.hrtime.bigint();
    const current = ownership.isCurrent();
    const end = process.hrtime.bigint();
    if (current) {
      firstEnd ||= end;
      record.writeBigInt64LE(firstEnd, 0);
      record.writeBigInt64LE(start, 8);
      record.writeBigInt64LE(BigInt(process.pid), 16);
      writeSync(file, record, 0, recordBytes, ownership.generation * recordBytes);
    }
    setImmediate(check);
  };
  check();
}

process.on('disconnect', () => process.exit());
let group: ReturnType<typeof joinGroup> | undefined;

function joinGroup(directory: string, unresponsiveAfter: number) {
  const file = openSync(join(directory, '..', `beliefs.${process.pid}`), 'w');
  return joinWindows<OwnerFunctions, object>({
    directory,
    createOwner(ownership) {
      watch(ownership, file);
      return { whoOwns: () => ({ pid: process.pid, generation: ownership.generation }) };
    },
    window: {},
    idempotent: ['whoOwns'],
    clock: systemClock,
    log: recordedLog(),
    timing: { unresponsiveAfter, heartbeat: 2 * unresponsiveAfter },
  });
}

process.on('message', (message: ToWorker) => {
  if (message.do === 'join') {
    group = joinGroup(message.directory, message.unresponsiveAfter);
    group.onRoleChange((role, generation) => tell({ is: 'role', role, generation }));
    return;
  }
  const { id } = message;
  group?.owner.whoOwns().then(
    owner => tell({ is: 'answer', id, owner }),
    (error: unknown) => tell({ is: 'answer', id, error: String(error) }),
  );
});
tell({ is: 'ready' });
