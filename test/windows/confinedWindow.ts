/**
 * A window in a process of its own, for one whose disk is full: joins at the directory that is named on the command
 * line, and tells its parent its role and what it logs.
 */
import { systemClock } from '../../src/platform/clock.ts';
import type { Log, SafeFields } from '../../src/platform/log.ts';
import { joinBySockets } from '../../src/windows/sockets/joinBySockets.ts';

export type FromConfined =
  | { readonly is: 'role'; readonly role: string }
  | { readonly is: 'line'; readonly level: keyof Log; readonly event: string; readonly reason: string };

const tell = (message: FromConfined): void => void process.send?.(message);
const line =
  (level: keyof Log) =>
  (event: string, fields: SafeFields = {}): void =>
    tell({ is: 'line', level, event, reason: String(fields['reason'] ?? '') });

const [, , directory] = process.argv;
if (directory === undefined) throw new Error('Where? Give the directory');
process.on('disconnect', () => process.exit());
const group = joinBySockets({
  directory,
  serve: () => ({}),
  window: {},
  clock: systemClock,
  log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
  timing: { aloneRecheck: 20 },
});
group.onRoleChange(role => tell({ is: 'role', role }));
