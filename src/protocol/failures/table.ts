import { reachingFailures } from './reaching.ts';
import { signInFailures } from './signingIn.ts';
import { tokenFailures } from './tokens.ts';

/**
 * Every way in which talking to a provider can fail, closed. Each says what happened, whether trying again
 * later can help (`passing`) or not (`final`), and what the person can do. `{name}` stands for a detail; the
 * details of a failure are never secret, and text from a server is quoted (see serverText.ts).
 */
export const failures = { ...reachingFailures, ...signInFailures, ...tokenFailures } as const;

export type FailureCode = keyof typeof failures;
