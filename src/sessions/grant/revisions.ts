/** Starts a new range of revisions, at random within it; why in ranges: docs/decisions/0016. */
const firstOfNextRange = (revision: number, size: number): number => {
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return (Math.floor(revision / size) + 1) * size + (random % (size / 10));
};

const perSignIn = 1e9;

/** Wins over all refreshes of the sign-in that it replaces. */
export const revisionOfSignIn = (replaced: number): number => firstOfNextRange(replaced, perSignIn);

/** Wins over failed attempts to get new tokens. */
export const revisionOfRefresh = (refreshed: number): number => firstOfNextRange(refreshed, 1e3);

/**
 * True if the one revision is of a later sign-in than the other. A sign-out ends the sign-in that it knew of, and none
 * that came in its place, perhaps in a window that had not heard of it.
 */
export const isLaterSignIn = (revision: number, than: number): boolean =>
  Math.floor(revision / perSignIn) > Math.floor(than / perSignIn);
