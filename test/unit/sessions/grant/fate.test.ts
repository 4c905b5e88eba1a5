import assert from 'node:assert/strict';
import type { Event, State, Step } from '../../../../src/sessions/grant/events.ts';
import { fateOf, isEndedByServer, isForNobody } from '../../../../src/sessions/grant/fate.ts';
import { isRenewable, type Grant } from '../../../../src/sessions/grant/grant.ts';
import { step } from '../../../../src/sessions/grant/step.ts';
import { someGrant, start } from '../someGrant.ts';
import { allStates, derived, events, examples, type EventName, type ExampleName } from './fateStates.ts';

const kindOf = (grant: Grant | undefined, { policy, now }: State, memory: State['memory']): string =>
  grant ? fateOf(grant, policy, memory, now).kind : 'gone';

/** What a step does and tells, and what comes of the grant, in a few words; '' for nothing at all. */
function outcomeOf(state: State, event: Event): string {
  const { grant, memory, next, tell, isRenewed } = step(state, event);
  const before = kindOf(state.grant, state, state.memory);
  const after = kindOf(grant, state, memory);
  const hears = next.do === 'listen' && next.hear ? 'hear and ' : '';
  const again = next.do === 'wait' && next.again ? ', ask again' : '';
  return [
    next.do === 'nothing' ? '' : `${hears}${next.do}${again}`,
    after === before ? '' : `-> ${after}`,
    ...tell.map(({ kind }) => `!${kind}`),
    isRenewed ? 'renewed' : grant === state.grant ? '' : 'changed',
  ]
    .filter(Boolean)
    .join(' ');
}

const asking = ['asked', 'asked by a person', 'asked for less'] as const;
const lost = ['unforeseen', 'answer lost'] as const;
const unused = ['bare 403', 'never arrived', 'busy', 'no secret'] as const;
const final = ['invalid_grant', 'invalid_scope', 'another person'] as const;
const answers = ['answered', 'answered without a refresh token'] as const;

const underWay = { wait: ['asked', 'asked by a person'], 'wait, ask again': ['asked for less'] } as const;
/** Answers of an earlier request end this one: it has not been sent. */
const nothingSent = ['withheld', ...answers, ...final, ...lost, ...unused, 'endpoint changed'] as const;
/** Whatever else happens to it, an account that is refused needs its person. */
const refused = { '-> needs-sign-in !account-refused changed': ['profile: refused'] } as const;

const judged = {
  ...refused,
  ...underWay,
  renewed: ['rotated'],
  '-> valid !refreshed renewed': answers,
  '-> needs-sign-in !sign-in-needed changed': final,
  '-> needs-sign-in !trouble !sign-in-needed changed': ['endpoint changed'],
} as const;
const begins = {
  ...refused,
  'listen -> sending': asking,
  'hear and listen -> sending': ['timer'],
} as const;
const beginsUnseen = { listen: asking, 'hear and listen': ['timer'] } as const;

/** Of each state, what the events do; an event that is not named does nothing. */
const table: Record<ExampleName, Readonly<Record<string, readonly EventName[]>>> = {
  valid: begins,
  due: begins,
  ended: begins,
  'listening, unasked': {
    ...refused,
    ...underWay,
    'note changed': ['listened'],
    'leave -> unstorable !unstorable': ['listened, storage silent'],
    '-> due': nothingSent,
  },
  listening: {
    ...refused,
    ...underWay,
    'note changed': ['listened', 'listened, storage silent'],
    '-> due': nothingSent,
  },
  'noted, unasked': {
    ...judged,
    send: ['noted', 'about to send'],
    'leave -> unstorable !unstorable changed': ['noted, storage silent'],
    '-> due changed': ['withheld'],
    '-> offline !trouble changed': [...lost, ...unused],
  },
  noted: {
    ...judged,
    send: ['noted', 'noted, storage silent', 'about to send'],
    '-> due changed': ['withheld'],
    '-> offline !trouble changed': [...lost, ...unused],
  },
  sent: {
    ...judged,
    send: ['about to send'],
    '-> in-doubt': ['withheld'],
    '-> in-doubt !trouble': lost,
    '-> offline !trouble changed': unused,
  },
  rotated: {
    ...judged,
    '-> in-doubt': ['withheld'],
    '-> offline !trouble changed': [...lost, ...unused],
  },
  'in doubt': refused,
  'in doubt, ended': {
    ...refused,
    'hear and listen -> sending': [...asking, 'timer'],
  },
  offline: {
    ...refused,
    'listen -> sending': ['asked by a person', 'asked for less'],
    'hear and listen -> sending': ['timer'],
  },
  'offline, ended': begins,
  unstorable: begins,
  'needs sign-in: server': {},
  'needs sign-in: account': {
    ...beginsUnseen,
    '-> due !account-accepted changed': ['profile: accepted'],
    changed: ['profile: refused'],
  },
  'needs sign-in: tentative': beginsUnseen,
  'nothing to renew with': { '!account-refused changed': ['profile: refused'] },
  'nothing to renew with, to be told': {
    '!account-refused changed': ['profile: refused'],
    announce: ['timer'],
    '!ended changed': ['over'],
  },
  'nothing to renew with, told': { '!account-refused changed': ['profile: refused'] },
  'nothing to renew with, ending': refused,
  'no provider': refused,
  'signed out': { '!orphaned': answers },
};

/** True if nobody has told the person yet that a sign-in has ended which nothing renews, and this window may. */
function mayTellEnd({ grant, policy, memory, now, isLeader, isLeaving }: State): boolean {
  if (!grant?.ending || grant.ending.told || grant.signInNeeded || !policy) return false;
  const { works, kind } = fateOf(grant, policy, memory, now);
  return isLeader && !isLeaving && kind === 'needs-sign-in' && !works && !isRenewable(grant);
}

/** What must hold of every step; says what does not. */
function violationIn(state: State, event: Event, after: Step): string | undefined {
  const { grant: before, policy, now, isLeader, isLeaving } = state;
  const { grant, memory, next, tell, isRenewed } = after;
  const begins = ['listen', 'outlast', 'note'].includes(next.do);
  if (begins && (!isLeader || isLeaving)) return 'begins something that is left to another window';
  if (!before || !grant) {
    if (before !== grant) return 'makes a grant, or forgets one';
    return next.do === 'nothing' && !memory.request ? undefined : 'does something for a grant that is gone';
  }
  if (grant.id !== before.id || grant.binding !== before.binding || grant.account !== before.account)
    return 'changes what a grant is';
  if (grant.revision !== before.revision) return 'counts revisions, which the cache does';
  if ((begins || next.do === 'send') && (!policy || !isRenewable(before) || isEndedByServer(before)))
    return 'asks for tokens that are not to be had';
  if (next.do === 'send' && !isLeader && event.kind === 'about-to-send')
    return 'sends, and is not the leader';

  const { until, works, answers: isAnswer, nextAt } = fateOf(grant, policy, memory, now);
  const isInDoubt = (of: Grant): boolean => of.refreshSentAt !== undefined;
  const mayLose = fateOf(before, policy, state.memory, now).works && !policy?.refreshEndsAccessToken;
  const forgiven =
    now - (before.refreshSentAt ?? now) < (policy?.rotationGrace ?? 0) && (before.refreshSentAt ?? 0) <= now;
  if (next.do === 'note') {
    if (isInDoubt(before) && mayLose && !forgiven)
      return 'sends a token again while there is something to lose';
    if (grant.refreshSentAt !== now && grant.refreshResentAt !== now) return 'does not note that it sends';
    if (isInDoubt(before) && grant.refreshSentAt !== before.refreshSentAt)
      return 'forgets when it was sent first';
  }

  const given = event.kind === 'rotated' ? event.refreshToken : undefined;
  const received = event.kind === 'answered' ? event.tokens : undefined;
  const tokens = [before.tokens.refreshToken, given, received?.refreshToken];
  if (!tokens.includes(grant.tokens.refreshToken)) return 'loses the refresh token';
  if (
    grant.tokens.accessToken !== before.tokens.accessToken &&
    grant.tokens.accessToken !== received?.accessToken
  )
    return 'loses the access token';
  if (
    (grant.tokens.serial !== before.tokens.serial) !==
    (grant.tokens.accessToken !== before.tokens.accessToken)
  )
    return 'does not count the tokens';
  const isNew =
    (grant.tokens !== before.tokens && event.kind !== 'profiled') ||
    (received !== undefined && grant.derived !== before.derived);
  if (isNew !== isRenewed) return 'does not say that the tokens are new';

  const isNeeded = grant.signInNeeded !== undefined && grant.signInNeeded !== before.signInNeeded;
  const isTold = tell.some(({ kind }) => kind === 'sign-in-needed' || kind === 'account-refused');
  const wasRefused = before.signInNeeded?.accountRefused;
  const isNews = isNeeded && !(wasRefused && event.kind === 'profiled');
  if (isNews !== isTold) return 'does not tell the person';
  if (isNeeded && event.kind !== 'failed' && event.kind !== 'profiled')
    return 'needs its person for no reason';
  if (event.kind === 'profiled') {
    if (isEndedByServer(grant) !== isEndedByServer(before))
      return 'ends a sign-in for its account, or revives one';
    if (grant.tokens.expiresAt !== (before.tokens.expiresAt ?? grant.tokens.expiresAt))
      return 'believes another end of a token than came with it';
    if (event.serial !== before.tokens.serial && grant !== before)
      return 'believes what earlier tokens brought';
    if (wasRefused && event.profile.refusal === undefined && grant.signInNeeded && grant !== before)
      return 'keeps an account out that is accepted';
  }
  if (isNeeded && isEndedByServer(grant) && event.kind === 'failed') {
    const { code, oauthError } = event.failure ?? {};
    if (oauthError === undefined && code !== 'token-untrusted') return 'ends a sign-in without the server';
  }
  const isAccepted = event.kind === 'profiled' && wasRefused;
  if (before.signInNeeded && !grant.signInNeeded && event.kind !== 'answered' && !isAccepted)
    return 'forgets that it needs its person';

  if (isNeeded && isEndedByServer(grant) && grant.refreshSentAt !== undefined)
    return 'leaves the token of an ended sign-in in doubt';
  if (event.kind === 'rotated' && isRenewed && memory.request?.stage !== 'rotated')
    return 'forgets that the token was rotated';
  if (event.kind === 'withheld' && !state.isLeader && grant.refreshSentAt !== before.refreshSentAt)
    return 'takes back what another leader may have noted';

  const isOver = ['withheld', 'answered', 'failed'].includes(event.kind) || next.do === 'leave';
  if (memory.request && isOver) return 'does not end the request';
  if (!memory.request && !['nothing', 'leave', 'announce'].includes(next.do)) return 'forgets its request';
  if (next.do === 'announce' && (event.kind !== 'timer' || !mayTellEnd(state)))
    return 'wants to tell an end that is not to be told';
  const tellsEnd = tell.some(({ kind }) => kind === 'ended');
  if (tellsEnd && !mayTellEnd(state)) return 'tells an end that is not to be told';
  if (tellsEnd !== (grant.ending?.told !== before.ending?.told)) return 'tells an end twice, or never';
  if (next.do === 'leave' && state.memory.request?.asked) return 'lets somebody wait for the storage';
  if (isAnswer && !works) return 'answers with a token that does not work';
  if (works && until !== undefined && now >= until) return 'takes an ended token for a good one';
  const isKept = policy && isRenewable(grant) && !isEndedByServer(grant) && until !== undefined;
  if (isKept && !memory.request && nextAt === undefined) return 'never does anything again';
  if (!isKept && nextAt !== undefined && until !== undefined) return 'wants to do what cannot be done';
  return undefined;
}

describe('a step in the life of a grant', () => {
  for (const [name, expected] of Object.entries(table) as [ExampleName, (typeof table)[ExampleName]][]) {
    it(`${name}: is what the table says for each event`, () => {
      const found = Object.groupBy(Object.keys(events) as EventName[], event =>
        outcomeOf(examples[name], events[event]),
      );
      delete found[''];
      const sorted = (outcomes: Readonly<Record<string, readonly EventName[] | undefined>>) =>
        Object.entries(outcomes)
          .map(([outcome, named = []]) => [outcome, [...named].sort()])
          .sort();
      assert.deepEqual(sorted(found), sorted(expected));
    });
  }

  it('sends no token that is not to be sent, loses none, ends no sign-in, whatever the state and the event', function () {
    this.timeout(60_000);
    const violations = new Map<string, string>();
    let cells = 0;
    for (const state of allStates()) {
      for (const [name, event] of Object.entries(events)) {
        cells++;
        const violation = violationIn(state, event, step(state, event));
        if (violation !== undefined && !violations.has(`${violation}: ${name}`))
          violations.set(`${violation}: ${name}`, JSON.stringify(state));
      }
    }
    assert.deepEqual([...violations], []);
    assert.ok(cells > 2_000_000, `${cells} cells`);
  });

  it('is the same however often it is computed, and changes nothing that it is given', () => {
    for (const state of Object.values(examples)) {
      const frozen = JSON.stringify(state);
      for (const event of Object.values(events)) assert.deepEqual(step(state, event), step(state, event));
      assert.equal(JSON.stringify(state), frozen);
    }
  });
});

describe('a derived token', () => {
  it('ends with the server that refuses it, and not the sign-in', () => {
    const state = { ...examples.sent, memory: { ...examples.sent.memory } };
    const { request } = state.memory;
    assert.ok(request);
    state.memory.request = { ...request, which: derived };
    const { grant, tell } = step(state, events['invalid_scope']);
    assert.ok(grant);
    assert.deepEqual([grant.signInNeeded, tell.map(({ kind }) => kind)], [undefined, ['derived-refused']]);
    assert.equal(
      grant.refreshSentAt,
      state.grant?.refreshSentAt,
      'a server may spend the token and then refuse',
    );
    const fate = fateOf(grant, state.policy, state.memory, state.now, derived);
    assert.deepEqual([fate.kind, fate.nextAt], ['refused', state.now + 3600]);
  });
});

it('the tokens of an account that is refused are for nobody, and of one that needs its person for everybody', () => {
  const need = { reason: 'it is so', since: start };
  const needs = [undefined, need, { ...need, tentative: true }, { ...need, accountRefused: true }] as const;
  assert.deepEqual(
    needs.map(signInNeeded => isForNobody(someGrant({ signInNeeded }))),
    [false, false, false, true],
  );
});
