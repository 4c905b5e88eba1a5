import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log, SafeFields } from '../../src/platform/log.ts';

/** A short path, so that sockets can be made in it. */
export function temporaryDirectory(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'w-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Line {
  readonly level: keyof Log;
  readonly event: string;
  readonly fields: SafeFields;
}

/** A log that can be waited for. */
export interface RecordedLog extends Log {
  readonly lines: readonly Line[];
  /** The first line, past or to come, whose event and reason contain these texts. */
  line(event: string, reason?: string): Promise<Line>;
}

export function recordedLog(): RecordedLog {
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const record =
    (level: keyof Log) =>
    (event: string, fields: SafeFields = {}) => {
      lines.push({ level, event, fields });
      for (const look of waiting) look();
    };
  return {
    lines,
    line: (event, reason = '') =>
      new Promise(resolve => {
        const look = (): void => {
          const found = lines.find(
            line => line.event.includes(event) && String(line.fields['reason'] ?? '').includes(reason),
          );
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  };
}
