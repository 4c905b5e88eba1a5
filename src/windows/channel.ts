import { createBirpc } from 'birpc';
import { describeError, MessageTooLarge, RemoteError, reviveError } from './errors.ts';

/** Limits in bytes. Their sum bounds what a peer can make this process hold, whatever it sends or doesn't read. */
export const limits = {
  /** A frame of a peer that hasn't proved the key yet. */
  frameBeforeProof: 512,
  /** Any other frame. */
  frame: 1024 * 1024,
  /** What is written but not yet read by the peer. */
  unread: 8 * 1024 * 1024,
};

/** Lines of JSON to and from one peer. A peer that breaks a limit, or sends anything else, is dropped. */
export interface Frames {
  /** Sends one line, without its line break. Throws {@link MessageTooLarge}. Does nothing once closed. */
  send(line: string): void;
  /** Replaces the receiver. Takes effect at once, for frames that have come already too. */
  receive(receiver: Receiver): void;
  /** Closes at once, unsent data included. */
  drop(reason: string): void;
  /** Aborted once closed, synchronously by `drop`. Its reason is ours or an error code, never the peer's text. */
  readonly closed: AbortSignal;
}

export interface Receiver {
  /** In bytes, for one frame. */
  readonly limit: number;
  /** Bytes arrived. */
  heard?(): void;
  /** Without it frames wait for the next receiver, as many as fit in one. */
  frame?(this: void, frame: unknown): void;
}

/** The reason when the peer closed the connection in order. */
export const peerClosed = 'it closed the connection';
/** The reason if the peer is connected but doesn't respond. */
export const silent = 'it does not answer';

/** What frames travel by. */
export interface Carrier {
  send(line: string): void;
  close(reason: string): void;
}

/** Receives the frames that arrive. */
export interface Carried {
  readonly frames: Frames;
  /** For the line that is arriving, in bytes. */
  limit(): number;
  heard(): void;
  arrived(line: string): void;
}

export function carriedBy(carrier: Carrier): Carried {
  const over = new AbortController();
  const closed = over.signal;
  let receiver: Receiver = { limit: 0 };
  const early: unknown[] = [];
  let earlySize = 0;

  const frames: Frames = {
    closed,
    send(line) {
      checkSize(line);
      if (!closed.aborted) carrier.send(line);
    },
    receive(next) {
      receiver = next;
      while (receiver.frame && early.length > 0) receiver.frame(early.shift());
    },
    drop(reason) {
      if (closed.aborted) return;
      over.abort(reason);
      carrier.close(reason);
    },
  };
  return {
    frames,
    limit: () => receiver.limit,
    heard: () => receiver.heard?.(),
    arrived(line) {
      if (closed.aborted) return;
      let frame: unknown;
      try {
        frame = JSON.parse(line);
      } catch {
        return frames.drop('it sent something that is not JSON');
      }
      if (receiver.frame) return receiver.frame(frame);
      early.push(frame);
      earlySize += line.length;
      if (earlySize > limits.frame) frames.drop('it spoke too early');
    },
  };
}

/** @throws {MessageTooLarge} for a string that doesn't fit in a frame. */
export function checkSize(text: string): void {
  // No character takes more than three bytes of UTF-8 for each of its units.
  if (text.length * 3 <= limits.frame) return;
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > limits.frame) throw new MessageTooLarge(bytes, limits.frame);
}

/** The functions that the peer can call. */
export type Callable = Readonly<Record<string, (...args: never[]) => unknown>>;

const ping = JSON.stringify({ t: 'ping' });
const pong = JSON.stringify({ t: 'pong' });

/** Calls in both directions over frames whose peer has proved the key. Ends with the frames. */
export type Channel = ReturnType<typeof openChannel>;

/** @param heard bytes arrived from the peer. */
export function openChannel(frames: Frames, callable: Callable, heard?: () => void) {
  const { closed } = frames;
  // Has no prototype: the library looks up methods by name, and `constructor` must not be callable.
  const functions = Object.assign(Object.create(null) as object, callable);
  let deliver: (message: unknown) => unknown = () => undefined;

  const rpc = createBirpc<object, object, false>(functions, {
    proxify: false,
    bind: 'functions',
    // A call ends with its response or with the channel. Silent peers are detected elsewhere.
    timeout: -1,
    post: (line: string) => frames.send(line),
    on: receiver => {
      deliver = receiver;
    },
    serialize: (message: Record<string, unknown>) =>
      JSON.stringify('e' in message ? { ...message, e: describeError(message['e']) } : message),
    deserialize: (message: Record<string, unknown>) =>
      'e' in message ? { ...message, e: reviveError(message['e']) } : message,
    // A response that can't be sent (too large, not JSON) is replaced by that error.
    onGeneralError: (_error, name) => name !== undefined,
  });
  closed.addEventListener('abort', () => rpc.$close());

  frames.receive({
    limit: limits.frame,
    ...(heard && { heard }),
    frame(frame) {
      const type = messageType(frame);
      if (type === 'ping') frames.send(pong);
      else if (type === 'call')
        void Promise.resolve(deliver(frame)).catch(() => frames.drop('it sent a call that failed'));
      else if (type !== 'pong') frames.drop('it sent something that is not a message');
    },
  });

  return {
    /** Rejects with what the function threw as a RemoteError, or with `lost()` if the channel ends first. */
    async call(method: string, args: readonly unknown[], lost: () => Error): Promise<unknown> {
      if (closed.aborted) throw lost();
      try {
        return await rpc.$callRaw({ method, args: [...args] });
      } catch (error) {
        // A response that arrived just before the channel ended still counts.
        throw closed.aborted && !(error instanceof RemoteError) ? lost() : error;
      }
    },
    /** Asks the peer for a sign of life. Any bytes count as a response. */
    ping: () => frames.send(ping),
  };
}

/** Validates frames, because the library trusts its input. */
function messageType(frame: unknown): 'ping' | 'pong' | 'call' | undefined {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const { t, i, m, a } = frame as Record<string, unknown>;
  if (t === 'ping' || t === 'pong') return t;
  if (t === 'q' && typeof i === 'string' && typeof m === 'string' && Array.isArray(a)) return 'call';
  if (t === 's' && typeof i === 'string') return 'call';
  return undefined;
}
