import { createCipher, keyLength, type Cipher } from './cipher.ts';

/** What to do after some bytes of a client. */
export type Step =
  | { readonly kind: 'wait' }
  /** Sends our public key, once. */
  | { readonly kind: 'send'; readonly text: string }
  /** The request is complete. */
  | { readonly kind: 'request'; readonly json: unknown; readonly isEncrypted: boolean }
  | { readonly kind: 'close'; readonly why: string };

/** One connection of a client of oidc-agent, which makes one request. Pure: it only counts and converts. */
export interface Conversation {
  receive(data: Uint8Array): Step;
  /** Returns the bytes of a response, in the form in which the request came. */
  response(json: object): string;
}

/** The longest request, in bytes. The longest of a client is about 1 kB. */
export const longestRequest = 16_384;
/** The most pieces that a request can come in. Each is looked at together with those before it. */
export const mostPieces = 1024;

/** Clients read until a piece is shorter than this, so no response can be a multiple of it. */
const readLength = 4096;

const whole = new TextDecoder('utf-8', { fatal: true });

/** @returns undefined if the bytes are no JSON, or not all of it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** @returns undefined if the bytes end within a character. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return whole.decode(bytes);
  } catch {
    return undefined;
  }
}

const wait: Step = { kind: 'wait' };
const close = (why: string): Step => ({ kind: 'close', why });

export function createConversation(): Conversation {
  let received: Buffer = Buffer.alloc(0);
  let pieces = 0;
  let length = 0;
  let cipher: Cipher | undefined;
  let isComplete = false;

  const complete = (json: unknown): Step => {
    isComplete = true;
    return { kind: 'request', json, isEncrypted: cipher !== undefined };
  };

  function plain(): Step {
    const last = received.toString('latin1').trimEnd().at(-1);
    const json =
      last === '}' || last === '\0' ? parse(decoded(received)?.replace(/\0\s*$/, '') ?? '') : undefined;
    return json === undefined ? wait : complete(json);
  }

  function sealed(key: Cipher): Step {
    const text = key.open(received.toString('latin1'));
    if (text === undefined) return wait;
    const json = parse(text);
    return json === undefined ? close('no JSON') : complete(json);
  }

  return {
    receive(data) {
      pieces += 1;
      length += data.length;
      if (length > longestRequest) return close('too long');
      if (pieces > mostPieces) return close('too many pieces');
      if (isComplete) return wait;
      received = Buffer.concat([received, data]);
      if (cipher) return sealed(cipher);
      const start = received.toString('latin1').trimStart();
      if (start === '' || start.startsWith('{')) return plain();
      if (received.length < keyLength) return /^[A-Za-z0-9+/]*$/.test(start) ? wait : close('no key');
      cipher = createCipher(received.toString('latin1', 0, keyLength));
      if (!cipher) return close('no key');
      received = received.subarray(keyLength);
      return { kind: 'send', text: cipher.publicKey };
    },
    response(json) {
      // More of them than it takes to get into the next block of base64.
      for (let padding = 0; ; padding += 1) {
        const text = JSON.stringify(json) + ' '.repeat(padding);
        const bytes = cipher ? cipher.seal(text) : text;
        if (Buffer.byteLength(bytes) % readLength !== 0) return bytes;
      }
    },
  };
}
