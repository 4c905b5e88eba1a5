import type { CurrentTokens, Grant } from './grant.ts';

/** Names an access token of a grant: the scopes of a derived one; undefined: the main one. */
export type Which = readonly string[] | undefined;

/** The members of a grant that say whether its refresh token may be spent. */
export type Doubt = Pick<Grant, 'refreshSentAt' | 'refreshResentAt'>;

/** The request for new tokens of a grant. There is never more than one. */
export interface Request {
  readonly which: Which;
  /** True once somebody waits for the tokens. */
  readonly asked: boolean;
  /** The serial of the token that is to be replaced. */
  readonly serial: number;
  /**
   * `listening`: the other windows and the storage are asked for what they know; `noted`: it is stored that the refresh
   * token will be sent; `rotated`: the new one is stored, and the rest of the answer is judged.
   */
  readonly stage: 'listening' | 'noted' | 'sent' | 'rotated';
  /** What it is sent with: an answer counts only while the grant still has it. */
  readonly sent: Pick<CurrentTokens, 'serial' | 'refreshToken'>;
  /** What an attempt that does not arrive says nothing about. */
  readonly before: Doubt;
  /** When it was sent: a window that had not heard of it might have taken that back. */
  readonly noted?: Doubt;
}

/** The requests that have failed since the last one that succeeded. Times are in seconds since the epoch. */
export interface Trouble {
  readonly failures: number;
  /** How many of them were answered by something that does not speak OAuth. */
  readonly obstructions: number;
  /** A sentence that is fit to be shown. */
  readonly reason: string;
  readonly failedAt: number;
  readonly retryAt: number;
  /** The time that the server asked to be left alone until. */
  readonly notBefore: number;
}

/** What a window knows of a grant beside what is stored with it. It is lost with the window. */
export interface Memory {
  /** The serial of the tokens that the rest is about: of later ones it says nothing. */
  readonly serial: number;
  readonly request: Request | undefined;
  readonly trouble: Trouble | undefined;
  /** Until when the secret storage is taken to be silent: what is received would be lost with this process. */
  readonly silentUntil: number | undefined;
  /** True if this window lacks the client secret; another one may have it. */
  readonly lacksSecret: boolean;
}

export const blank: Memory = {
  serial: 0,
  request: undefined,
  trouble: undefined,
  silentUntil: undefined,
  lacksSecret: false,
};

/** The memory of a grant as it is now. */
export const about = ({ tokens: { serial } }: Grant, memory: Memory): Memory =>
  memory.serial === serial ? memory : { ...blank, serial, request: memory.request };
