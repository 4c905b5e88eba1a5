/**
 * What may stand in the log. A {@link Secret} is not among these types, nor is an error or a response: what
 * is logged is chosen field by field where it happens.
 */
export type SafeValue = string | number | boolean | undefined | readonly string[];

export type SafeFields = Readonly<Record<string, SafeValue>>;

/** The log a person reads under "OIDC: Show Log". `event` is a short English sentence without a full stop. */
export interface Log {
  debug(event: string, fields?: SafeFields): void;
  info(event: string, fields?: SafeFields): void;
  warn(event: string, fields?: SafeFields): void;
  error(event: string, fields?: SafeFields): void;
}

/** One line of the log: the event, then its fields as `name=value`, values with spaces in quotes. */
export function logLine(event: string, fields: SafeFields = {}): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${fieldText(value)}`);
  return [event, ...parts].join(' ');
}

function fieldText(value: SafeValue): string {
  if (Array.isArray(value)) return `[${value.join(' ')}]`;
  const text = String(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
