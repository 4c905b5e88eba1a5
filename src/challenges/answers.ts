import { l10n } from '../platform/shown.ts';
import { putNewest } from '../platform/lru.ts';
import type { Secret } from '../platform/secret.ts';
import type { HttpContext } from '../protocol/server/httpContext.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { belongsTo } from '../providers/entries/origin.ts';
import type { Accounts } from '../sessions/accounts.ts';
import { accessTokenOf, derivedScopes, serialOf } from '../sessions/grant/derived.ts';
import { isRenewable, type Account, type Grant } from '../sessions/grant/grant.ts';
import { parseSessionId } from '../sessions/grant/scopes.ts';
import { matchingGrants, sessionOf, type Session } from '../sessions/grant/sessions.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { readableClaims } from './claimsRequest.ts';
import {
  ChallengeRefused,
  demandingProvider,
  fingerprintOf,
  readDemand,
  sha256,
  type ChallengeConstraint,
  type Demand,
} from './demand.ts';
import { nextStep, queueing, unmet, type EarlierAnswer } from './nextStep.ts';
import { createResources, type Resources } from './resource.ts';

export interface ChallengeContext {
  readonly accounts: Pick<Accounts, 'sessions' | 'renew'>;
  readonly cache: GrantCache;
  readonly httpContext: HttpContext;
  /** True for the error by which the editor is told that the person said no. */
  isCancellation(error: unknown): boolean;
}

/** The answers of one provider id to the challenges that extensions hand on to it. */
export interface ChallengeAnswers {
  /**
   * The sessions that answer a challenge. Never asks anybody; none means that a person has to sign in.
   *
   * @throws ChallengeRefused if there is nothing in it that a sign-in could help with, the API takes no tokens of the
   * provider, the same was answered in every way there is, or the provider is out of reach.
   */
  sessions(
    provider: Provider,
    constraint: ChallengeConstraint,
    account: { readonly id: string } | undefined,
  ): Promise<readonly Session[]>;
  /**
   * Has a person sign in for a challenge. The sign-in is kept whatever it lacks: it is a good one, if not good enough
   * for the server that asked.
   *
   * @param provider undefined if it is configured only by the sign-in.
   * @param account undefined: the one whose token was refused, as far as that can be told.
   * @throws ChallengeRefused as `sessions`, or if the sign-in lacks what was asked for; or what `signIn` throws.
   */
  signIn(
    provider: Provider | undefined,
    constraint: ChallengeConstraint,
    account: Account | undefined,
    signIn: DemandedSignIn,
  ): Promise<Session>;
}

/** Signs in to the provider as it is configured then. @param demanding what is asked of it in addition. */
export type DemandedSignIn = (
  scopes: readonly string[],
  account: Account | undefined,
  demanding: (provider: Provider) => Provider,
) => Promise<{ readonly provider: Provider; readonly session: Session }>;

/** Grants and demands that are remembered at most; the oldest are forgotten first. */
const capacity = 200;

/** With what was done before. */
interface Answering extends ChallengeContext {
  readonly resources: Resources;
  /** By grant and demand. */
  readonly earlier: Map<string, EarlierAnswer>;
  /** In seconds since the epoch, with fractions. */
  now(): number;
}

export function createChallengeAnswers(context: ChallengeContext): ChallengeAnswers {
  const { clock } = context.httpContext;
  const answering: Answering = {
    ...context,
    resources: createResources(context.httpContext),
    earlier: new Map(),
    now: () => clock.now() / 1000,
  };
  return {
    async sessions(provider, constraint, account) {
      const demand = await answering.resources.understand(
        provider,
        readDemand(constraint),
        await grantsOf(answering, provider),
        false,
      );
      const sessions: Session[] = [];
      let refusal: ChallengeRefused | undefined;
      for (const { grant, isRefused } of await candidates(answering, provider, demand, account)) {
        try {
          const session = await answer(answering, provider, grant, demand, isRefused);
          if (session) sessions.push(session);
        } catch (error) {
          if (!(error instanceof ChallengeRefused)) throw error;
          refusal = error;
        }
      }
      if (sessions.length === 0 && refusal) throw refusal;
      return sessions;
    },

    async signIn(provider, constraint, account, signIn) {
      const read = readDemand(constraint);
      const all = provider ? await grantsOf(answering, provider) : [];
      const demand = provider ? await answering.resources.understand(provider, read, all, true) : read;
      const whose = account ?? (await refusedAccount(all, demand));
      try {
        const signedIn = await signIn(demand.scopes, whose, asked => demandingProvider(asked, demand));
        await checkSignIn(answering, signedIn.provider, signedIn.session, demand);
        return signedIn.session;
      } catch (error) {
        const isNo = context.isCancellation(error) || error instanceof ChallengeRefused;
        if (provider && !isNo) answering.resources.failed(provider, demand);
        throw error;
      }
    },
  };
}

/** The session of one grant that answers a demand; undefined if its person has to sign in. */
async function answer(
  answering: Answering,
  provider: Provider,
  grant: Grant,
  demand: Demand,
  isRefused: boolean | undefined,
): Promise<Session | undefined> {
  const { accounts, cache, earlier, httpContext, now } = answering;
  const key = keyOf(grant, demand);
  const serialIn = (known: Grant): number => serialOf(known, derivedScopes(provider, known, demand.scopes));
  const serial = serialIn(grant);
  const before = earlier.get(key);
  const { clockOffset } = grant.tokens;
  const step = nextStep(demand, { ...grant, clockOffset, serial, isRefused }, before, now());
  httpContext.log.info('challenged', {
    provider: provider.id,
    account: grant.account.label,
    demand: demand.kind,
    step,
  });
  switch (step) {
    case 'hand-out': {
      const sessions = await accounts.sessions(provider, demand.scopes, grant.account);
      const session = sessions.find(({ account }) => account.id === grant.account.id);
      // Whoever had an older token, or waited in the queue, does not change what was done for this one.
      const queued = before?.serial === serial && now() - before.at <= queueing;
      const handedOut = (session && (await cache.get(grant.id))) ?? grant;
      if (session && isRefused !== false && !queued) remember(answering, key, step, serialIn(handedOut));
      return session;
    }
    case 'renew': {
      const renewed = await accounts.renew(provider, grant, demand.scopes);
      if (!renewed) return undefined;
      const token = accessTokenOf(renewed, derivedScopes(provider, renewed, demand.scopes));
      if (!token || token.serial <= serial) {
        if (renewed.signInNeeded || !isRenewable(renewed)) return undefined;
        throw new ChallengeRefused(
          l10n.t(
            'The token was refused, and {0} could not be asked for a new one. Try again later.',
            provider.label,
          ),
        );
      }
      remember(answering, key, step, token.serial);
      return sessionOf(renewed, demand.scopes, token);
    }
    case 'sign-in':
      return undefined;
    case 'give-up':
      throw new ChallengeRefused(
        l10n.t(
          'The server refused the token again and asks for the same as before ({0}), though you have just signed in to {1} for that. Another sign-in would not help; ask those who run the server.',
          demand.kind,
          provider.label,
        ),
      );
  }
}

/** The grants a demand may be about, one for each account, and whether each one's token is the refused one. */
async function candidates(
  answering: Answering,
  provider: Provider,
  { scopes, refused }: Demand,
  account: { readonly id: string } | undefined,
): Promise<{ grant: Grant; isRefused: boolean | undefined }[]> {
  const all = await grantsOf(answering, provider);
  const isRefused = async (token: Secret | undefined): Promise<boolean | undefined> =>
    refused === undefined ? undefined : token !== undefined && (await sha256(token.reveal())) === refused;
  const found = new Map<string, { grant: Grant; isRefused: boolean | undefined }>();
  for (const grant of matchingGrants(provider, all, scopes, account ?? (await refusedAmong(all, refused)))) {
    if (found.has(grant.account.id)) continue;
    const token = accessTokenOf(grant, derivedScopes(provider, grant, scopes));
    found.set(grant.account.id, { grant, isRefused: await isRefused(token?.accessToken) });
  }
  return [...found.values()];
}

/** The account whose token was refused, as far as that can be told. */
async function refusedAccount(all: readonly Grant[], demand: Demand): Promise<Account | undefined> {
  const accounts = new Map(all.map(({ account }) => [account.id, account]));
  return (
    (await refusedAmong(all, demand.refused)) ?? (accounts.size === 1 ? [...accounts.values()][0] : undefined)
  );
}

/** @throws ChallengeRefused if a sign-in lacks what it was for. */
async function checkSignIn(
  answering: Answering,
  provider: Provider,
  session: Session,
  demand: Demand,
): Promise<void> {
  const grant = await answering.cache.get(parseSessionId(session.id).grantId);
  if (!grant) return;
  const serial = serialOf(grant, derivedScopes(provider, grant, demand.scopes));
  remember(answering, keyOf(grant, demand), 'sign-in', serial);
  const accessToken = readableClaims(session.accessToken.reveal());
  const { clockOffset } = grant.tokens;
  const lack = unmet(demand, { ...grant, clockOffset }, answering.now(), accessToken);
  if (lack !== undefined) throw new ChallengeRefused(lack(provider.label));
}

function remember(
  { earlier, now }: Answering,
  key: string,
  step: EarlierAnswer['step'],
  serial: number,
): void {
  putNewest(earlier, key, { step, serial, at: now() }, capacity);
}

const keyOf = (grant: Grant, demand: Demand): string => `${grant.id} ${fingerprintOf(demand)}`;

const grantsOf = async ({ cache }: Answering, provider: Provider): Promise<Grant[]> =>
  (await cache.ofProvider(provider.id).catch(() => cache.known())).filter(grant =>
    belongsTo(grant, provider),
  );

/** Whose token was refused, if it is one of these. */
async function refusedAmong(
  grants: readonly Grant[],
  refused: string | undefined,
): Promise<Account | undefined> {
  if (refused === undefined) return undefined;
  for (const { account, tokens, derived } of grants) {
    for (const { accessToken } of [tokens, ...derived.filter(entry => entry.kind === 'token')]) {
      if ((await sha256(accessToken.reveal())) === refused) return account;
    }
  }
  return undefined;
}
