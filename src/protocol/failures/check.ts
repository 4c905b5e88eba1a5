/**
 * What happens if a response fails a check:
 *
 * - `safety`: the response is always refused.
 * - `form`: the response is read for what it means if it has only one meaning. Otherwise, it is refused.
 * - `asking`: we requested something on our own initiative that the server doesn't support, so we request less.
 * - `ending`: a sign-in might have ended. Only the authorization server itself can say so, in an OAuth error.
 * - `keeping`: nothing is lost with the response.
 */
export type CheckClass = 'safety' | 'form' | 'asking' | 'ending' | 'keeping';

export interface Check {
  readonly kind: CheckClass;
  /** The responses that it applies to. */
  readonly of: string;
  /** What must hold, as a sentence. */
  readonly holds: string;
  /** The result if that doesn't hold. */
  readonly otherwise: string;
  /** Codes of failures, and the reasons in them, that it ends in. A test finds those that no check has. */
  readonly refuses?: readonly string[];
  /** The function that it is in, where no failure tells. */
  readonly by?: string;
}
