import type { Grant } from '../grant/grant.ts';

/** How a grant's tokens are doing, beside what is stored with the grant. */
export type TokenState =
  | { readonly kind: 'resting' }
  | {
      readonly kind: 'refreshing';
      readonly result: Promise<Grant | undefined>;
      /** Of the derived token that is asked for; undefined: the main one is. */
      readonly scopes: readonly string[] | undefined;
    }
  /** The server could not be asked: the tokens are kept, and it will be asked again. */
  | {
      readonly kind: 'offline';
      readonly failures: number;
      readonly retryAt: number;
      readonly reason: string;
    }
  /** The storage does not answer: new tokens that nobody has asked for would be lost with this process. */
  | { readonly kind: 'unstorable'; readonly retryAt: number };

export const resting: TokenState = { kind: 'resting' };
