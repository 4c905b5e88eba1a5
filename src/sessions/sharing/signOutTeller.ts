import { isWithin, secondsNow, type Cancel, type Clock } from '../../platform/clock.ts';
import { errorName, type Log } from '../../platform/log.ts';
import { whileRunning } from '../../platform/once.ts';
import { l10n } from '../../platform/shown.ts';
import { KnownFailure } from '../../protocol/failures/knownFailure.ts';
import type { Revocation } from '../../protocol/tokens/revocation.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Recorder } from '../activity.ts';
import type { Grant } from '../grant/grant.ts';
import { isRefusal } from '../grant/outcome.ts';
import { spread } from '../../platform/random.ts';
import type { RefresherOptions } from '../refresh/refresherOptions.ts';
import type { GrantCache } from '../store/grantCache.ts';
import { longestKept, type KeptSignOut, type KeptSignOuts } from '../store/keptSignOuts.ts';

/** The sign-outs whose tokens still have to be revoked, and how to revoke them. */
export interface SignOutServices {
  readonly kept: KeptSignOuts;
  /**
   * Revokes the tokens of a grant, if the user agreed to send them there.
   *
   * @throws Failure
   */
  revoke(provider: Provider, grant: Grant): Promise<Revocation>;
}

export interface TellerOptions extends SignOutServices {
  readonly cache: Pick<GrantCache, 'ofProvider' | 'known'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly providers: RefresherOptions['providers'];
  readonly record: Recorder;
  /** False once another window has taken over: then nothing must be sent any more. */
  isLeader(): boolean;
}

/** How long the window that signs out has to revoke the tokens, in seconds. After that, it counts as closed. */
export const firstTry = 15;
/** The longest pause between two tries, and the shortest, in seconds. */
const longestPause = 3600;
const shortestPause = 5;

/** True if a failed revocation is to be retried: for everything except a server's refusal. */
export const isForLater = (error: unknown): boolean => !(error instanceof KnownFailure && isRefusal(error));

/** Notes in the activity log that tokens were revoked. */
export function recordRevocation(record: Recorder, grant: Grant, outcome: Revocation): void {
  if (outcome === 'unsupported')
    record('failure', grant, l10n.t('The provider doesn’t support token revocation.'));
  else record('revocation', grant);
}

/** Notes in the activity log that tokens weren't revoked. @param reason a sentence fit to be shown. */
export const recordNotTold = (record: Recorder, grant: Grant, reason: string): void =>
  record('failure', grant, l10n.t('Couldn’t revoke the tokens. {0}', reason));

/**
 * Revokes the tokens of kept sign-outs, in the leader's window, without a question. It waits while the user is signed
 * in to the same account again, because a server might end everything that an account has with one of its tokens.
 */
export type SignOutTeller = ReturnType<typeof createSignOutTeller>;

export function createSignOutTeller(options: TellerOptions) {
  const { kept, cache, clock, log, providers, record, isLeader } = options;
  let failures = 0;
  let triedAt = -Infinity;
  /** The issuers that couldn't be reached, when, and for how many seconds each is to be left alone. */
  const silent = new Map<string, { readonly at: number; readonly rest: number }>();

  const isBack = async ({ providerId, binding, account }: Grant): Promise<boolean> =>
    [...(await cache.ofProvider(providerId)), ...cache.known()].some(
      other =>
        other.account.id === account.id &&
        other.binding.issuer === binding.issuer &&
        other.binding.clientId === binding.clientId,
    );

  /** @returns true if the sign-out is over, told or not. */
  const tell = async (grant: Grant, provider: Provider): Promise<boolean> => {
    const fields = { provider: grant.providerId, account: grant.account.label };
    try {
      const outcome = await options.revoke(provider, grant);
      silent.delete(grant.binding.issuer);
      log.info('told of an earlier sign-out', { ...fields, outcome });
      recordRevocation(record, grant, outcome);
      return true;
    } catch (error) {
      const failure = error instanceof KnownFailure ? error : undefined;
      log.warn('could not be told of an earlier sign-out', {
        ...fields,
        failure: failure?.code ?? 'unknown',
      });
      if (!failure || isForLater(failure)) {
        silent.set(grant.binding.issuer, { at: secondsNow(clock), rest: failure?.retryAfter ?? 0 });
        return false;
      }
      recordNotTold(record, grant, failure.message);
      return true;
    }
  };

  const settle = async ({ at, grant }: KeptSignOut, failedNow: Set<string>): Promise<boolean> => {
    const now = secondsNow(clock);
    if (now - at > longestKept) {
      log.warn('a sign-out is too old to be told', { provider: grant.providerId });
      recordNotTold(record, grant, l10n.t('That was tried for 30 days.'));
      return true;
    }
    const { issuer } = grant.binding;
    const provider = providers.of(grant);
    const { at: askedAt = 0, rest = 0 } = silent.get(issuer) ?? {};
    const isHeld = failedNow.has(issuer) || isWithin(rest, askedAt, now) || isBeingTold(at, now);
    if (!provider || isHeld || (await isBack(grant)) || !isLeader()) return false;
    if (await tell(grant, provider)) return true;
    failedNow.add(issuer);
    return false;
  };

  const tellAll = async (): Promise<void> => {
    triedAt = secondsNow(clock);
    const failed = new Set<string>();
    // Forgotten right after it was revoked. What a crash leaves is revoked twice, which changes nothing.
    for (const signOut of await kept.all())
      if (await settle(signOut, failed)) await kept.forget([signOut.id]);
    failures = failed.size > 0 ? failures + 1 : 0;
    const left = await kept.all();
    const now = secondsNow(clock);
    // Too new for this run, or kept during it.
    const isFresh = left.some(({ at }) => isWithin(firstTry + now - triedAt, at, now));
    if (left.length > 0) schedule(isFresh ? firstTry : pauseAfter(failures));
  };

  const shared = whileRunning<void>();
  const run = (): Promise<void> =>
    shared('', () =>
      tellAll().catch((error: unknown) => {
        log.warn('the sign-outs that were kept cannot be told', { reason: errorName(error) });
        schedule(longestPause);
      }),
    );

  let timer: { readonly at: number; readonly cancel: Cancel } | undefined;
  /** Of several times, the earliest counts. */
  const schedule = (seconds: number): void => {
    const at = clock.now() + seconds * 1000;
    if (!isLeader() || (timer && timer.at <= at && timer.at > clock.now())) return;
    timer?.cancel();
    const wake = (): void => {
      timer = undefined;
      void run();
    };
    timer = { at, cancel: clock.after(seconds * 1000, wake) };
  };

  const stopWatching = providers.onDidChange(() => schedule(shortestPause));
  // What an earlier leader, or a window that closed, has left.
  schedule(firstTry);
  return {
    async keep(grant: Grant): Promise<void> {
      await kept.keep(grant, secondsNow(clock));
      schedule(firstTry);
    },
    forget: (id: string): Promise<void> => kept.forget([id]),
    /** The obstacle might be gone. */
    rouse(): void {
      if (Math.abs(secondsNow(clock) - triedAt) >= shortestPause) void run();
    },
    /** A server is reachable. */
    reached(issuer: string): void {
      if (silent.has(issuer)) this.rouse();
    },
    dispose(): void {
      stopWatching();
      timer?.cancel();
    },
  };
}

const isBeingTold = (at: number, now: number): boolean => isWithin(firstTry, at, now);

/** How long to wait after so many runs with a failure, spread like the pauses of refreshes. */
const pauseAfter = (failures: number): number =>
  failures === 0
    ? longestPause
    : Math.min(longestPause, firstTry * 2 ** failures) * (0.5 + spread(String(failures)) / 2);
