import type * as v from 'valibot';
import type { Activity, ActivityLog } from '../activity.ts';
import { addGrant } from '../store/addGrant.ts';
import { serialOf } from '../grant/derived.ts';
import type { Grant } from '../grant/grant.ts';
import { parseGrant, serialiseGrant } from '../store/storedGrant.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { IndexEntry, Removal } from '../store/grantIndex.ts';
import { LeaderLost } from '../../windows/errors.ts';
import type { Lease } from '../../windows/lease.ts';
import type { ProviderIdentity } from '../../providers/entries/origin.ts';
import type { TokenRefresher } from '../refresh/refresher.ts';
import {
  activitiesSchema,
  identitySchema,
  received,
  removalsSchema,
  deriveSchema,
  type renewalSchema,
  renewSchema,
  signOutIdSchema,
  textsSchema,
} from './received.ts';
import { isLaterSignIn } from '../grant/revisions.ts';
import type { Memories, ToldTrouble } from '../refresh/memories.ts';
import type { SignOutTeller } from './signOutTeller.ts';

/**
 * What windows ask the leader for. Grants travel as the text of `serialiseGrant`, secrets included: the channel carries
 * nothing before both ends have proved that they are windows of the same user.
 */
export interface LeaderCalls {
  /**
   * As the refresher's `renew`.
   *
   * @param revision of the caller's copy: with an older one in its hands the leader must not send anything.
   */
  renew(id: string, serial: number, revision: number, urgent?: boolean): Promise<Renewal>;
  /** As the refresher's `derive`. @param revision as of `renew`. */
  derive(id: string, scopes: readonly string[], serial: number, revision: number): Promise<Renewal>;
  /**
   * As `addGrant`.
   *
   * @param again an earlier leader might have added it, in the place of a grant that this one doesn't know yet.
   * @returns the grant as it is kept.
   */
  add(provider: ProviderIdentity, text: string, again?: boolean): Promise<string>;
  /** Announces a grant that the leader might lack. */
  put(text: string): Promise<void>;
  /** Announces grants that were signed out. */
  remove(removals: readonly Removal[]): Promise<void>;
  /** Some of what the leader knows, in the order of the IDs, those after `after`. Nothing at the end. */
  list(after: string): Promise<IndexEntry[]>;
  /** These grants, as many as fit in one response, at least one of the existing ones. */
  give(ids: readonly string[]): Promise<string[]>;
  /** Keeps the grant of a sign-out whose tokens have to be revoked. */
  keepSignOut(text: string): Promise<void>;
  /** @param id of the sign-out. */
  forgetSignOut(id: string): Promise<void>;
  /** What prevented renewals and revocations might be over. */
  rouse(): void;
  /** The grants whose tokens can't be renewed for now. */
  troubles(): readonly (readonly [string, ToldTrouble])[];
  record(entries: readonly Activity[]): void;
  activities(): Promise<readonly Activity[]>;
}

export type Renewal = v.InferOutput<typeof renewalSchema>;

/** Keeps a page of entries, at about 120 characters each, well below the limit of a message. */
const entriesPerPage = 2000;
/** Characters of grants in one response. */
const mostGiven = 256 * 1024;

interface LeaderParts {
  readonly cache: GrantCache;
  readonly refresher: TokenRefresher;
  readonly activity: ActivityLog;
  readonly memories: Memories;
  readonly teller: SignOutTeller;
  readonly isCurrent: Lease['isCurrent'];
  /** See `RefresherLease`. */
  heardOthers(): Promise<unknown>;
  /** See `HandOver.during`. */
  leaveToAble(grant: Grant): Promise<boolean>;
}

/** What the leader does for the other windows and for its own. */
export function leaderCalls(parts: LeaderParts): LeaderCalls {
  const { cache, refresher, activity, memories, teller, isCurrent, heardOthers, leaveToAble } = parts;

  /** @param isRenewed whether a grant has later tokens than the caller. */
  const unlessBehind = async (
    id: string,
    revision: number,
    isRenewed: (grant: Grant) => boolean,
    renew: () => Promise<Grant | undefined>,
  ): Promise<Renewal> => {
    // A storage that fails, or that hangs because its window has gone, knows no removal: then the caller's copy is as
    // good as any.
    const removal = await cache.inTime(cache.removal(id)).catch(() => undefined);
    if (removal && !isLaterSignIn(revision, removal.revision)) return { kind: 'removed', removal };
    const known = await cache.inTime(cache.get(id)).catch(() => undefined);
    if (!known || known.revision < revision) return { kind: 'behind' };
    const grant = await renew();
    if (grant && !isRenewed(grant) && (await leaveToAble(grant))) return { kind: 'behind' };
    if (grant) return { kind: 'grant', text: serialiseGrant(grant) };
    const since = await cache.removal(id);
    return since ? { kind: 'removed', removal: since } : { kind: 'behind' };
  };

  return {
    async renew(...asked) {
      const [id, serial, revision, urgent] = received(renewSchema, asked);
      const isRenewed = (grant: Grant): boolean => serialOf(grant, undefined) > serial;
      return unlessBehind(id, revision, isRenewed, () => refresher.renew(id, serial, urgent ?? false));
    },
    async derive(...asked) {
      const [id, scopes, serial, revision] = received(deriveSchema, asked);
      const isRenewed = (grant: Grant): boolean => serialOf(grant, scopes) > serial;
      return unlessBehind(id, revision, isRenewed, () => refresher.derive(id, scopes, serial));
    },

    async add(provider, text, again) {
      const { clientId, service, ...rest } = received(identitySchema, provider);
      const identity = { ...rest, clientId: clientId ?? undefined, service: service ?? undefined };
      if (again) await heardOthers();
      // Only what is read is waited for with a limit: what is put in is in the cache at once.
      await cache.inTime(cache.ofProvider(identity.id));
      // The next leader does it: twice in two windows, it could become two grants with one refresh token.
      if (!isCurrent()) throw new LeaderLost('add');
      const { grant } = await addGrant(cache, identity, readGrant(text));
      return serialiseGrant(grant);
    },

    async put(text) {
      await cache.put(readGrant(text));
    },

    async remove(removals) {
      await Promise.all(received(removalsSchema, removals).map(removal => cache.adoptRemoval(removal)));
    },

    async list(after) {
      const entries = (await cache.inTime(cache.entries())).filter(({ id }) => id > after);
      return entries.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, entriesPerPage);
    },

    async give(ids) {
      const texts: string[] = [];
      let length = 0;
      for (const id of received(textsSchema, ids)) {
        const grant = await cache.inTime(cache.get(id));
        if (!grant) continue;
        const text = serialiseGrant(grant);
        length += text.length;
        if (texts.length > 0 && length > mostGiven) break;
        texts.push(text);
      }
      return texts;
    },

    keepSignOut: text => teller.keep(readGrant(text)),
    async forgetSignOut(id) {
      await teller.forget(received(signOutIdSchema, id));
      // A server that accepted one revocation can accept others.
      teller.rouse();
    },

    rouse() {
      refresher.rouse();
      teller.rouse();
    },
    troubles: () => memories.troubles(),
    record: entries => activity.record(received(activitiesSchema, entries)),
    activities: () => activity.entries(),
  };
}

/** @throws if another version of the extension wrote it. */
function readGrant(text: string): Grant {
  const parsed = parseGrant(text);
  if (parsed.kind === 'grant') return parsed.grant;
  throw new Error(`A grant of another window is not usable here: ${parsed.kind}.`);
}
