import assert from 'node:assert/strict';
import { mostConnections } from '../../../terminals/src/agent/connections.ts';
import { createConsent, type Consent } from '../../../terminals/src/consent/consent.ts';
import {
  initialState,
  mostPermissions,
  mostWaiting,
  quietTime,
  step,
  windowTime,
  type Choice,
  type ConsentEffect,
  type ConsentState,
  type Permission,
  type Subject,
} from '../../../terminals/src/consent/rules.ts';
import { manualClock, type ManualClock } from '../../standIns/manualClock.ts';

const about = (key: string, isDeclared = true): Subject => ({ key, accountKey: 'company', isDeclared });
const never = new AbortController().signal;

/** The state after one question was answered, and what was done then. */
function answered(state: ConsentState, subject: Subject, choice: Choice) {
  const asked = step(state, { kind: 'asked', id: 1, subject, mode: 'ask', needsSignIn: false }, 0).state;
  return step(asked, { kind: 'answered', choice }, 0);
}

describe('the limits of consent', () => {
  it('are those that the buttons and the documentation name', () => {
    assert.equal(windowTime, 12 * 60 * 60 * 1000);
    assert.equal(quietTime, 30 * 1000);
  });

  it('leave room for clients that do not wait for a user', () => {
    assert.ok(mostWaiting >= 50 && mostWaiting < mostConnections);
  });

  it('forget the oldest of too many decisions', () => {
    let state = initialState();
    for (let at = 0; at <= mostPermissions; at += 1)
      ({ state } = answered(state, about(String(at)), 'workspace'));
    assert.deepEqual([state.permissions.length, state.permissions[0]?.key], [mostPermissions, '1']);
    assert.ok(mostPermissions >= 100);
  });

  it('remember no yes to what is not declared, not even to list it', () => {
    for (const choice of ['once', 'window', 'workspace'] as const) {
      const { state, effects } = answered(initialState(), about('other', false), choice);
      assert.deepEqual(state.permissions, []);
      assert.ok(effects.every(({ kind }) => kind === 'decide'));
    }
  });

  it('are about one thing after never, and about the account after a no', () => {
    const next = { kind: 'asked', id: 2, subject: about('second'), mode: 'ask', needsSignIn: false } as const;
    const kinds = (choice: Choice): string[] =>
      step(answered(initialState(), about('first'), choice).state, next, 0).effects.map(({ kind }) => kind);
    assert.deepEqual([kinds('never'), kinds('no')], [['show'], ['decide']]);
  });

  it('tell who waits that it is never, or that it is not now', () => {
    const why = (choice: Choice): readonly ConsentEffect[] =>
      answered(initialState(), about('first'), choice).effects.filter(({ kind }) => kind === 'decide');
    for (const [choice, reason] of [
      ['never', 'never'],
      ['no', 'declined'],
      ['failed', 'failed'],
    ] as const)
      assert.deepEqual(why(choice), [{ kind: 'decide', id: 1, decision: { allowed: false, why: reason } }]);
  });
});

describe('what is remembered of consent', () => {
  let clock: ManualClock;
  let consent: Consent<Subject>;
  let choice: Choice | Promise<Choice>;
  let stored: (readonly Permission[])[];

  beforeEach(() => {
    [clock, stored] = [manualClock(0), []];
    consent = createConsent<Subject>({
      clock,
      stored: [],
      store: permissions => stored.push(permissions),
      show: async () => choice,
      onChange: () => undefined,
    });
  });

  async function decide(subject: Subject, chosen: Choice): Promise<void> {
    choice = chosen;
    await consent.ask(subject, 'ask', never);
  }

  it('is for 12 hours, and then no longer in the list', async () => {
    await decide(about('first'), 'window');
    await clock.advance(windowTime - 1);
    assert.equal(consent.isAllowed(about('first')), true);
    assert.equal(consent.permissions().length, 1);
    await clock.advance(1);
    assert.equal(consent.isAllowed(about('first')), false);
    assert.deepEqual(consent.permissions(), []);
  });

  it('is stored without what is for this window only', async () => {
    await decide(about('first'), 'window');
    await decide(about('second'), 'workspace');
    assert.deepEqual(
      stored.map(permissions => permissions.map(({ key }) => key)),
      [['second']],
    );
  });

  it('allows nothing that is never to be', async () => {
    await decide(about('first'), 'never');
    assert.equal(consent.isAllowed(about('first')), false);
    assert.equal(consent.permissions().length, 1);
  });

  it('is nothing where everyone has hung up before the answer', async () => {
    const { promise, resolve } = Promise.withResolvers<Choice>();
    choice = promise;
    const client = new AbortController();
    const asking = consent.ask(about('first'), 'ask', client.signal);
    client.abort();
    await asking;
    resolve('workspace');
    await promise;
    await clock.advance(0);
    assert.deepEqual([consent.permissions(), stored], [[], []]);
  });
});
