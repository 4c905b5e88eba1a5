/**
 * The values allowed in the log. They exclude {@link Secret}, errors, and responses: callers choose each field to
 * log.
 */
export type SafeValue = string | number | boolean | undefined | readonly string[];

export type SafeFields = Readonly<Record<string, SafeValue>>;

/** The log that "OIDC: Show Log" opens. `event` is a short English sentence without a full stop. */
export interface Log {
  debug(event: string, fields?: SafeFields): void;
  info(event: string, fields?: SafeFields): void;
  warn(event: string, fields?: SafeFields): void;
  error(event: string, fields?: SafeFields): void;
}

/** Returns the loggable part of an unexpected error. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

/** A log line, as {@link logLine} makes it. */
export type LogLine = string & { readonly line: true };

/** The most characters of a value in the log. */
const longest = 2000;

/**
 * Formats one log line: the event, then its fields as `name=value`, with quotes around values that contain spaces. It
 * is always a single line of limited length.
 */
export function logLine(event: string, fields: SafeFields = {}): LogLine {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${fieldText(value)}`);
  return [event.slice(0, longest).replace(misleading, ' '), ...parts].join(' ') as LogLine;
}

function fieldText(value: SafeValue): string {
  if (Array.isArray(value)) return `[${value.slice(0, 100).map(fieldText).join(' ')}]`;
  const whole = String(value);
  const text = whole.length > longest ? `${whole.slice(0, longest)}…` : whole;
  return /^[\w.:/@+-]+$/.test(text) ? text : quoted(text);
}

/** What JSON leaves as it is, but would end a line or change how the rest of it looks. */
const misleading = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** In quotes, without anything that could be taken for the end of the value or of the line. */
function quoted(text: string): string {
  const escape = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
  return JSON.stringify(text).replace(misleading, escape);
}
