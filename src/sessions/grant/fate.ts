import { clockTolerance, isWithin } from '../../platform/clock.ts';
import { spread } from '../../platform/random.ts';
import { answerTimeout } from '../../protocol/http/address.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { accessTokenOf, refusalOf, type AccessToken } from './derived.ts';
import { isRenewable, type Grant } from './grant.ts';
import { about, type Memory, type Trouble, type Which } from './memory.ts';

/** What of a provider's settings decides the fate of its grants. */
export type TokenPolicy = Pick<
  Provider,
  'assumedTokenLifetime' | 'narrowTokens' | 'refreshEndsAccessToken' | 'requestTimeout' | 'rotationGrace'
>;

/**
 * How one access token of a grant is doing. Times are in seconds since the epoch.
 *
 * - `valid`: nothing is to be done before `nextAt`.
 * - `due`: it works, and a new one is asked for as soon as anybody asks, or by itself.
 * - `sending`: a new one is being asked for.
 * - `in-doubt`: the refresh token may be spent. It is not sent again before `nextAt`.
 * - `offline`: asking has failed, and is tried again at `nextAt`. Nothing is lost.
 * - `unstorable`: the secret storage does not answer, so that a new refresh token would be lost.
 * - `ended`: no access token works; a new one is asked for as soon as anybody asks, or by itself.
 * - `refused`: the server does not give this derived token, and is not asked again before `nextAt`.
 * - `needs-sign-in`: only the person can help, as far as is known; `reason` is undefined if there is nothing to
 *   renew it with.
 */
export type Fate = {
  /** When the access token ends; undefined if it never does. */
  readonly until: number | undefined;
  /** True while the access token can be used. */
  readonly works: boolean;
  /** True if it is handed out at once; else whoever asks waits for what a renewal brings. */
  readonly answers: boolean;
  /** When something is to be done, if nothing happens before; undefined: never. */
  readonly nextAt: number | undefined;
} & (
  | { readonly kind: 'valid' | 'due' | 'sending' | 'unstorable' | 'ended' }
  | { readonly kind: 'in-doubt' | 'needs-sign-in'; readonly reason: string | undefined }
  | { readonly kind: 'offline' | 'refused'; readonly reason: string }
);

/**
 * Decides how an access token of a grant is doing, and what comes next. Nothing else compares the times of tokens or
 * knows what ends a grant; {@link step} (step.ts) says what each event changes.
 *
 * @param policy of the provider as it is configured now; undefined if it is not.
 * @param now in seconds since the epoch.
 * @param which of the access tokens; a derived one is got when it is asked for, never by itself.
 */
export function fateOf(
  grant: Grant,
  policy: TokenPolicy | undefined,
  memory: Memory,
  now: number,
  which?: Which,
): Fate {
  const { request, trouble, silentUntil = 0 } = about(grant, memory);
  const token = accessTokenOf(grant, which);
  const until = token && endOf(token, policy);
  const endsPair = policy?.refreshEndsAccessToken === true;
  // Such a server has ended both tokens when it refuses one of them.
  const isWithdrawn = endsPair && isEndedByServer(grant);
  const works = token !== undefined && !isWithdrawn && (until === undefined || now < until);
  const reason = grant.signInNeeded?.reason;
  if (!canRefresh(grant, policy)) {
    const never = { until, works, answers: works, nextAt: undefined };
    if (reason !== undefined || (!works && !isRenewable(grant)))
      return { ...never, kind: 'needs-sign-in', reason };
    return { ...never, kind: works ? 'valid' : 'ended' };
  }

  const isDoubted = token !== undefined && until !== undefined && isFromLater(token, now);
  const dueAt = isDoubted ? 0 : token ? dueTime(grant, token, until, policy) : now;
  const isDue = dueAt !== undefined && now >= dueAt;
  const doubtEnds = doubtUntil(grant, policy, now);
  const isDoubtful = now < doubtEnds;
  const earliest = Math.max(
    dueAt ?? Infinity,
    isDoubtful ? doubtEnds : 0,
    silentUntil,
    trouble?.retryAt ?? 0,
  );
  const common = {
    until,
    works,
    // A refresh that ends the access token may have done so already, or is about to.
    answers:
      works &&
      !isDoubted &&
      !(endsPair && (isDue || request !== undefined || grant.refreshSentAt !== undefined)),
    nextAt: request || earliest === Infinity ? undefined : earliest,
  };
  const refusal = which && refusalOf(grant, which, now);
  if (reason !== undefined) return { ...common, kind: 'needs-sign-in', reason };
  if (refusal) return { ...common, kind: 'refused', reason: refusal.reason, nextAt: refusal.until };
  if (request) return { ...common, kind: 'sending' };
  if (isDoubtful) return { ...common, kind: 'in-doubt', reason: trouble?.reason };
  if (now < silentUntil) return { ...common, kind: 'unstorable' };
  if (!isDue) return { ...common, kind: 'valid' };
  if (trouble) return { ...common, kind: 'offline', reason: trouble.reason };
  return { ...common, kind: works ? 'due' : 'ended' };
}

/** True if new tokens can be asked for, now or later, without the person. */
export const canRefresh = (grant: Grant, policy: TokenPolicy | undefined): boolean =>
  policy !== undefined && isRenewable(grant) && !isEndedByServer(grant);

/** True if the server itself has ended the sign-in, or safety demands it: nothing but a new one helps. */
export const isEndedByServer = ({ signInNeeded: need }: Grant): boolean =>
  need !== undefined && !need.accountRefused && !need.tentative;

/** True if nobody is given the tokens of a grant, whatever they are good for: its account may not be used. */
export const isForNobody = ({ signInNeeded: need }: Grant): boolean => need?.accountRefused === true;

/** True if this window has what it takes to renew a grant; another one may have it. */
export const canRenewHere = (grant: Grant, policy: TokenPolicy | undefined, memory: Memory): boolean =>
  canRefresh(grant, policy) && !about(grant, memory).lacksSecret;

/** A client that signs in by itself spends nothing: what it asked for, it can always ask for again. */
export const spendsToken = ({ binding }: Grant): boolean => binding.service === undefined;

/** When the refresh token was sent last, if it may be spent. */
const lastSentAt = ({ refreshSentAt, refreshResentAt }: Grant): number | undefined =>
  refreshResentAt ?? refreshSentAt;

/** How long an answer may take to be told, in seconds: as long again as the request, as its window may be busy. */
export const tellingTimeout = (policy: Pick<TokenPolicy, 'requestTimeout'> | undefined): number =>
  2 * (policy?.requestTimeout ?? answerTimeout.usual);

/** So much of an access token's life, in seconds, is nothing to lose: an API whose clock differs can refuse it already. */
const littleLeft = 5;

/**
 * Until when the refresh token is not sent again because it may be spent; 0 if it may be sent.
 *
 * While the access token works it is not: a server that takes it for theft would end the access token too. When that
 * is about to end there is nothing left to lose, and servers that did not see the first request, or that forgive a
 * repetition for a while, answer with new tokens. A server whose refresh ends the access token leaves nothing to lose
 * at all; only the answer may still be under way.
 */
export function doubtUntil(grant: Grant, policy: TokenPolicy | undefined, now: number): number {
  if (grant.refreshSentAt === undefined || isForgiven(grant, policy, now)) return 0;
  const end = (endOf(grant.tokens, policy) ?? Infinity) - littleLeft;
  const sentAt = lastSentAt(grant) ?? 0;
  return policy?.refreshEndsAccessToken ? Math.min(end, sentAt + tellingTimeout(policy)) : end;
}

/** True while the server still takes a refresh token that may be spent: see `rotationGrace`. */
function isForgiven(grant: Grant, policy: TokenPolicy | undefined, now: number): boolean {
  return isWithin(policy?.rotationGrace ?? 0, grant.refreshSentAt ?? Infinity, now);
}

/**
 * Until when a window that kept the grants before, and fell silent, may tell what came of the sending of the refresh
 * token: it must not be sent beside that request. 0 if nothing is waited for.
 */
export function silentSenderUntil(grant: Grant, policy: TokenPolicy | undefined, now: number): number {
  const sentAt = lastSentAt(grant);
  if (sentAt === undefined || isForgiven(grant, policy, now)) return 0;
  const timeout = tellingTimeout(policy);
  return isWithin(timeout, sentAt, now) ? sentAt + timeout : 0;
}

/** At most one request in so many seconds is made for whoever asks while no access token works. */
const shortestPause = 5;

/** True if a request may be made now for somebody who asks. */
export function mayTry(
  grant: Grant,
  { trouble }: Memory,
  { works }: Fate,
  now: number,
  which: Which,
): boolean {
  const token = accessTokenOf(grant, which);
  // A new token that has ended within the second that it came would be asked for with every question.
  const endsAtOnce = token && (token.expiresAt ?? Infinity) <= token.receivedAt && now === token.receivedAt;
  if (endsAtOnce && (which || token.serial > 1)) return false;
  if (!trouble || now < trouble.failedAt) return true;
  return now >= (works ? trouble.retryAt : earliestTry(trouble, now));
}

/** When a request that failed can be made again at the earliest, in seconds since the epoch. */
export const earliestTry = ({ failedAt, retryAt, notBefore }: Trouble, now: number): number =>
  // A clock that was set back says nothing of how long ago the failure was.
  now < failedAt ? now : Math.max(notBefore, Math.min(retryAt, failedAt + shortestPause));

/** So long a window that does not keep the tokens waits to hear of a refresh that is due, in seconds. */
export const overdueTimeout = 45;

/**
 * When a window that has not heard of new tokens asks for them: whoever keeps them may hang. Only the window of a person
 * who asks for a token would find that out in time, and a refresh token may end if it is not used.
 *
 * @param fate as far as that window knows.
 */
export const overdueAt = ({ kind, nextAt }: Fate): number | undefined =>
  nextAt === undefined || kind === 'refused' ? undefined : nextAt + overdueTimeout;

/**
 * When an access token ends; undefined: never. A server that does not say gives tokens of the lifetime that the
 * settings assume.
 */
export function endOf(
  { receivedAt, expiresAt }: AccessToken,
  policy: TokenPolicy | undefined,
): number | undefined {
  const assumed = policy?.assumedTokenLifetime;
  return expiresAt ?? (assumed === undefined ? undefined : receivedAt + assumed);
}

/** True for a token that came later than now: the clock was set back since, and can't tell when the token ends. */
const isFromLater = ({ receivedAt }: AccessToken, now: number): boolean => now < receivedAt - clockTolerance;

/** The same grant for a clock that was set back by so many seconds: its tokens came, and end, earlier by that clock. */
export function earlier(grant: Grant, seconds: number): Grant {
  const { clockOffset } = grant.tokens;
  const moved = <T extends Pick<AccessToken, 'receivedAt' | 'expiresAt'>>(token: T): T => ({
    ...token,
    receivedAt: token.receivedAt - seconds,
    expiresAt: token.expiresAt === undefined ? undefined : token.expiresAt - seconds,
  });
  return {
    ...grant,
    tokens: {
      ...moved(grant.tokens),
      clockOffset: clockOffset === undefined ? undefined : clockOffset + seconds,
    },
    derived: grant.derived.map(entry => (entry.kind === 'token' ? moved(entry) : entry)),
  };
}

/** The least wait for a refresh, in seconds: a server that gives a lifetime of nothing is not asked without pause. */
const shortestRest = 5;

/**
 * When a token is to be refreshed: when 90 % of the lifetime is over, or a minute before its end if that comes
 * earlier, less up to 5 % so that grants that began together are not refreshed together; but never before half of it.
 * Where the refresh ends the access token, which others may be using, a minute before the end and no earlier.
 */
function dueTime(
  { id }: Grant,
  { serial, receivedAt }: AccessToken,
  until: number | undefined,
  policy: TokenPolicy | undefined,
): number | undefined {
  if (until === undefined) return undefined;
  const lifetime = Math.max(0, until - receivedAt);
  const due = policy?.refreshEndsAccessToken
    ? lifetime - 60
    : Math.min(lifetime * 0.9, lifetime - 60) - spread(`${id} ${serial}`) * lifetime * 0.05;
  return receivedAt + Math.ceil(Math.max(shortestRest, lifetime * 0.5, due));
}

/** The wait after a first failed refresh, and the longest one, in seconds. */
const firstBackOff = 5;
const longestBackOff = 300;

/**
 * How long to wait after the n-th failure in a row, in seconds: exponential, and spread so that many clients of a
 * server that comes back do not return at once. What the server asked for in `Retry-After` is the least.
 */
export function backOff(id: string, failures: number, retryAfter: number | undefined): number {
  const ceiling = Math.min(longestBackOff, firstBackOff * 2 ** (failures - 1));
  return Math.max(ceiling * (0.5 + spread(`${id} ${failures}`) / 2), retryAfter ?? 0);
}
