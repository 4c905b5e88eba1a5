import type { Cancel } from '../../platform/clock.ts';

/** Why the tokens of a grant could not be renewed, and when that is tried again. They are kept meanwhile. */
export interface Trouble {
  /** A sentence fit to be shown. */
  readonly reason: string;
  /** Seconds since the epoch. */
  readonly retryAt: number;
}

/** The troubles of all grants as this window has heard of them: the owner has them, and tells everybody. */
export interface Troubles {
  get(grantId: string): Trouble | undefined;
  /** @param trouble undefined: it is over. @returns false if that was known. */
  set(grantId: string, trouble: Trouble | undefined): boolean;
  /** Nothing is known any more: there is another owner. */
  clear(): void;
  entries(): readonly (readonly [string, Trouble])[];
  onDidChange(listener: () => void): Cancel;
}

export function createTroubles(): Troubles {
  const troubles = new Map<string, Trouble>();
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    get: grantId => troubles.get(grantId),
    set(grantId, trouble) {
      const known = troubles.get(grantId);
      if (known?.retryAt === trouble?.retryAt && known?.reason === trouble?.reason) return false;
      if (trouble) troubles.set(grantId, trouble);
      else troubles.delete(grantId);
      tell();
      return true;
    },
    clear() {
      if (troubles.size === 0) return;
      troubles.clear();
      tell();
    },
    entries: () => [...troubles],
    onDidChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
