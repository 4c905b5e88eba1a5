import { l10n } from '../../platform/shown.ts';
import { secondsNow } from '../../platform/clock.ts';
import type { Secret } from '../../platform/secret.ts';
import { KnownFailure } from '../../protocol/failures/knownFailure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Event, Notice, State, Step } from '../grant/events.ts';
import { blank, type Request } from '../grant/memory.ts';
import type { Grant } from '../grant/grant.ts';
import { notGranted } from '../grant/sessions.ts';
import { union } from '../grant/scopes.ts';
import { revisionOfRefresh } from '../grant/revisions.ts';
import { step } from '../grant/step.ts';
import type { RefresherOptions } from './refresherOptions.ts';

interface Taken extends Step {
  readonly stored: boolean;
}

/** What happens to the grants of one lease, by their ids. */
export type Happenings = ReturnType<typeof createHappenings>;

export function createHappenings(options: RefresherOptions) {
  const { cache, clock, log, providers, memories, server, lease } = options;
  const requests = new Map<string, Request>();
  /** Aborted when this window leaves the others. */
  const leaving = new AbortController();

  /** Lets something happen to a grant, and remembers what {@link step} makes of it. The caller stores the grant. */
  const happen = (id: string, grant: Grant | undefined, event: Event): Step => {
    const state: State = {
      grant,
      policy: grant && providers.of(grant),
      memory: { ...memories.of(id), request: requests.get(id) },
      now: secondsNow(clock),
      isLeader: lease.isLeader(),
      isLeaving: leaving.signal.aborted,
      formerLeaderMayLive: lease.formerLeaderMayLive(),
    };
    const taken = step(state, event);
    const { request, ...memory } = taken.memory;
    if (request) requests.set(id, request);
    else requests.delete(id);
    // The next leader knows more.
    if (state.isLeader) memories.set(id, grant ? { ...memory, request: undefined } : blank);
    return taken;
  };

  /**
   * Lets it happen to the grant as it is now.
   *
   * @param sent the grant that a request was sent for, should it be gone by now.
   * @returns when what it changes is stored, or that takes long.
   */
  const take = async (id: string, event: Event, sent?: Grant): Promise<Taken> => {
    let taken: Step | undefined;
    const change = (grant: Grant): Grant | undefined => {
      taken = happen(id, grant, event);
      if (!taken.grant || taken.grant === grant) return undefined;
      return taken.isRenewed ? { ...taken.grant, revision: revisionOfRefresh(grant.revision) } : taken.grant;
    };
    const updated = await cache.update(id, change, lease.isLeader);
    taken ??= happen(id, undefined, event);
    const grant = updated?.grant;
    const stored = updated?.stored ?? true;
    for (const notice of taken.tell) {
      tell(options, notice, grant ?? sent, event, stored);
      // A derived token might not be accepted where the profile is.
      if (notice.kind === 'refreshed' && !notice.which && grant) void learnProfile(grant, notice.tokens);
    }
    return { ...taken, grant, stored };
  };

  /** Asks what the server says of the account of a grant that was refreshed. Never rejects. */
  const learnProfile = async (renewed: Grant, tokens: Tokens): Promise<void> => {
    try {
      const provider = providers.of(renewed);
      const profile = provider && (await server.profile(provider, renewed, tokens));
      if (profile) await take(renewed.id, { kind: 'profiled', serial: renewed.tokens.serial, profile });
    } catch (error) {
      const failure = error instanceof KnownFailure ? error.code : 'unknown';
      const fields = { provider: renewed.providerId, account: renewed.account.label, failure };
      log.warn('nothing new is known of the account', fields);
    }
  };

  return { requests, leaving, happen, take };
}

/**
 * Makes the function that runs a whole request, from its first step to its end. It never rejects.
 *
 * @returns the grant as it is then, or undefined if it is gone.
 */
export function createAttempt(
  { cache, clock, providers, server, lease }: RefresherOptions,
  { requests, leaving, happen, take }: Happenings,
): (id: string, first: Step) => Promise<Grant | undefined> {
  /** Asks the other windows and the storage for what they know. */
  const listen = async (id: string, hear: boolean): Promise<Taken> => {
    if (hear) await lease.heardOthers();
    await Promise.all([cache.reread(id), lease.leaveToOthers()]);
    // Callers don't wait for the storage.
    const isStored = requests.get(id)?.asked === true || cache.isStored(id);
    return take(id, { kind: 'listened', stored: isStored || (await cache.stored(id)) });
  };

  const outlast = async (id: string, until: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    const cancel = clock.after(until * 1000 - clock.now(), end);
    const stopWatching = cache.onDidChange(({ before }) => before?.id === id && resolve());
    leaving.signal.addEventListener('abort', end);
    await promise;
    leaving.signal.removeEventListener('abort', end);
    stopWatching();
    cancel();
  };

  const send = async (grant: Grant): Promise<Taken> => {
    const { id } = grant;
    const which = requests.get(id)?.which;
    const provider = providers.of(grant);
    let refreshToken: Secret | undefined;
    const keep = async (): Promise<void> => {
      if (refreshToken) await take(id, { kind: 'rotated', refreshToken });
      refreshToken = undefined;
    };
    const checkSending = (): void => {
      const { next } = happen(id, cache.peek(id), { kind: 'about-to-send' });
      if (next.do !== 'send') throw new Withheld();
    };
    try {
      if (!provider) throw new Withheld();
      const answer = await server.refresh(provider, grant, checkSending, which);
      refreshToken = answer.refreshToken;
      if (answer.takesTime) await keep();
      return await take(id, { kind: 'answered', tokens: await answer.judge() }, grant);
    } catch (error) {
      if (error instanceof Withheld) return take(id, { kind: 'withheld' });
      await keep();
      // In the storage that windows share, another one might have been quicker.
      await cache.reread(id);
      const failure = error instanceof KnownFailure ? error : undefined;
      const reason = failure?.message ?? l10n.t('The refresh failed.');
      return take(id, { kind: 'failed', failure, reason });
    }
  };

  return async (id, first) => {
    let now: Step & Partial<Taken> = first;
    for (;;) {
      const { grant, next } = now;
      if (next.do === 'listen') now = await listen(id, next.hear);
      else if (next.do === 'outlast') {
        await outlast(id, next.until);
        now = await listen(id, false);
      } else if (next.do === 'note') now = await take(id, { kind: 'noted', stored: now.stored ?? true });
      else if (next.do === 'announce') {
        await Promise.all([cache.reread(id), lease.leaveToOthers()]);
        now = await take(id, { kind: 'over' });
      } else if (next.do === 'send' && grant) now = await send(grant);
      else {
        if (next.do === 'leave') await lease.leaveToOthers();
        return grant;
      }
    }
  };
}

/** Announces and logs the result of a request. @param grant after it, or, if it is gone, as it was sent. */
function tell(
  options: RefresherOptions,
  notice: Notice,
  grant: Grant | undefined,
  event: Event,
  stored: boolean,
): void {
  if (!grant) return;
  const { log, memories, reports } = options;
  const failure = event.kind === 'failed' ? (event.failure?.code ?? 'unknown') : undefined;
  const fields = { provider: grant.providerId, account: grant.account.label, failure };
  switch (notice.kind) {
    case 'refreshed': {
      const { which, tokens } = notice;
      reports.onRefreshed(grant, which);
      const missing = notGranted(grant, union(...grant.sessions));
      log.info('refreshed', {
        ...fields,
        derived: which && [...which],
        rotated: tokens.refreshToken !== undefined,
        notGranted: missing.length > 0 ? missing : undefined,
        validSeconds: tokens.expiresAt && tokens.expiresAt - tokens.receivedAt,
        stored,
      });
      return;
    }
    case 'orphaned':
      return reports.onOrphaned(grant, notice.tokens);
    case 'derived-refused':
      return log.warn('derived token refused', { ...fields, scopes: [...(notice.which ?? [])] });
    case 'sign-in-needed':
      log.warn('sign-in needed', fields);
      return reports.onSignInNeeded(grant);
    case 'ended':
      log.info('a sign-in without a refresh token has ended', fields);
      return reports.onSignInNeeded(grant);
    case 'account-refused':
      log.warn('the account is refused', fields);
      return reports.onSignInNeeded(grant);
    case 'account-accepted':
      return log.warn('the account is no longer refused', fields);
    case 'trouble': {
      const { trouble } = memories.of(grant.id);
      const seconds = Math.round(notice.seconds);
      log.warn('not refreshed, trying again', { ...fields, failures: trouble?.failures, seconds });
      if (trouble?.failures === 1) reports.onTrouble(grant, trouble.reason);
      return;
    }
    case 'unstorable':
      return log.warn('not refreshed: the secret storage does not answer', { grant: grant.id });
  }
}

/** The token must not be sent any more. */
class Withheld extends Error {}
