import * as v from 'valibot';
import type { Log } from '../../platform/log.ts';
import { createQueue } from '../../platform/queue.ts';
import type { SecretStorage } from '../../platform/secretStorage.ts';
import type { Grant } from '../grant/grant.ts';
import { signOutsKey } from './grantStore.ts';
import { parseGrant, serialiseGrant } from './storedGrant.ts';

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

const storedSchema = v.object({
  version: v.literal(1),
  signOuts: v.array(v.object({ id: v.string(), at: v.pipe(v.number(), v.finite()), grant: v.string() })),
});
type Stored = v.InferOutput<typeof storedSchema>['signOuts'];

export function createKeptSignOuts(storage: SecretStorage, log: Log) {
  const inTurn = createQueue();

  const read = async (): Promise<Stored> => {
    const text = await storage.get(signOutsKey);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), storedSchema), text);
    if (text !== undefined && !parsed.success) log.warn('the sign-outs that were kept cannot be read');
    return parsed.success ? parsed.output.signOuts : [];
  };

  /** Each change is one read and one write, to keep the other windows' sign-outs. */
  const change = (make: (kept: Stored) => Stored): Promise<void> =>
    inTurn(async () => {
      const before = await read();
      const after = make(before);
      const dropped = after.length - mostSignOuts;
      if (dropped > 0) log.warn('too many sign-outs are kept; the oldest are forgotten', { dropped });
      if (after.length > 0) {
        const signOuts = after.slice(-mostSignOuts);
        await storage.store(signOutsKey, JSON.stringify({ version: 1, signOuts }));
      } else if (before.length > 0) await storage.delete(signOutsKey);
    });

  return {
    /** @throws what the storage throws. */
    async all(): Promise<readonly KeptSignOut[]> {
      const stored = await inTurn(read);
      return stored.flatMap(({ id, at, grant: text }) => {
        const parsed = parseGrant(text);
        return parsed.kind === 'grant' ? [{ id, at, grant: parsed.grant }] : [];
      });
    },
    /** Keeps a grant whose tokens have to be revoked. @throws what the storage throws. */
    keep: (grant: Grant, at: number): Promise<void> =>
      change(kept => {
        const id = signOutId(grant);
        return [...kept.filter(other => other.id !== id), { id, at, grant: serialiseGrant(bare(grant)) }];
      }),
    /** @throws what the storage throws. */
    forget: (ids: readonly string[]): Promise<void> =>
      change(kept => kept.filter(({ id }) => !ids.includes(id))),
  };
}

const bare = (grant: Grant): Grant => ({
  ...grant,
  claims: {},
  sessions: grant.sessions.slice(0, 1),
  tokens: { ...grant.tokens, idToken: undefined },
});
