/**
 * What becomes of a check that an answer does not pass:
 *
 * - `safety`: the answer is refused, always;
 * - `form`: what it means is read, as far as it means one thing; else it is refused;
 * - `asking`: we asked for something by ourselves that the server does not give: less is asked for;
 * - `ending`: whether a sign-in has ended; only the authorization server itself can say that, in an OAuth error;
 * - `keeping`: nothing may be lost with the answer.
 */
export type CheckClass = 'safety' | 'form' | 'asking' | 'ending' | 'keeping';

export interface Check {
  readonly kind: CheckClass;
  /** The answers that it is about. */
  readonly of: string;
  /** What must hold, as a sentence. */
  readonly holds: string;
  /** What comes of it if that does not hold. */
  readonly otherwise: string;
  /** Codes of failures, and the reasons in them, that it ends in. A test finds those that no check has. */
  readonly refuses?: readonly string[];
  /** The function that it is in, where no failure tells. */
  readonly by?: string;
}
