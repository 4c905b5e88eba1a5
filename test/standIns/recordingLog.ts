import { logLine, type Log, type SafeFields } from '../../src/platform/log.ts';

/** A log that keeps its lines, level first, as a person would read them. */
export interface RecordingLog extends Log {
  readonly lines: string[];
  text(): string;
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const level = (name: string) => (event: string, fields?: SafeFields) =>
    void lines.push(`${name} ${logLine(event, fields)}`);
  return {
    lines,
    text: () => lines.join('\n'),
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
  };
}
