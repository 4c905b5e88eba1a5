import type { Target } from './accounts.ts';
import type { Refusal } from './rules.ts';

/** What became of one request for a token. Holds no secret. */
export interface Outcome {
  /** Seconds since the epoch. */
  readonly at: number;
  /** The account's name in the settings, or the provider's ID. */
  readonly name: string;
  /** The label of the account whose token was given. Undefined if none was. */
  readonly account: string | undefined;
  readonly scopes: readonly string[];
  /** What the program called itself. */
  readonly hint: string | undefined;
  /** Where the tool said that it sends the token. */
  readonly host: string | undefined;
  /** Why there was no token. */
  readonly refusal: Refusal | undefined;
}

/** How many are remembered in a workspace. */
export const mostOutcomes = 200;

/** @param result the label of the account whose token was given, or why there was none. */
export function outcomeOf(
  { name, provider, scopes, hint, host }: Target,
  result: { readonly account: string } | { readonly refusal: Refusal },
  at: number,
): Outcome {
  const { account, refusal } = { account: undefined, refusal: undefined, ...result };
  return { at, name: name ?? provider, account, scopes, hint, host, refusal };
}

/** Without the oldest, where there are too many. */
export const withOutcome = (before: readonly Outcome[], one: Outcome): readonly Outcome[] =>
  [...before, one].slice(-mostOutcomes);

/** What of this window a user sees at a glance. */
export interface Glance {
  /** How many tokens were given since the window started. */
  readonly given: number;
  /** The account of the latest of them. */
  readonly account: string | undefined;
  readonly isLocked: boolean;
}

/** What to show of the state: nothing, until a program has had a token. */
export const glanceKind = ({ given, isLocked }: Glance): 'nothing' | 'locked' | 'one' | 'several' => {
  if (isLocked) return 'locked';
  if (given === 0) return 'nothing';
  return given === 1 ? 'one' : 'several';
};
