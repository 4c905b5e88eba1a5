import * as l10n from '@vscode/l10n';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Secret } from '../platform/secret.ts';
import { base64urlOf } from '../platform/base64url.ts';
import type { Provider } from '../providers/entries/definition.ts';
import type { Accounts } from '../sessions/accounts.ts';
import { accessTokenOf, derivedScopes, serialOf } from '../sessions/grant/derived.ts';
import { isRenewable, type Grant } from '../sessions/grant/grant.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { targetOf } from '../sessions/grant/pseudoScopes.ts';
import { sessionId } from '../sessions/grant/scopes.ts';
import { matchingGrants, sessionOf, type Session } from '../sessions/grant/sessions.ts';
import { belongsTo } from '../providers/entries/origin.ts';
import {
  aimedAt,
  checkAuthorizationServers,
  rememberingResources,
  withSupportedScopes,
  type ReadResource,
} from './resource.ts';
import {
  ChallengeRefused,
  fingerprintOf,
  nextStep,
  queueing,
  type Demand,
  type EarlierAnswer,
} from './demand.ts';

export interface ChallengeAnswersOptions {
  readonly accounts: Accounts;
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly readResource: ReadResource;
}

/** The answers of one provider id to the challenges that extensions hand on to it. */
export interface ChallengeAnswers {
  /**
   * A demand with what the API says about itself (RFC 9728), if its challenge names the place.
   *
   * @param forSignIn true if a person is about to sign in for it.
   * @throws ChallengeRefused if the API takes no tokens of the provider.
   */
  understand(provider: Provider, demand: Demand, forSignIn: boolean): Promise<Demand>;
  /**
   * The sessions that answer a demand. Never asks anybody; none means that a person has to sign in.
   *
   * @throws ChallengeRefused if the same demand was answered in every way there is, or the provider is out of
   * reach: then a sign-in would not help either.
   */
  sessions(provider: Provider, demand: Demand, account: { id: string } | undefined): Promise<Session[]>;
  /** The account whose token was refused, as far as that can be told. */
  refusedAccount(provider: Provider, demand: Demand): Promise<Grant['account'] | undefined>;
  /** No sign-in came of a demand, and it was not the person who said no: what it names is not asked for again. */
  failed(provider: Provider, demand: Demand): void;
  /** A person has signed in for a demand. */
  signedIn(provider: Provider, grant: Grant, demand: Demand): void;
}

/** After this time, in seconds, what a token could not be had for is tried again: the provider may have been down. */
const forgetting = 300;

/** Grants and demands that are remembered at most; the oldest are forgotten first. */
const capacity = 200;

export function createChallengeAnswers({
  accounts,
  cache,
  clock,
  log,
  readResource,
}: ChallengeAnswersOptions): ChallengeAnswers {
  const resources = rememberingResources(readResource, clock, log);
  const earlier = new Map<string, EarlierAnswer>();
  /** By issuer, what a token could not be had for, and when: asking for it each time would be asking for ever. */
  const unavailable = new Map<string, number>();
  const targetKey = ({ issuer }: Provider, { scopes }: Demand): string =>
    JSON.stringify([issuer, targetOf(scopes)]);
  const now = (): number => clock.now() / 1000;

  const remember = (key: string, step: EarlierAnswer['step'], serial: number): void => {
    earlier.delete(key);
    earlier.set(key, { step, serial, at: now() });
    for (const oldest of earlier.keys()) {
      if (earlier.size <= capacity) break;
      earlier.delete(oldest);
    }
  };

  const grantsOf = async (provider: Provider): Promise<Grant[]> =>
    (await cache.ofProvider(provider.id).catch(() => cache.known())).filter(grant =>
      belongsTo(grant, provider),
    );

  const keyOf = (grant: Grant, demand: Demand): string => `${grant.id} ${fingerprintOf(demand)}`;

  const answer = async (
    provider: Provider,
    grant: Grant,
    demand: Demand,
    isRefused: boolean | undefined,
  ): Promise<Session | undefined> => {
    const key = keyOf(grant, demand);
    const serialIn = (known: Grant): number => serialOf(known, derivedScopes(provider, known, demand.scopes));
    const serial = serialIn(grant);
    const before = earlier.get(key);
    const step = nextStep(demand, { ...grant, serial, isRefused }, before, now());
    log.info('challenged', {
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
        if (session && isRefused !== false && !queued) remember(key, step, serialIn(handedOut));
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
        remember(key, step, token.serial);
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
  };

  /** The grants a demand may be about, one for each account, and whether each one's token is the refused one. */
  const candidates = async (
    provider: Provider,
    { scopes, refused }: Demand,
    account: { id: string } | undefined,
  ): Promise<{ grant: Grant; isRefused: boolean | undefined }[]> => {
    const all = await grantsOf(provider);
    const isRefused = async (token: Secret | undefined): Promise<boolean | undefined> =>
      refused === undefined ? undefined : token !== undefined && (await hashOf(token)) === refused;
    const found = new Map<string, { grant: Grant; isRefused: boolean | undefined }>();
    const refusedAccount = await refusedAmong(all, refused);
    for (const grant of matchingGrants(provider, all, scopes, account ?? refusedAccount)) {
      if (found.has(grant.account.id)) continue;
      const token = accessTokenOf(grant, derivedScopes(provider, grant, scopes));
      found.set(grant.account.id, { grant, isRefused: await isRefused(token?.accessToken) });
    }
    return [...found.values()];
  };

  return {
    async understand(provider, demand, forSignIn) {
      if (demand.resourceMetadata === undefined) return demand;
      const all = await grantsOf(provider);
      const sent = await provenRequest(all, demand);
      const resource = await resources(provider, demand.resourceMetadata, sent?.address);
      if (!resource) return demand;
      checkAuthorizationServers(provider, resource);
      const scoped = withSupportedScopes(demand, resource);
      // Without the request, nobody knows that it is this API which the token will be sent to.
      const aimed = sent ? aimedAt(resource, scoped, provider, sent.grant, all, forSignIn) : scoped;
      const failedAt = unavailable.get(targetKey(provider, aimed));
      return failedAt !== undefined && now() - failedAt < forgetting ? scoped : aimed;
    },

    async sessions(provider, demand, account) {
      const sessions: Session[] = [];
      let refusal: ChallengeRefused | undefined;
      for (const { grant, isRefused } of await candidates(provider, demand, account)) {
        try {
          const session = await answer(provider, grant, demand, isRefused);
          if (session) sessions.push(session);
        } catch (error) {
          if (!(error instanceof ChallengeRefused)) throw error;
          refusal = error;
        }
      }
      if (sessions.length === 0 && refusal) throw refusal;
      return sessions;
    },

    async refusedAccount(provider, demand) {
      const all = await grantsOf(provider);
      const accounts = new Map(all.map(({ account }) => [account.id, account]));
      return (
        (await refusedAmong(all, demand.refused)) ??
        (accounts.size === 1 ? [...accounts.values()][0] : undefined)
      );
    },

    failed(provider, demand) {
      const isAsked = targetOf(demand.fallbackScopes ?? []).length > 0;
      if (targetOf(demand.scopes).length > 0 && !isAsked) unavailable.set(targetKey(provider, demand), now());
    },

    signedIn(provider, grant, demand) {
      const serial = serialOf(grant, derivedScopes(provider, grant, demand.scopes));
      remember(keyOf(grant, demand), 'sign-in', serial);
    },
  };
}

/** Whose token was refused, if it is one of these. */
async function refusedAmong(
  grants: readonly Grant[],
  refused: string | undefined,
): Promise<Grant['account'] | undefined> {
  if (refused === undefined) return undefined;
  for (const { account, tokens, derived } of grants) {
    for (const { accessToken } of [tokens, ...derived.filter(entry => entry.kind === 'token')]) {
      if ((await hashOf(accessToken)) === refused) return account;
    }
  }
  return undefined;
}

/** Where a request went and with whose token, if it is proven that the caller says so, and not the server. */
async function provenRequest(
  grants: readonly Grant[],
  { request, fallbackScopes = [] }: Demand,
): Promise<{ readonly address: URL; readonly grant: Grant } | undefined> {
  const address = request && URL.parse(request.address);
  if (!request || !address) return undefined;
  for (const grant of grants) {
    const proof = await sha256(`${sessionId(grant.id, fallbackScopes)} ${request.address}`);
    if (proof === request.proof) return { address, grant };
  }
  return undefined;
}

const hashOf = (token: Secret): Promise<string> => sha256(token.reveal());

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64urlOf(new Uint8Array(digest));
}
