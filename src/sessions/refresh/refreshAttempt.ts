import * as l10n from '@vscode/l10n';
import { secondsNow } from '../../platform/clock.ts';
import { Failure, mayHaveTakenEffect } from '../../protocol/failures/failure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { learnProfile } from './accountProfile.ts';
import { serialOf, withDerived } from '../grant/derived.ts';
import { backOff, expiryOf } from '../grant/freshness.ts';
import type { Grant } from '../grant/grant.ts';
import type { RefresherOptions } from './refresherOptions.ts';
import {
  endsGrant,
  isUnchanged,
  neverSent,
  refusesDerived,
  sentOnceMore,
  withDerivedToken,
  withMainToken,
} from '../grant/refreshOutcome.ts';
import { revisionOfRefresh } from '../grant/revisions.ts';
import { canRefresh, mustWait, spendsToken } from './sendingRules.ts';
import { outlastSilentSender } from './silentSender.ts';
import { resting, type TokenState } from './tokenState.ts';

/**
 * One request for new tokens of a grant: the intent is stored, the request sent, and its outcome stored before
 * anybody hears of it. The state of the grant's tokens is set to what comes after it. Never rejects; the refresher
 * sees to it that there is one at a time.
 *
 * @param scopes of the derived token to ask for; undefined: the main one.
 * @param failures how many have failed in a row before this one.
 * @param asked whether somebody waits for the tokens.
 * @returns the grant as it is afterwards; undefined if it is gone.
 */
export type RefreshAttempt = (
  grantId: string,
  scopes: readonly string[] | undefined,
  failures: number,
  asked: boolean,
) => Promise<Grant | undefined>;

/** After the storage did not answer, it is looked at again after this many seconds. */
const storageRecheck = 60;

export function createRefreshAttempt(
  options: RefresherOptions,
  setState: (grantId: string, next: TokenState) => void,
  ending: AbortSignal,
): RefreshAttempt {
  const { cache, clock, log, providers, server, ownership, reports, random } = options;

  /** Grants of which it was told that nothing can be stored. */
  const postponedOnes = new Set<string>();

  const attempt: RefreshAttempt = async (id, scopes, failures, asked) => {
    const before = await cache.get(id);
    // A token may be spent without this window knowing of it, too. But nobody is kept waiting for that where no
    // window is known that may have sent it.
    const isInDoubt = before?.refreshSentAt !== undefined || ownership.formerOwnerMayLive();
    if (isInDoubt || !asked) await ownership.heardOthers();
    // Windows that this one does not hear of may share its storage.
    let newest = await cache.reread(id);
    const isSettled = (grant: Grant): boolean =>
      (before && serialOf(grant, scopes) > serialOf(before, scopes)) || mustWait(grant, options);
    if (newest && !isSettled(newest) && (await outlastSilentSender(newest, options, ending)))
      newest = await cache.reread(id);
    // What has not been begun is left to the next owner.
    if (newest && (isSettled(newest) || ending.aborted)) {
      setState(id, resting);
      return newest;
    }
    // The extension host may outlive its window for hours; what it puts into the secret storage is lost then.
    const isLost = async (grant: Grant): Promise<boolean> =>
      !asked && spendsToken(grant) && !cache.isStored(id) && !(await cache.stored(id));
    const postponed = async (grant: Grant): Promise<Grant> => {
      setState(id, { kind: 'unstorable', retryAt: secondsNow(clock) + storageRecheck });
      if (!postponedOnes.has(id))
        log.warn('not refreshed: the secret storage does not answer', { grant: id });
      postponedOnes.add(id);
      await ownership.leaveToOthers();
      return grant;
    };
    if (newest && (await isLost(newest))) return postponed(newest);
    /** What an attempt that did not arrive says nothing about. */
    const sentBefore: SentBefore = {
      refreshSentAt: newest?.refreshSentAt,
      refreshResentAt: newest?.refreshResentAt,
    };

    // The intent is stored before the token leaves, so that a crash in between is known about.
    const sentAt = secondsNow(clock);
    const intent = await cache.update(id, grant =>
      canRefresh(grant, options) && spendsToken(grant)
        ? { ...grant, ...sentOnceMore(grant, sentAt) }
        : undefined,
    );
    const provider = intent && providers.of(intent.grant);
    if (!provider || !canRefresh(intent.grant, options)) {
      setState(id, resting);
      return intent?.grant;
    }
    if (await isLost(intent.grant)) {
      const kept = await cache.update(id, grant =>
        isUnchanged(grant, intent.grant) ? { ...grant, ...sentBefore } : undefined,
      );
      return postponed(kept?.grant ?? intent.grant);
    }
    try {
      const tokens = await server.refresh(provider, intent.grant, checkOwner, scopes);
      return await succeeded(provider, intent.grant, scopes, tokens);
    } catch (error) {
      if (error instanceof NoLongerOwner) {
        setState(id, resting);
        return intent.grant;
      }
      return failed(provider, intent.grant, scopes, error, failures + 1, sentBefore);
    }
  };

  const checkOwner = (): void => {
    if (!ownership.isOwner()) throw new NoLongerOwner();
  };

  const succeeded = async (
    provider: Provider,
    sent: Grant,
    scopes: readonly string[] | undefined,
    tokens: Tokens,
  ): Promise<Grant | undefined> => {
    setState(sent.id, resting);
    postponedOnes.delete(sent.id);
    // Whoever asked gets the access token when the refresh token that came with it is stored.
    const answer = { isTaken: false };
    const renewed = await cache.update(sent.id, grant => {
      answer.isTaken = isUnchanged(grant, sent);
      if (!answer.isTaken) return undefined;
      const changed = scopes
        ? withDerivedToken(grant, scopes, tokens, provider.narrowTokens)
        : withMainToken(grant, tokens);
      return { ...changed, revision: revisionOfRefresh(grant.revision) };
    });
    if (!renewed) {
      reports.onOrphaned(sent, tokens);
      return undefined;
    }
    // What it says is of an earlier sign-in.
    if (!answer.isTaken) return renewed.grant;
    reports.onRefreshed(renewed.grant, scopes);
    log.info('refreshed', {
      provider: sent.providerId,
      account: sent.account.label,
      derived: scopes && [...scopes],
      rotated: tokens.refreshToken !== undefined,
      validSeconds: tokens.expiresAt && tokens.expiresAt - tokens.receivedAt,
      stored: renewed.stored,
    });
    // A derived token may not be let in where the facts are.
    if (!scopes) void learnProfile(options, provider, renewed.grant, tokens);
    return renewed.grant;
  };

  const failed = async (
    provider: Provider,
    sent: Grant,
    scopes: readonly string[] | undefined,
    error: unknown,
    failures: number,
    sentBefore: SentBefore,
  ): Promise<Grant | undefined> => {
    const failure = error instanceof Failure ? error : undefined;
    const fields = {
      provider: sent.providerId,
      account: sent.account.label,
      failure: failure?.code ?? 'unknown',
    };
    const unchanged = (grant: Grant): boolean => isUnchanged(grant, sent);

    if (failure && scopes && refusesDerived(failure, sent, scopes)) {
      setState(sent.id, resting);
      const since = secondsNow(clock);
      const entry = { kind: 'refused', scopes, since, reason: failure.message } as const;
      // It stays noted that the refresh token was sent: there are servers that spend it and then refuse.
      const kept = await cache.update(sent.id, grant =>
        unchanged(grant) ? { ...grant, derived: withDerived(grant, entry) } : undefined,
      );
      log.warn('derived token refused', { ...fields, scopes: [...scopes] });
      return kept?.grant;
    }
    if (failure && endsGrant(failure)) {
      await cache.reread(sent.id);
      setState(sent.id, resting);
      const signInNeeded = { reason: failure.message, since: secondsNow(clock) };
      const ended = await cache.update(sent.id, grant =>
        unchanged(grant) ? { ...grant, ...neverSent, signInNeeded } : undefined,
      );
      if (ended?.grant.signInNeeded !== signInNeeded) return ended?.grant;
      log.warn('sign-in needed', fields);
      reports.onSignInNeeded(ended.grant);
      return ended.grant;
    }

    const wait = backOff(failures, random(), failure?.retryAfter);
    const retryAt = secondsNow(clock) + wait;
    const reason = failure?.message ?? l10n.t('The refresh failed.');
    setState(sent.id, { kind: 'offline', failures, retryAt, reason });
    log.warn('not refreshed, trying again', { ...fields, failures, seconds: Math.round(wait) });
    if (failures === 1) reports.onTrouble(sent, reason);
    // A token that certainly was never used can be sent again at any time; any other waits, see schedule().
    const kept = await cache.update(sent.id, grant =>
      unchanged(grant) && !mayHaveTakenEffect(error) ? { ...grant, ...sentBefore } : undefined,
    );
    const waitsFor =
      kept && mustWait(kept.grant, options)
        ? expiryOf(kept.grant.tokens, provider.assumedTokenLifetime)
        : undefined;
    reports.onTroubleChange(sent.id, { reason, retryAt: Math.max(retryAt, waitsFor ?? 0) });
    return kept?.grant;
  };

  return attempt;
}

type SentBefore = Pick<Grant, 'refreshSentAt' | 'refreshResentAt'>;

/** Another window has taken over, and with it this refresh. */
class NoLongerOwner extends Error {}
