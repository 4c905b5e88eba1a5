import * as v from 'valibot';
import type { Log } from '../../platform/log.ts';
import { createQueue } from '../../platform/queue.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import type { Grant } from '../grant/grant.ts';
import { signOutsKey } from './grantStore.ts';
import { parseGrant, serialiseGrant } from './storedGrant.ts';
import { createStoredList } from './storedList.ts';

/** A sign-out whose tokens haven't been revoked yet. */
export interface KeptSignOut {
  /** Of this sign-out, see {@link signOutId}. */
  readonly id: string;
  /** When the user signed out, in seconds since the epoch. */
  readonly at: number;
  /** As it was then, reduced to what revocation needs. */
  readonly grant: Grant;
}

/** Sign-outs at rest, in one entry of secret storage. */
export type KeptSignOuts = ReturnType<typeof createKeptSignOuts>;

/** The most that are kept. The oldest are dropped first. */
export const mostSignOuts = 20;

/** How long one is kept, in seconds. Few unused refresh tokens live longer. */
export const longestKept = 30 * 86_400;

/** Tokens that came after a grant was signed out are a sign-out of their own. */
export const signOutId = ({ id, tokens }: Grant): string => `${id} ${tokens.serial}`;

const entrySchema = v.object({ id: v.string(), at: v.pipe(v.number(), v.finite()), grant: v.string() });

/** Undefined for an entry that only a later version understands. */
function readEntry(entry: unknown): KeptSignOut | undefined {
  const parsed = v.safeParse(entrySchema, entry);
  const grant = parsed.success ? parseGrant(parsed.output.grant) : undefined;
  return parsed.success && grant?.kind === 'grant' ? { ...parsed.output, grant: grant.grant } : undefined;
}

export function createKeptSignOuts(storage: SecretStorage, log: Log) {
  const inTurn = createQueue();
  const list = createStoredList<KeptSignOut>({
    storage,
    key: signOutsKey,
    member: 'signOuts',
    parse: readEntry,
    serialise: ({ grant, ...entry }) => ({ ...entry, grant: serialiseGrant(bare(grant)) }),
    onUnreadable: () => log.warn('the sign-outs that were kept cannot be read'),
  });

  /** Each change is one read and one write, to keep the other windows' sign-outs. */
  const change = (make: (kept: readonly KeptSignOut[]) => readonly KeptSignOut[]): Promise<void> =>
    inTurn(() =>
      list.change(before => {
        const after = make(before);
        const dropped = after.length - mostSignOuts;
        if (dropped > 0) log.warn('too many sign-outs are kept; the oldest are forgotten', { dropped });
        return after.slice(-mostSignOuts);
      }),
    );

  return {
    /** @throws what the storage throws. */
    all: (): Promise<readonly KeptSignOut[]> => inTurn(list.read),
    /** Keeps a grant whose tokens have to be revoked. @throws what the storage throws. */
    keep: (grant: Grant, at: number): Promise<void> =>
      change(kept => {
        const id = signOutId(grant);
        return [...kept.filter(other => other.id !== id), { id, at, grant }];
      }),
    /** @throws what the storage throws. */
    forget: (ids: readonly string[]): Promise<void> =>
      change(kept => kept.filter(({ id }) => !ids.includes(id))),
  };
}

const bare = (grant: Grant): Grant => ({
  ...grant,
  claims: {},
  proofKey: undefined,
  sessions: grant.sessions.slice(0, 1),
  tokens: { ...grant.tokens, idToken: undefined },
});
