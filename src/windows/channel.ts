import { createBirpc } from 'birpc';
import { describeError, RemoteError, reviveError } from './errors.ts';
import { limits, type Frames } from './frames.ts';

/** Calls in both directions over frames whose peer has proved the key. */
export interface Channel {
  /** Rejects with what the function threw as a RemoteError, or with `lost()` if the channel ends first. */
  call(method: string, args: readonly unknown[], lost: () => Error): Promise<unknown>;
  /** Asks the peer for a sign of life; any bytes are the answer. */
  ping(): void;
  /** To be called when the frames have closed: rejects what is outstanding. */
  end(): void;
}

/** What the peer may call. */
export type Callable = Readonly<Record<string, (...args: never[]) => unknown>>;

const ping = JSON.stringify({ t: 'ping' });
const pong = JSON.stringify({ t: 'pong' });

export function openChannel(frames: Frames, callable: Callable): Channel {
  // Without a prototype: the library looks a method up by name, and `constructor` is not ours to offer.
  const functions = Object.assign(Object.create(null) as object, callable);
  let ended = false;
  let deliver: (message: unknown) => unknown = () => undefined;

  const rpc = createBirpc<object, object, false>(functions, {
    proxify: false,
    bind: 'functions',
    // A call ends when it is answered or when the channel ends; a peer that is silent is somebody else's watch.
    timeout: -1,
    post: (line: string) => frames.send(line),
    on: receiver => {
      deliver = receiver;
    },
    serialize: (message: Record<string, unknown>) =>
      JSON.stringify('e' in message ? { ...message, e: describeError(message['e']) } : message),
    deserialize: (message: Record<string, unknown>) =>
      'e' in message ? { ...message, e: reviveError(message['e']) } : message,
    // An answer that could not be sent (too large, not JSON) is then answered with that error.
    onGeneralError: (_error, name) => name !== undefined,
  });

  frames.receive(frame => {
    const type = messageType(frame);
    if (type === 'ping') frames.send(pong);
    else if (type === 'call')
      void Promise.resolve(deliver(frame)).catch(() => frames.drop('it sent a call that failed'));
    else if (type !== 'pong') frames.drop('it sent something that is not a message');
  }, limits.frame);

  return {
    async call(method, args, lost) {
      if (ended) throw lost();
      try {
        return await rpc.$callRaw({ method, args: [...args] });
      } catch (error) {
        // An answer that came just before the end is still an answer.
        throw ended && !(error instanceof RemoteError) ? lost() : error;
      }
    },
    ping: () => frames.send(ping),
    end() {
      ended = true;
      rpc.$close();
    },
  };
}

/** The library trusts what it is given, so nothing else may reach it. */
function messageType(frame: unknown): 'ping' | 'pong' | 'call' | undefined {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const { t, i, m, a } = frame as Record<string, unknown>;
  if (t === 'ping' || t === 'pong') return t;
  if (t === 'q' && typeof i === 'string' && typeof m === 'string' && Array.isArray(a)) return 'call';
  if (t === 's' && typeof i === 'string') return 'call';
  return undefined;
}
