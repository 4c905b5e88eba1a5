import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { limits } from '../channel.ts';
import { rarely } from '../timeouts.ts';

/** The part of a `BroadcastChannel` that is used. */
export interface Broadcast {
  onmessage: ((event: MessageEvent) => unknown) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** All tabs but the sender. */
export const everyone = 'everyone';

interface Letter {
  readonly to: string;
  readonly from: string;
  readonly number: number;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

/** Room for the first line of a message, which says what it is, and for the authentication tag. */
const mostSealed = limits.frame + 1024;
const longestAddress = 64;
const nonceBytes = 12;

/**
 * Encrypts messages between tabs, over a channel that everything on the same origin can read and write: other
 * extensions, pages that the host serves next to the editor.
 *
 * - Only holders of the key can read a message, or write one that is accepted (AES-GCM).
 * - Receiver, sender and message number are authenticated, and the numbers of a sender only increase: a message that
 *   is replayed, reordered, or sent to another tab isn't accepted. A tab's address is new each time.
 */
export type Post = ReturnType<typeof openPost>;

export function openPost(options: {
  channel: Broadcast;
  cipher: CryptoKey;
  received: (from: string, text: string) => void;
  clock: Clock;
  log: Log;
}) {
  const { channel, cipher, received } = options;
  /** This tab. */
  const address = crypto.randomUUID();
  const warn = rarely(options.clock, options.log);
  const lastNumbers = new Map<string, number>();
  let nextNumber = 1;
  let sending: Promise<void> = Promise.resolve();
  let receiving: Promise<void> = Promise.resolve();
  let closed = false;

  const parameters = ({ to, from, number, iv }: Omit<Letter, 'sealed'>) => ({
    name: 'AES-GCM',
    iv,
    additionalData: new TextEncoder().encode([to, from, number].join('\n')),
  });

  async function sealAndPost(head: Omit<Letter, 'sealed'>, text: string): Promise<void> {
    const sealed = await crypto.subtle.encrypt(parameters(head), cipher, new TextEncoder().encode(text));
    channel.postMessage({ ...head, sealed } satisfies Letter);
  }

  async function open(letter: Letter): Promise<void> {
    let text: string;
    try {
      const { sealed, ...head } = letter;
      text = new TextDecoder().decode(await crypto.subtle.decrypt(parameters(head), cipher, sealed));
    } catch {
      warn('A message between tabs was ignored', 'it was not sealed with our key');
      return;
    }
    if (letter.number <= (lastNumbers.get(letter.from) ?? 0)) {
      warn('A message between tabs was ignored', 'it was sent before');
      return;
    }
    lastNumbers.set(letter.from, letter.number);
    if (!closed) received(letter.from, text);
  }

  channel.onmessage = ({ data }: MessageEvent) => {
    const letter = letterFrom(data);
    if (letter === undefined) warn('A message between tabs was ignored', 'it has another form');
    else if (letter.to === address || letter.to === everyone) {
      // One after the other: to decrypt takes the longer the longer the message.
      receiving = receiving.then(() => open(letter));
    }
  };

  return {
    address,
    /** Messages of one tab arrive in the order in which they were sent. Does nothing once closed. */
    send(to: string, text: string) {
      if (closed) return;
      const iv = crypto.getRandomValues(new Uint8Array(nonceBytes));
      const head = { to, from: address, number: nextNumber++, iv };
      sending = sending
        .then(() => sealAndPost(head, text))
        .catch(() => warn('A message between tabs was not sent', 'the channel failed'));
    },
    /** Resolves when everything has been sent. */
    async close(): Promise<void> {
      closed = true;
      channel.onmessage = null;
      await sending;
      channel.close();
    },
  };
}

/** Validates a letter from the channel, because anything on the origin can write to it. */
function letterFrom(data: unknown): Letter | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { to, from, number, iv, sealed } = data as Partial<Record<keyof Letter, unknown>>;
  if (typeof to !== 'string' || to.length > longestAddress) return undefined;
  if (typeof from !== 'string' || from.length > longestAddress) return undefined;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return undefined;
  if (!(iv instanceof Uint8Array) || iv.length !== nonceBytes) return undefined;
  if (!(sealed instanceof ArrayBuffer) || sealed.byteLength > mostSealed) return undefined;
  return { to, from, number, iv: new Uint8Array(iv), sealed };
}
