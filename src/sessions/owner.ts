import type { ActivityLog } from './activity.ts';
import { addGrant } from './addGrant.ts';
import { serialOf } from './derived.ts';
import { parseGrant, serialiseGrant, type Grant } from './grant.ts';
import type { GrantBook } from './grantBook.ts';
import type { Keeper } from './keeper.ts';
import {
  activitiesSchema,
  identitySchema,
  received,
  removalsSchema,
  deriveSchema,
  renewSchema,
  textsSchema,
} from './received.ts';
import { isLaterSignIn } from './revisions.ts';
import type { Troubles } from './troubles.ts';
import type { OwnerCalls, Renewal } from './windowCalls.ts';

/** So that a page of entries, at about 120 characters each, stays well below what one message may hold. */
const entriesPerPage = 2000;
/** Characters of grants in one answer. */
const mostGiven = 256 * 1024;

interface OwnerParts {
  readonly book: GrantBook;
  readonly keeper: Keeper;
  readonly activity: ActivityLog;
  readonly troubles: Troubles;
  /** See `KeeperOptions`. */
  leaveToOthers(): Promise<boolean>;
  /** See `HandOver.during`. */
  leaveToAble(grant: Grant): Promise<boolean>;
}

/** What the owner does for the other windows and for its own. */
export function ownerCalls(parts: OwnerParts): OwnerCalls {
  const { book, keeper, activity, troubles, leaveToOthers, leaveToAble } = parts;

  /** @param isRenewed whether a grant has later tokens than whoever asks. */
  const unlessBehind = async (
    id: string,
    revision: number,
    isRenewed: (grant: Grant) => boolean,
    renew: () => Promise<Grant | undefined>,
  ): Promise<Renewal> => {
    // Whoever asked hears that its owner is gone, and asks the next one.
    if (await leaveToOthers()) return { kind: 'behind' };
    // A storage that fails, or whose window has gone and that never answers, knows of nothing: then the caller's
    // copy is as good as any.
    const removal = await book.inTime(book.removal(id)).catch(() => undefined);
    if (removal && !isLaterSignIn(revision, removal.revision)) return { kind: 'removed', removal };
    const known = await book.inTime(book.get(id)).catch(() => undefined);
    if (!known || known.revision < revision) return { kind: 'behind' };
    const grant = await renew();
    if (grant && !isRenewed(grant) && (await leaveToAble(grant))) return { kind: 'behind' };
    if (grant) return { kind: 'grant', text: serialiseGrant(grant) };
    const since = await book.removal(id);
    return since ? { kind: 'removed', removal: since } : { kind: 'behind' };
  };

  return {
    async renew(...asked) {
      const [id, serial, revision, urgent] = received(renewSchema, asked);
      const isRenewed = (grant: Grant): boolean => serialOf(grant, undefined) > serial;
      return unlessBehind(id, revision, isRenewed, () => keeper.renew(id, serial, urgent ?? false));
    },
    async derive(...asked) {
      const [id, scopes, serial, revision] = received(deriveSchema, asked);
      const isRenewed = (grant: Grant): boolean => serialOf(grant, scopes) > serial;
      return unlessBehind(id, revision, isRenewed, () => keeper.derive(id, scopes, serial));
    },

    async add(provider, text) {
      const { id, issuer, clientId, machine } = received(identitySchema, provider);
      const identity = { id, issuer, clientId: clientId ?? undefined, machine: machine ?? undefined };
      // Only what is read is waited for with a limit: what is put in is in the book at once.
      await book.inTime(book.ofProvider(identity.id));
      const { grant } = await addGrant(book, identity, readGrant(text));
      return serialiseGrant(grant);
    },

    async put(text) {
      await book.put(readGrant(text));
    },

    async remove(removals) {
      await Promise.all(received(removalsSchema, removals).map(removal => book.adoptRemoval(removal)));
    },

    async list(after) {
      const entries = (await book.inTime(book.entries())).filter(({ id }) => id > after);
      return entries.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, entriesPerPage);
    },

    async give(ids) {
      const texts: string[] = [];
      let length = 0;
      for (const id of received(textsSchema, ids)) {
        const grant = await book.inTime(book.get(id));
        if (!grant) continue;
        const text = serialiseGrant(grant);
        length += text.length;
        if (texts.length > 0 && length > mostGiven) break;
        texts.push(text);
      }
      return texts;
    },

    troubles: () => troubles.entries(),
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
