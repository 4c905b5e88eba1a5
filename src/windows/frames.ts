import { MessageTooLarge } from './errors.ts';

/** In bytes. What a peer can make this process hold is the sum of these, whatever it sends or does not read. */
export const limits = {
  /** A frame of a peer that has not proved the key yet. */
  frameBeforeProof: 512,
  /** Any other frame. */
  frame: 1024 * 1024,
  /** What is written but not yet read by the peer. */
  unread: 8 * 1024 * 1024,
};

/** Lines of JSON to and from one peer. A peer that breaks a limit, or sends anything else, is dropped. */
export interface Frames {
  /** One line, without its end. Throws {@link MessageTooLarge}; does nothing once closed. */
  send(line: string): void;
  /** Replaces the receiver. Takes effect at once, for frames that have come already too. */
  receive(receiver: (frame: unknown) => void, limit: number): void;
  /** Closes at once, unsent data included. */
  drop(reason: string): void;
  readonly closed: boolean;
}

export interface FrameEvents {
  /** Bytes arrived. */
  heard?(): void;
  /** Called once, synchronously from `drop` too. `reason` is ours or an error code, never the peer's text. */
  closed(reason: string): void;
}

/** The reason when the peer closed the connection in order. */
export const peerClosed = 'it closed the connection';

/** @throws {MessageTooLarge} for a text that does not fit in a frame. */
export function checkSize(text: string): void {
  // No character takes more than three bytes of UTF-8 for each of its units.
  if (text.length * 3 <= limits.frame) return;
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > limits.frame) throw new MessageTooLarge(bytes, limits.frame);
}
