import { reachingFailures } from './reaching.ts';
import { signInFailures } from './signingIn.ts';
import { tokenFailures } from './tokens.ts';

/**
 * Lists every way in which talking to a provider can fail; see docs/decisions/0008. `{name}` stands for a detail, which
 * is never secret; text from a server is quoted (see serverText.ts).
 */
export const failures = { ...reachingFailures, ...signInFailures, ...tokenFailures } as const;

export type FailureCode = keyof typeof failures;
