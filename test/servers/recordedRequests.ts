/** One request that reached a test server. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The body: form fields, or the members of a JSON object. Empty until the request was read. */
  body: Readonly<Record<string, unknown>>;
  /** The scheme of the Authorization header, lower case; its value is not kept. */
  readonly authorization: string | undefined;
  /** 0 until it was answered. */
  status: number;
  /** When it arrived, milliseconds since the epoch. */
  readonly time: number;
}

/** The record of a request that has just arrived at `target`, a path with or without a query. */
export function recordArrival(
  method: string | undefined,
  target: string | undefined,
  authorization: string | undefined,
): RecordedRequest {
  const { pathname, searchParams } = new URL(target ?? '/', 'http://localhost');
  return {
    method: method ?? 'GET',
    path: pathname,
    query: Object.fromEntries(searchParams),
    body: {},
    authorization: authorization?.split(' ', 1)[0]?.toLowerCase(),
    status: 0,
    time: Date.now(),
  };
}
