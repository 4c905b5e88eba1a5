import { isWithin } from '../platform/clock.ts';
import { l10n } from '../platform/shown.ts';
import { whileRunning } from '../platform/once.ts';
import { putNewest } from '../platform/lru.ts';
import type { HttpContext } from '../protocol/server/httpContext.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { belongsTo } from '../providers/entries/origin.ts';
import type { Accounts } from '../sessions/accounts.ts';
import { accessTokenOf, derivedScopes, serialOf } from '../sessions/grant/derived.ts';
import { isRenewable, type AskedDemand, type Grant, type NamedAccount } from '../sessions/grant/grant.ts';
import { parseSessionId } from '../sessions/grant/scopes.ts';
import { sessionOf, type Session } from '../sessions/grant/sessions.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { mayBeAsked, noteAsked, noteOutcome, noteRefused } from './asked.ts';
import {
  candidates,
  keyOf,
  onlyOneRenewal,
  refusedAccount,
  refusedAmong,
  usersOf,
  type Candidate,
} from './candidates.ts';
import { readableClaims } from './claimsRequest.ts';
import {
  ChallengeRefused,
  demandingProvider,
  readDemand,
  type ChallengeConstraint,
  type Demand,
} from './demand.ts';
import { queueing, unmet, type EarlierAnswer } from './nextStep.ts';
import { createResources, type Resources } from './resource.ts';
import { shareOutcome } from './shared.ts';

export interface ChallengeContext {
  readonly accounts: Pick<Accounts, 'sessions' | 'renew'>;
  readonly cache: GrantCache;
  readonly httpContext: HttpContext;
  /** True for the error with which the editor reports that the user declined. */
  isCancellation(error: unknown): boolean;
}

/**
 * Satisfies the challenges that extensions pass on for one provider ID. Equal questions at the same time share one
 * result.
 */
export interface ChallengeAnswers {
  /**
   * The sessions that satisfy a challenge. Never prompts. None means that the user has to sign in.
   *
   * @throws ChallengeRefused if no sign-in could satisfy it, the API accepts no tokens from the provider, everything
   * has been tried for the same demand, or the provider can't be reached.
   */
  sessions(
    provider: Provider,
    constraint: ChallengeConstraint,
    account: { readonly id: string } | undefined,
  ): Promise<readonly Session[]>;
  /**
   * Asks a user to sign in for a challenge. The sign-in is kept whatever it lacks: it is valid, even if this server
   * demands more.
   *
   * @param provider undefined if it is configured only during the sign-in.
   * @param account undefined: the one whose token was refused, as far as that is known.
   * @throws ChallengeRefused as `sessions`, or if the sign-in doesn't satisfy the demand, or what `signIn` throws.
   */
  signIn(
    provider: Provider | undefined,
    constraint: ChallengeConstraint,
    account: NamedAccount | undefined,
    signIn: DemandedSignIn,
  ): Promise<Session>;
}

/**
 * Signs in to the provider as it is configured then.
 *
 * @param demanding what is asked of it in addition.
 * @param asked kept with the sign-in.
 */
export type DemandedSignIn = (
  scopes: readonly string[],
  account: NamedAccount | undefined,
  demanding: (provider: Provider) => Provider,
  asked: readonly AskedDemand[],
) => Promise<{ readonly provider: Provider; readonly session: Session }>;

/** The most grants and demands that are remembered. The oldest are forgotten first. */
const capacity = 200;

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
  const own: ChallengeAnswers = {
    async sessions(provider, constraint, account) {
      const all = await grantsOf(answering, provider);
      const demand = await answering.resources.understand(provider, readDemand(constraint), all, false);
      const whose = account ?? (await refusedAmong(all, demand.refused));
      const found = await candidates(answering, provider, all, demand, whose);
      const sessions: Session[] = [];
      let refusal: ChallengeRefused | undefined;
      for (const candidate of onlyOneRenewal(found)) {
        try {
          const session = await answer(answering, provider, demand, candidate);
          if (session) sessions.push(session);
        } catch (error) {
          if (!(error instanceof ChallengeRefused)) throw error;
          refusal = error;
        }
      }
      // Another account than the one that was refused must not take its place without a word.
      const isWhole = whose !== undefined || sessions.length >= usersOf(provider, all, demand);
      if (refusal && (sessions.length === 0 || !isWhole)) throw refusal;
      if (isWhole && sessions.length > 0) return sessions;
      if (!(await mayBeAsked(all, demand, whose, answering.now()))) throw refusedAgain(provider, demand);
      return [];
    },

    async signIn(provider, constraint, account, signIn) {
      const read = readDemand(constraint);
      const all = provider ? await grantsOf(answering, provider) : [];
      const demand = provider ? await answering.resources.understand(provider, read, all, true) : read;
      const whose = account ?? (await refusedAccount(all, demand));
      const asked = await noteAsked(context.cache, all, demand, whose, answering.now());
      try {
        const demanding = (configured: Provider): Provider => demandingProvider(configured, demand);
        const { session, provider: used } = await signIn(demand.scopes, whose, demanding, asked);
        await checkSignIn(answering, used, session, demand);
        if (!account && whose && session.account.id !== whose.id) throw anotherAccount(used, session, whose);
        return session;
      } catch (error) {
        const isNo = context.isCancellation(error) || error instanceof ChallengeRefused;
        if (provider && !isNo) answering.resources.failed(provider, demand);
        throw error;
      }
    },
  };
  // The next step for one that waited is decided with what was done for the one before it.
  const asked = whileRunning<readonly Session[]>();
  const signingIn = shareOutcome<Session>(queueing, answering.now);
  const keyFor = (
    provider: Provider | undefined,
    constraint: ChallengeConstraint,
    account: { readonly id: string } | undefined,
  ): string => JSON.stringify([provider?.terms, constraint, account?.id]);
  return {
    sessions: (...question) => asked(keyFor(...question), () => own.sessions(...question)),
    signIn: (provider, constraint, account, signIn) =>
      signingIn(keyFor(provider, constraint, account), () =>
        own.signIn(provider, constraint, account, signIn),
      ),
  };
}

/** The session of one grant that satisfies a demand. Undefined if its user has to sign in. */
async function answer(
  answering: Answering,
  provider: Provider,
  demand: Demand,
  { grant, isRefused, serial, before, step }: Candidate,
): Promise<Session | undefined> {
  const { accounts, cache, httpContext, now } = answering;
  const key = keyOf(grant, demand);
  const serialIn = (known: Grant): number => serialOf(known, derivedScopes(provider, known, demand.scopes));
  httpContext.log.info('challenged', {
    provider: provider.id,
    account: grant.account.label,
    demand: demand.kind,
    step,
  });
  switch (step) {
    case 'as-is':
    case 'hand-out': {
      const sessions = await accounts.sessions(provider, demand.scopes, grant.account);
      const session = sessions.find(({ account }) => account.id === grant.account.id);
      // A caller with an older token, or from the queue, doesn't change what was done for this one.
      const queued = before?.serial === serial && isWithin(queueing, before.at, now());
      const handedOut = (session && (await cache.get(grant.id))) ?? grant;
      if (session && step !== 'as-is' && isRefused !== false && !queued)
        remember(answering, key, step, serialIn(handedOut));
      return session;
    }
    case 'renew': {
      const renewed = await accounts.renew(provider, grant, demand.scopes);
      if (!renewed) return undefined;
      const token = accessTokenOf(renewed, derivedScopes(provider, renewed, demand.scopes));
      if (!token || token.serial <= serial) {
        if (renewed.signInNeeded || !isRenewable(renewed)) return undefined;
        throw new ChallengeRefused(
          l10n.t('The token was refused, and {0} didn’t provide a new one. Try again later.', provider.label),
        );
      }
      remember(answering, key, step, token.serial);
      return sessionOf(renewed, demand.scopes, token, provider);
    }
    case 'sign-in':
      return undefined;
    case 'give-up':
      await noteRefused(cache, grant, demand, now());
      throw refusedAgain(provider, demand);
  }
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
  await noteOutcome(answering.cache, grant, demand, true);
}

const refusedAgain = (provider: Provider, demand: Demand): ChallengeRefused => {
  const message = l10n.t(
    'The server refused the token again and repeats its demand ({0}). You were already asked once to sign in to {1} for it. Try another account from the Accounts menu, or contact the server’s administrator.',
    demand.kind,
    provider.label,
  );
  if (provider.dpop !== 'required') return new ChallengeRefused(message);
  const hint = l10n.t(
    'Access tokens of {0} are bound to a key (DPoP): an extension that sends them without a proof is refused.',
    provider.label,
  );
  return new ChallengeRefused(`${message} ${hint}`);
};

const anotherAccount = (provider: Provider, { account }: Session, refused: NamedAccount): ChallengeRefused =>
  new ChallengeRefused(
    l10n.t(
      'You signed in to {0} as {1}, but the server refused a token of {2}. Sign in as {2}, or choose {1} for the extension in the Accounts menu.',
      provider.label,
      account.label,
      refused.label,
    ),
  );

function remember(
  { earlier, now }: Answering,
  key: string,
  step: EarlierAnswer['step'],
  serial: number,
): void {
  putNewest(earlier, key, { step, serial, at: now() }, capacity);
}

const grantsOf = async ({ cache }: Answering, provider: Provider): Promise<Grant[]> =>
  (await cache.ofProvider(provider.id).catch(() => cache.known())).filter(grant =>
    belongsTo(grant, provider),
  );
