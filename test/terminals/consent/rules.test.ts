import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  initialState,
  mostWaiting,
  quietTime,
  step,
  windowTime,
  type Choice,
  type ConsentEffect,
  type ConsentEvent,
  type ConsentState,
  type Mode,
  type Permission,
  type Subject,
} from '../../../terminals/src/consent/rules.ts';

const subject = (account: string, what: string, isDeclared = true): Subject => ({
  key: `${account} ${what} ${isDeclared}`,
  accountKey: account,
  isDeclared,
});
const subjects = [
  subject('company', 'read'),
  subject('company', 'write'),
  subject('company', 'read', false),
  subject('other', 'read'),
];
const choices: readonly Choice[] = ['once', 'window', 'workspace', 'never', 'no', 'failed'];

/** What happens, and how long before it nothing does, in milliseconds. */
type Happening = { readonly wait: number } & (
  | { readonly kind: 'asked'; readonly subject: Subject; readonly mode: Mode; readonly needsSignIn: boolean }
  | { readonly kind: 'hung-up'; readonly which: number }
  | { readonly kind: 'answered'; readonly choice: Choice }
  | { readonly kind: 'taken-back'; readonly subject: Subject }
  | { readonly kind: 'locked' | 'unlocked' }
);

const wait = fc.constantFrom(0, 1, quietTime - 1, quietTime, windowTime - 1, windowTime);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('asked' as const),
      wait,
      subject: fc.constantFrom(...subjects),
      mode: fc.constantFrom<Mode>('ask', 'ask', 'silent-only', 'silent-task'),
      needsSignIn: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hung-up' as const), wait, which: fc.nat(20) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('answered' as const),
      wait,
      choice: fc.constantFrom(...choices),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('taken-back' as const),
      wait,
      subject: fc.constantFrom(...subjects),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('locked' as const, 'unlocked' as const), wait }),
  },
);

/** Says in other words what must hold, from what a person did and saw. */
function createJudge() {
  /** Requests without an answer, in their order. */
  const open = new Map<number, Subject>();
  let shown: Subject | undefined;
  let isLocked = false;
  const yes = new Map<string, number>();
  const never = new Set<string>();
  const quiet = new Map<string, number>();

  return {
    get shown() {
      return shown;
    },
    ids: () => [...open.keys()],
    judge(event: ConsentEvent, effects: readonly ConsentEffect[], now: number, mode: Mode) {
      const answeredTo = event.kind === 'answered' ? shown : undefined;
      if (event.kind === 'answered') shown = undefined;
      if (event.kind === 'asked') open.set(event.id, event.subject);
      if (event.kind === 'hung-up') open.delete(event.id);
      if (event.kind === 'locked') isLocked = true;
      if (event.kind === 'unlocked') isLocked = false;
      if (event.kind === 'taken-back') {
        yes.delete(event.key);
        never.delete(event.key);
      }
      if (event.kind === 'answered' && answeredTo) {
        const waits = [...open.values()].some(({ key }) => key === answeredTo.key);
        const { choice } = event;
        const { key, accountKey, isDeclared } = answeredTo;
        if (choice === 'never') {
          never.add(key);
          yes.delete(key);
        }
        if (choice === 'no' || choice === 'failed') quiet.set(accountKey, now + quietTime);
        if (waits && isDeclared && choice === 'window') yes.set(key, now + windowTime);
        if (waits && isDeclared && choice === 'workspace') yes.set(key, Infinity);
        if (waits && isDeclared && (choice === 'window' || choice === 'workspace')) never.delete(key);
      }
      for (const effect of effects) {
        if (effect.kind === 'show') {
          assert.equal(shown, undefined, 'one question at a time');
          shown = effect.subject;
          assert.ok(!isLocked, 'nobody is asked while it is locked');
          assert.ok((quiet.get(shown.accountKey) ?? 0) <= now, 'nobody is asked again soon after a no');
          assert.ok(!never.has(shown.key), 'nobody is asked about what is never allowed');
          assert.ok(event.kind !== 'asked' || mode === 'ask', 'nobody is asked who is not to be disturbed');
        }
        if (effect.kind === 'decide') {
          const asked = open.get(effect.id);
          assert.ok(asked, 'who is answered has asked, still waits, and was not answered before');
          open.delete(effect.id);
          if (!effect.decision.allowed) continue;
          const isYes = event.kind === 'answered' && !['no', 'failed', 'never'].includes(event.choice);
          const byAnswer = isYes && answeredTo?.key === asked.key;
          const remembered = asked.isDeclared && (yes.get(asked.key) ?? 0) > now && !never.has(asked.key);
          assert.ok(byAnswer || remembered, 'who gets something has a yes for it');
          assert.ok(!isLocked);
        }
      }
      // Whoever waits, waits for a question: the one on the screen, or one after it.
      assert.ok(open.size === 0 || shown !== undefined, 'nobody waits for nothing');
    },
  };
}

describe('the rules of consent', () => {
  it('hold whatever happens, in any order and at any time', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), happenings => {
        const judge = createJudge();
        let state: ConsentState = initialState();
        let now = 1_000_000;
        let id = 0;
        const happen = (event: ConsentEvent, mode: Mode = 'ask'): void => {
          const after = step(state, event, now);
          state = after.state;
          judge.judge(event, after.effects, now, mode);
        };
        for (const one of happenings) {
          now += one.wait;
          if (one.kind === 'asked') happen({ ...one, id: ++id }, one.mode);
          else if (one.kind === 'hung-up') {
            const ids = judge.ids();
            const which = ids[one.which % (ids.length || 1)];
            if (which !== undefined) happen({ kind: 'hung-up', id: which });
          } else if (one.kind === 'taken-back') happen({ kind: 'taken-back', key: one.subject.key });
          else if (one.kind !== 'answered' || judge.shown) happen(one);
        }
        // Answering what is left answers everybody.
        for (let left = 0; judge.shown && left < 100; left += 1) happen({ kind: 'answered', choice: 'once' });
        assert.deepEqual(judge.ids(), []);
      }),
      { seed: 20_260_101, numRuns: 3000 },
    );
  });

  const first = subjects[0] as Subject;
  const undeclared = subjects[2] as Subject;
  const ask = (id: number, about: Subject = first, mode: Mode = 'ask'): ConsentEvent => ({
    kind: 'asked',
    id,
    subject: about,
    mode,
    needsSignIn: false,
  });
  const signedOut: ConsentEvent = { kind: 'asked', id: 2, subject: first, mode: 'ask', needsSignIn: true };
  const run = (events: readonly (ConsentEvent | number)[], stored: readonly Permission[] = []) => {
    let state = initialState(stored);
    let now = 0;
    let effects: readonly ConsentEffect[] = [];
    for (const event of events) {
      if (typeof event === 'number') now += event;
      else ({ state, effects } = step(state, event, now));
    }
    return { state, effects };
  };
  const answer = (choice: Choice): ConsentEvent => ({ kind: 'answered', choice });

  it('ask once for fifty equal requests, and answer them all', () => {
    const { effects } = run([...Array.from({ length: 50 }, (_, id) => ask(id)), answer('once')]);
    assert.equal(effects.filter(({ kind }) => kind === 'decide').length, 50);
    assert.equal(effects.filter(({ kind }) => kind === 'show').length, 0);
  });

  it('remember nothing after once, 12 hours for a window, and no end for a workspace', () => {
    assert.deepEqual(run([ask(1), answer('once'), ask(2)]).effects, [{ kind: 'show', subject: first }]);
    const yes = [{ kind: 'decide', id: 2, decision: { allowed: true } }];
    assert.deepEqual(run([ask(1), answer('window'), windowTime - 1, ask(2)]).effects, yes);
    assert.deepEqual(run([ask(1), answer('window'), windowTime, ask(2)]).effects[0]?.kind, 'show');
    assert.deepEqual(run([ask(1), answer('workspace'), windowTime * 100, ask(2)]).effects, yes);
  });

  it('ask whoever has to sign in again, and nobody in silence', () => {
    assert.equal(run([ask(1), answer('workspace'), signedOut]).effects[0]?.kind, 'show');
    assert.equal(run([ask(1), answer('never'), signedOut]).effects[0]?.kind, 'decide');
    const silent: ConsentEvent = { ...signedOut, mode: 'silent-only' };
    assert.deepEqual(run([ask(1), answer('workspace'), silent]).effects, [
      { kind: 'decide', id: 2, decision: { allowed: false, why: 'silent-only' } },
    ]);
  });

  it('store what counts for the workspace, and what is taken back of it', () => {
    const kinds = (events: readonly ConsentEvent[]): string[] => run(events).effects.map(({ kind }) => kind);
    assert.deepEqual(kinds([ask(1), answer('window')]), ['decide']);
    assert.deepEqual(kinds([ask(1), answer('workspace')]), ['decide', 'store']);
    assert.deepEqual(kinds([ask(1), answer('never')]), ['decide', 'store']);
    assert.deepEqual(kinds([{ kind: 'taken-back', key: first.key }]), ['store']);
  });

  it('never remember a yes to what is not declared, but a never', () => {
    for (const choice of ['window', 'workspace'] as const)
      assert.equal(run([ask(1, undeclared), answer(choice), ask(2, undeclared)]).effects[0]?.kind, 'show');
    assert.deepEqual(run([ask(1, undeclared), answer('never'), ask(2, undeclared)]).effects, [
      { kind: 'decide', id: 2, decision: { allowed: false, why: 'never' } },
    ]);
    // A permission that was stored while it was declared.
    const stored = [
      { key: undeclared.key, accountKey: 'company', choice: 'workspace', until: undefined } as const,
    ];
    assert.equal(run([ask(1, undeclared)], stored).effects[0]?.kind, 'show');
  });

  it('are quiet after a no about the account, for 30 seconds, and not about another', () => {
    const second = subjects[1] as Subject;
    const why = (events: readonly (ConsentEvent | number)[]): unknown => run(events).effects;
    const quiet = [{ kind: 'decide', id: 2, decision: { allowed: false, why: 'declined-before' } }];
    assert.deepEqual(why([ask(1), answer('no'), quietTime - 1, ask(2, second)]), quiet);
    assert.deepEqual(why([ask(1), answer('no'), quietTime, ask(2, second)]), [
      { kind: 'show', subject: second },
    ]);
    const other = subjects[3] as Subject;
    assert.deepEqual(why([ask(1), answer('no'), ask(2, other)]), [{ kind: 'show', subject: other }]);
    // Also those that wait already.
    assert.deepEqual(why([ask(1), ask(2, second), answer('no')]), [
      { kind: 'decide', id: 1, decision: { allowed: false, why: 'declined' } },
      ...quiet,
    ]);
  });

  it('count no yes to a question that everybody has taken back', () => {
    const hungUp: ConsentEvent = { kind: 'hung-up', id: 1 };
    const { state, effects } = run([ask(1), hungUp, answer('workspace')]);
    assert.deepEqual([state.permissions, effects], [[], []]);
  });

  it('refuse at once while locked, and what waits then', () => {
    const locked = { kind: 'decide', id: 1, decision: { allowed: false, why: 'locked' } };
    assert.deepEqual(run([{ kind: 'locked' }, ask(1)]).effects, [locked]);
    assert.deepEqual(run([ask(1), { kind: 'locked' }]).effects, [locked]);
    assert.equal(run([ask(1), { kind: 'locked' }, answer('workspace')]).state.permissions.length, 0);
  });

  it('refuse more requests than anybody could mean', () => {
    const { effects } = run(Array.from({ length: mostWaiting + 1 }, (_, id) => ask(id)));
    assert.deepEqual(effects, [
      { kind: 'decide', id: mostWaiting, decision: { allowed: false, why: 'too-many' } },
    ]);
  });
});
