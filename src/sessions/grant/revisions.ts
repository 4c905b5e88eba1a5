/**
 * Of two copies of a grant in two windows the one of the higher revision wins. Most changes count up by one; what must
 * win over any number of lesser changes that another window may have made meanwhile begins a new range. Where in the
 * range is random: two windows that do so at the same time, without hearing of each other, do not end up with equal
 * revisions.
 */
const firstOfNextRange = (revision: number, size: number): number => {
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return (Math.floor(revision / size) + 1) * size + (random % (size / 10));
};

const perSignIn = 1e9;

/** A sign-in that replaces an earlier one wins over all refreshes of that. */
export const revisionOfSignIn = (replaced: number): number => firstOfNextRange(replaced, perSignIn);

/** New tokens win over attempts to get them that failed. */
export const revisionOfRefresh = (refreshed: number): number => firstOfNextRange(refreshed, 1e3);

/**
 * True if the one revision is of a later sign-in than the other. A sign-out ends the sign-in that it knew of, and none
 * that came in its place, perhaps in a window that had not heard of it.
 */
export const isLaterSignIn = (revision: number, than: number): boolean =>
  Math.floor(revision / perSignIn) > Math.floor(than / perSignIn);
