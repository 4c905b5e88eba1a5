import type { Secret } from '../../platform/secret.ts';
import { mayHaveTakenEffect } from '../../protocol/failures/effect.ts';
import type { Failure } from '../../protocol/failures/failure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import { serialOf } from './derived.ts';
import { withEndTold } from './ending.ts';
import type { Event, Notice, State, Step } from './events.ts';
import {
  backOff,
  canRefresh,
  doubtUntil,
  earliestTry,
  fateOf,
  mayTry,
  silentSenderUntil,
  spendsToken,
} from './fate.ts';
import { about, blank, type Doubt, type Memory, type Request, type Which } from './memory.ts';
import type { Grant } from './grant.ts';
import {
  neverSent,
  refusesDerived,
  verdictOf,
  withDerived,
  withDerivedToken,
  withDoubt,
  withMainToken,
  withProfile,
} from './outcome.ts';
import { isSameSet } from './scopes.ts';

/** How long the storage is left alone after it did not answer, in seconds. */
const storageRecheck = 60;

/** So many answers from something that does not speak OAuth are taken for a mishap of the network. */
const mostObstructions = 4;

/**
 * Decides what an event makes of a grant: the grant and the memory after it, and what is to be done. It is all there
 * is to know of refreshing; refresher.ts does what it says.
 *
 * - A refresh token is sent once at a time, and never while it may be spent and there is something to lose.
 * - That it will be sent is stored before, so that a crash in between is known about.
 * - A rotated refresh token is stored before the rest of its answer is judged, and what is wrong costs that rest only.
 * - Only the authorization server's own word ends a sign-in, or an answer about another person.
 */
export function step(state: State, event: Event): Step {
  const { grant, policy, now } = state;
  if (!grant) {
    const tell: Notice[] = event.kind === 'answered' ? [{ kind: 'orphaned', tokens: event.tokens }] : [];
    return { grant, isRenewed: false, memory: blank, next: { do: 'nothing' }, tell };
  }
  const known: Known = { ...state, grant, memory: about(grant, state.memory) };
  const { request, trouble } = known.memory;
  const isOpen = request !== undefined && isAnswered(grant, request);
  switch (event.kind) {
    case 'asked':
      return asked(known, event);
    case 'timer':
      if (toldOfEnd(known) !== grant) return { ...stay(known), next: { do: 'announce' } };
      return !request && mayBegin(known) && now >= doubtUntil(grant, policy, now)
        ? begin(known, undefined, false)
        : stay(known);
    case 'over': {
      const told = toldOfEnd(known);
      return told === grant ? stay(known) : { ...stay(known), grant: told, tell: [{ kind: 'ended' }] };
    }
    case 'listened':
      return request?.stage === 'listening' ? listened(known, request, event.stored) : stay(known);
    case 'noted':
      return request?.stage === 'noted' ? noted(known, request, event.stored) : stay(known);
    case 'about-to-send':
      return isOpen && mayStillSend(known, request)
        ? {
            ...stay(known, { request: { ...request, stage: 'sent', noted: doubtOf(grant) } }),
            next: { do: 'send' },
          }
        : stay(known);
    case 'withheld':
      // Another leader may have noted by now that it sends the token.
      return isOpen && request.stage === 'noted' && state.isLeader
        ? end(known, takenBack(known, request))
        : end(known);
    case 'rotated':
      return isOpen ? rotated(known, request, event.refreshToken) : stay(known);
    case 'answered':
      // Without a request of this sign-in, what it says is of an earlier one.
      return isOpen ? answered(known, request.which, event.tokens) : end(known);
    case 'failed':
      return isOpen ? failed(known, request, event.failure, event.reason) : end(known);
    case 'profiled':
      return profiled(known, event);
    case 'changed':
      return stay(known);
    case 'roused':
      return stay(known, { trouble: trouble && { ...trouble, retryAt: earliestTry(trouble, now) } });
    case 'provider-changed': {
      const retryAt = Math.max(now, trouble?.notBefore ?? 0);
      return stay(known, { lacksSecret: false, trouble: trouble && { ...trouble, retryAt } });
    }
  }
}

type Known = State & { readonly grant: Grant };

/** True if the grant still has the tokens with which its request was sent: then the answer belongs to it. */
const isAnswered = ({ tokens }: Grant, { stage, sent }: Request): boolean =>
  stage !== 'listening' &&
  tokens.serial === sent.serial &&
  tokens.refreshToken?.reveal() === sent.refreshToken?.reveal();

/** True if a request can be made now or later. What has not been begun is left to the next leader. */
const mayBegin = ({ grant, policy, isLeader, isLeaving }: Known): boolean =>
  isLeader && !isLeaving && canRefresh(grant, policy);

/** Only the leader reports what has expired. The next leader reports the rest. */
const toldOfEnd = ({ grant, policy, now, isLeader, isLeaving }: Known): Grant =>
  isLeader && !isLeaving ? withEndTold(grant, policy, now) : grant;

/** True right before a request leaves. What the server forgives is a matter of seconds, and may be over by now. */
const mayStillSend = ({ grant, policy, now, isLeader }: Known, { stage, before }: Request): boolean =>
  isLeader &&
  stage !== 'rotated' &&
  canRefresh(grant, policy) &&
  now >= doubtUntil(withDoubt(grant, before), policy, now);

const doubtOf = ({ refreshSentAt, refreshResentAt }: Grant): Doubt => ({ refreshSentAt, refreshResentAt });

/**
 * Removes the note that the token is about to be sent. Keeps it while a former leader can be alive: this window might
 * not have heard of that one's request, and would remove its note as well.
 */
const takenBack = ({ grant, formerLeaderMayLive }: Known, { before }: Request): Grant =>
  formerLeaderMayLive ? grant : withDoubt(grant, before);

const stay = ({ grant, memory }: Known, changes: Partial<Memory> = {}): Step => ({
  grant,
  isRenewed: false,
  memory: { ...memory, ...changes },
  next: { do: 'nothing' },
  tell: [],
});

const end = (known: Known, grant = known.grant, memory: Partial<Memory> = {}, ...tell: Notice[]): Step => ({
  ...stay(known, { request: undefined, ...memory }),
  grant,
  tell,
});

function asked(known: Known, { which, serial, urgent }: Extract<Event, { kind: 'asked' }>): Step {
  const { grant, policy, memory, now } = known;
  const { request } = memory;
  const fate = fateOf(grant, policy, memory, now, which);
  if (!mayBegin(known) || serialOf(grant, which) > serial || fate.kind === 'refused') return stay(known);
  if (request) {
    const again = !isSameToken(request.which, which);
    const isAsked = request.asked || !again;
    return { ...stay(known, { request: { ...request, asked: isAsked } }), next: { do: 'wait', again } };
  }
  const isHeld = now < doubtUntil(grant, policy, now) || !(urgent || mayTry(grant, memory, fate, now, which));
  return isHeld ? stay(known) : begin(known, which, true);
}

/** Nobody is kept waiting for the others where no window is known that may have sent the token. */
function begin(known: Known, which: Which, isAsked: boolean): Step {
  const { grant, formerLeaderMayLive } = known;
  const request: Request = {
    which,
    asked: isAsked,
    serial: serialOf(grant, which),
    stage: 'listening',
    sent: grant.tokens,
    before: doubtOf(grant),
  };
  const hear = !isAsked || grant.refreshSentAt !== undefined || formerLeaderMayLive;
  return { ...stay(known, { request }), next: { do: 'listen', hear } };
}

function listened(known: Known, request: Request, stored: boolean): Step {
  const { grant, policy, now } = known;
  const isSettled = serialOf(grant, request.which) > request.serial || now < doubtUntil(grant, policy, now);
  if (isSettled || !mayBegin(known)) return end(known);
  const until = known.formerLeaderMayLive ? silentSenderUntil(grant, policy, now) : 0;
  if (now < until) return { ...stay(known), next: { do: 'outlast', until } };
  if (isLost(grant, request, stored)) return postponed(known, grant);
  const before = doubtOf(grant);
  const sending = stay(known, { request: { ...request, stage: 'noted', sent: grant.tokens, before } });
  if (!spendsToken(grant)) return { ...sending, next: { do: 'send' } };
  const doubt =
    before.refreshSentAt === undefined
      ? { ...before, refreshSentAt: now }
      : { ...before, refreshResentAt: now };
  return { ...sending, grant: withDoubt(grant, doubt), next: { do: 'note' } };
}

function noted(known: Known, request: Request, stored: boolean): Step {
  const { grant, policy } = known;
  if (!isAnswered(grant, request) || !canRefresh(grant, policy)) return end(known);
  if (isLost(grant, request, stored)) return postponed(known, takenBack(known, request));
  return { ...stay(known), next: { do: 'send' } };
}

/**
 * True if what the refresh brings would be lost with this process, and nobody waits for it. An extension host may
 * outlive its window for hours; what it puts into the secret storage is lost then.
 */
const isLost = (grant: Grant, { asked: isAsked }: Request, stored: boolean): boolean =>
  !isAsked && !stored && spendsToken(grant);

function postponed(known: Known, grant: Grant): Step {
  const silentUntil = known.now + storageRecheck;
  const tell: Notice[] = known.memory.silentUntil === undefined ? [{ kind: 'unstorable' }] : [];
  return { ...end(known, grant, { silentUntil }, ...tell), next: { do: 'leave' } };
}

function rotated(known: Known, request: Request, refreshToken: Secret): Step {
  const { grant } = known;
  const sent = { ...request.sent, refreshToken };
  return {
    ...stay(known, { request: { ...request, stage: 'rotated', sent, before: neverSent } }),
    // That a request is under way stays noted: another window must not send the new one beside it.
    grant: { ...grant, tokens: { ...grant.tokens, refreshToken } },
    isRenewed: true,
  };
}

function answered(known: Known, which: Which, tokens: Tokens): Step {
  const { grant, policy } = known;
  const renewed = which
    ? withDerivedToken(grant, which, tokens, policy?.narrowTokens ?? false)
    : withMainToken(grant, tokens);
  const memory = { ...blank, serial: renewed.tokens.serial };
  return { ...end(known, renewed, memory, { kind: 'refreshed', which, tokens }), isRenewed: true };
}

function failed(known: Known, request: Request, failure: Failure | undefined, reason: string): Step {
  const { grant, policy, memory, now } = known;
  const { which } = request;
  const need = { reason, since: now };
  if (failure && which && refusesDerived(failure, grant, which)) {
    const derived = withDerived(grant, { kind: 'refused', scopes: which, ...need });
    // It stays noted that the refresh token was sent: there are servers that spend it and then refuse.
    return end(known, { ...grant, derived }, {}, { kind: 'derived-refused', which });
  }
  const verdict = failure ? verdictOf(failure) : 'passing';
  if (verdict === 'ended') {
    const nothing = { ...blank, serial: memory.serial };
    return end(known, { ...grant, ...neverSent, signInNeeded: need }, nothing, { kind: 'sign-in-needed' });
  }
  const failures = (memory.trouble?.failures ?? 0) + 1;
  const obstructions = (memory.trouble?.obstructions ?? 0) + Number(verdict === 'obstructed');
  const seconds = backOff(grant.id, failures, failure?.retryAfter);
  const changes = {
    lacksSecret: failure?.code === 'client-secret-missing',
    trouble: {
      failures,
      obstructions,
      reason,
      failedAt: now,
      retryAt: now + seconds,
      notBefore: now + (failure?.retryAfter ?? 0),
    },
  };
  // A token that certainly was never used can be sent again at any time.
  const isSpent = request.stage === 'sent' && mayHaveTakenEffect(failure);
  const { noted = neverSent } = request;
  const kept = isSpent
    ? withDoubt(grant, grant.refreshSentAt === undefined ? noted : grant)
    : takenBack(known, request);
  const { works } = fateOf(kept, policy, memory, now);
  const isStuck = verdict === 'obstructed' && obstructions > mostObstructions && !works;
  const tell: Notice = { kind: 'trouble', seconds };
  if (grant.signInNeeded || !(verdict === 'impeded' || isStuck)) return end(known, kept, changes, tell);
  const needed = { ...kept, signInNeeded: { ...need, tentative: true as const } };
  return end(known, needed, changes, tell, { kind: 'sign-in-needed' });
}

/** Later tokens have a profile of their own. */
function profiled(known: Known, { serial, profile }: Extract<Event, { kind: 'profiled' }>): Step {
  const { grant, now } = known;
  if (grant.tokens.serial !== serial) return stay(known);
  const learnt = withProfile(grant, profile, now);
  const isRefused = learnt.signInNeeded?.accountRefused;
  const isOther = isRefused !== grant.signInNeeded?.accountRefused;
  const tell: Notice[] = isOther ? [{ kind: isRefused ? 'account-refused' : 'account-accepted' }] : [];
  return { ...stay(known), grant: learnt, tell };
}

const isSameToken = (a: Which, b: Which): boolean => (a && b ? isSameSet(a, b) : a === b);
