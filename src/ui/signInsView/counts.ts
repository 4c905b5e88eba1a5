import type { Grant } from '../../sessions/grant/grant.ts';

/** Counts the sign-ins, and judges each only when it can have changed. */
export interface SignInCounts {
  /** Adds a grant that was read from storage. */
  add(grant: Grant): void;
  /** Counts all grants again. */
  again(grants: readonly Grant[]): void;
  /** The number of sign-ins that need their user. */
  needed(): number;
  /** The number of the others. */
  signedIn(): number;
}

/** @param needsUser returns undefined for a grant without a provider, which isn't counted. */
export function createSignInCounts(needsUser: (grant: Grant) => boolean | undefined): SignInCounts {
  const counted = new Map<string, boolean>();
  let needed = 0;
  const add = (grant: Grant): void => {
    if (counted.get(grant.id) === true) needed--;
    counted.delete(grant.id);
    const needs = needsUser(grant);
    if (needs === undefined) return;
    counted.set(grant.id, needs);
    if (needs) needed++;
  };
  return {
    add,
    again(grants) {
      counted.clear();
      needed = 0;
      for (const grant of grants) add(grant);
    },
    needed: () => needed,
    signedIn: () => counted.size - needed,
  };
}
