import type { Everywhere } from '../../windows/group.ts';
import type { Join } from '../../windows/join.ts';
import type { Activity } from '../activity.ts';
import type { IndexEntry, Removal } from '../store/grantStore.ts';
import type { ProviderIdentity } from '../../providers/entries/origin.ts';
import type { Trouble } from '../refresh/troubles.ts';

/**
 * What windows ask the owner for. Grants travel as the text of `serialiseGrant`, secrets included: the channel
 * carries nothing before both ends have proved that they are windows of the same person.
 */
export interface OwnerCalls {
  /**
   * As the refresher's `renew`.
   *
   * @param revision of the caller's copy: with an older one in its hands the owner must not send anything.
   */
  renew(id: string, serial: number, revision: number, urgent?: boolean): Promise<Renewal>;
  /** As the refresher's `derive`. @param revision as of `renew`. */
  derive(id: string, scopes: readonly string[], serial: number, revision: number): Promise<Renewal>;
  /** As `addGrant`. @returns the grant as it is kept. */
  add(provider: ProviderIdentity, text: string): Promise<string>;
  /** Tells of a grant that the owner may not have. */
  put(text: string): Promise<void>;
  /** Tells of grants that were signed out. */
  remove(removals: readonly Removal[]): Promise<void>;
  /** Some of what the owner knows, in the order of the ids, those after `after`; nothing at the end. */
  list(after: string): Promise<IndexEntry[]>;
  /** These grants, as many as fit in an answer; at least one of those that there are. */
  give(ids: readonly string[]): Promise<string[]>;
  /** The grants whose tokens cannot be renewed for now. */
  troubles(): readonly (readonly [string, Trouble])[];
  record(entries: readonly Activity[]): void;
  activities(): Promise<readonly Activity[]>;
}

export type Renewal =
  | { readonly kind: 'grant'; readonly text: string }
  | { readonly kind: 'removed'; readonly removal: Removal }
  /** The owner has an older copy, or none: tell it of yours, then ask again. */
  | { readonly kind: 'behind' };

/** What the owner, or any window through it, asks of all windows. */
export interface WindowCalls {
  grantChanged(text: string): void;
  grantRemoved(removal: Removal): void;
  /** Whether the storage of this window answers: that of a window that has gone does not. */
  storageAnswers(): Promise<boolean>;
  /** Whether this window could renew the tokens of a grant: it has the provider, and the client secret. */
  canRenew(grantId: string): Promise<boolean>;
  /** The tokens of a grant cannot be renewed for now; null: that is over. */
  troubleChanged(grantId: string, trouble: Trouble | null): void;
  /** The owner lacks something that another window may have. */
  compare(): void;
  presence(): Promise<{ readonly window: string; readonly focused: boolean }>;
  /** To be shown by that window alone. */
  signInNeeded(window: string, grantId: string): void;
  /** A redirect response that landed in another window. @returns whether a sign-in waits for it here. */
  deliver(path: string, parameters: readonly (readonly [string, string])[]): boolean;
}

export type JoinWindows = Join<OwnerCalls, WindowCalls>;
export type Windows = ReturnType<JoinWindows>;
export type Broadcast = Everywhere<WindowCalls>;
