import { l10n } from '../../platform/shown.ts';
import { startFailures } from './atStart.ts';
import { KnownFailure, type FailureArguments, type FailureCode } from './knownFailure.ts';
import { reachingFailures } from './reaching.ts';
import { signInFailures } from './signingIn.ts';
import { tokenFailures } from './tokens.ts';

export type { FailureCode, FailureDetails } from './knownFailure.ts';

/**
 * Lists everything that can fail in requests to a provider, see docs/decisions/0008. `{name}` is replaced by a detail,
 * which is never secret. A server's text is quoted (see serverText.ts).
 */
export const failures = {
  ...startFailures,
  ...reachingFailures,
  ...signInFailures,
  ...tokenFailures,
} as const;

/** Any failure, with all texts: what every window loads makes only {@link StartFailure}. */
export class Failure extends KnownFailure {
  constructor(...failure: FailureArguments<FailureCode>) {
    super(failures[failure[0]], ...failure);
  }

  /** Those of the start are failures as well. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(KnownFailure, value);
  }
}

/** The detail `said`: what the server itself gave as a reason, as a sentence of its own, or nothing. */
export function saying(quoted: string | undefined): string {
  return quoted === undefined ? '' : ` ${l10n.t('Server message: {0}.', quoted)}`;
}
