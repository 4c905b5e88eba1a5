/** The leader went away after a call was sent to it. The call might have been carried out. */
export class LeaderLost extends Error {
  override readonly name = 'LeaderLost';
  readonly code = 'LEADER_LOST';
  constructor(call: string) {
    super(
      `The window that carries out "${call}" went away before it answered; it may or may not have been carried out. Look at the state it should have changed, then try again.`,
    );
  }
}

/** No leader was reachable or ready within the time limit. Nothing was carried out. */
export class LeaderUnavailable extends Error {
  override readonly name = 'LeaderUnavailable';
  readonly code = 'LEADER_UNAVAILABLE';
  constructor(call: string, milliseconds: number, cause: string) {
    super(
      `"${call}" waited ${milliseconds} ms for the leading window (${cause}). Try again; if it stays like this, reload the windows of this editor and look at the log.`,
    );
  }
}

/** This window has left the group. */
export class GroupDisposed extends Error {
  override readonly name = 'GroupDisposed';
  readonly code = 'GROUP_DISPOSED';
  constructor() {
    super('This window has left the group of windows.');
  }
}

/** A message above the frame limit. It wasn't sent. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
  readonly code = 'MESSAGE_TOO_LARGE';
  constructor(bytes: number, limit: number) {
    super(`A message of ${bytes} bytes was not sent to another window: the limit is ${limit}.`);
  }
}

/** What a function of another window threw. The same class is used when that window is this one. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  /** `name` of the error that was thrown. */
  readonly originalName: string;
  /** `code` of the error that was thrown, if it was a string. */
  readonly code: string | undefined;
  constructor(described: DescribedError) {
    super(described.message);
    this.originalName = described.name;
    this.code = described.code;
  }
}

/** The part of an error that crosses the wire, always small: never its stack, its cause or other fields. */
export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

/** The `code` of a Node error such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function describeError(error: unknown): DescribedError {
  const short = (text: string) => text.slice(0, 2000);
  if (!(error instanceof Error)) return { name: 'Error', message: short(String(error)) };
  const code = codeOf(error);
  // A RemoteError that is passed on keeps telling what was thrown first.
  const name = error instanceof RemoteError ? error.originalName : error.name;
  return {
    name: short(name),
    message: short(error.message),
    ...(code === undefined ? {} : { code: short(code) }),
  };
}

/** Reverses {@link describeError}, and tolerates anything that a peer sends. */
export function reviveError(described: unknown): RemoteError {
  const text = (field: string) => {
    const value: unknown =
      typeof described === 'object' && described !== null ? Reflect.get(described, field) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const code = text('code');
  return new RemoteError({
    name: text('name') ?? 'Error',
    message: text('message') ?? 'The other window failed without saying why.',
    ...(code === undefined ? {} : { code }),
  });
}
