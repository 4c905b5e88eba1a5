import assert from 'node:assert/strict';
import { createConsent, type Consent } from '../../../terminals/src/consent/consent.ts';
import type { Choice, Permission, Subject } from '../../../terminals/src/consent/rules.ts';
import { manualClock } from '../../standIns/manualClock.ts';

const company: Subject = { key: 'company', accountKey: 'company', isDeclared: true };
const never = new AbortController().signal;

describe('consent', () => {
  let consent: Consent<Subject>;
  let shown: { subject: Subject; answer: (choice: Choice) => void; fail: () => void }[];
  let stored: (readonly Permission[])[];
  let changes: number;

  beforeEach(() => {
    shown = [];
    stored = [];
    changes = 0;
    consent = createConsent<Subject>({
      clock: manualClock(0),
      stored: [],
      store: permissions => stored.push(permissions),
      show: subject => {
        const { promise, resolve, reject } = Promise.withResolvers<Choice>();
        shown.push({ subject, answer: resolve, fail: () => reject(new Error('no dialog')) });
        return promise;
      },
      onChange: () => (changes += 1),
    });
  });

  it('is asked once for all who wait', async () => {
    const all = [1, 2, 3].map(() => consent.ask(company, 'ask', never));
    assert.equal(shown.length, 1);
    shown[0]?.answer('workspace');
    for (const decision of await Promise.all(all)) assert.deepEqual(decision, { allowed: true });
    assert.equal(stored.at(-1)?.length, 1);
    assert.deepEqual(await consent.ask(company, 'silent-only', never), { allowed: true });
    assert.ok(changes > 0);
  });

  it('is none where the question cannot be shown', async () => {
    const asking = consent.ask(company, 'ask', never);
    shown[0]?.fail();
    assert.deepEqual(await asking, { allowed: false, why: 'failed' });
  });

  it('is not waited for by who has hung up, before or meanwhile', async () => {
    assert.equal((await consent.ask(company, 'ask', AbortSignal.abort())).allowed, false);
    const client = new AbortController();
    const asking = consent.ask(company, 'ask', client.signal);
    client.abort();
    assert.equal((await asking).allowed, false);
    assert.equal(shown.length, 1);
    // Whoever asks the same now is answered by the question that is there.
    const next = consent.ask(company, 'ask', never);
    shown[0]?.answer('once');
    assert.deepEqual(await next, { allowed: true });
  });

  it('can be taken back, and locked', async () => {
    const asking = consent.ask(company, 'ask', never);
    shown[0]?.answer('window');
    await asking;
    assert.deepEqual(stored, []);
    assert.deepEqual(
      consent.permissions().map(({ choice }) => choice),
      ['window'],
    );
    consent.lock();
    assert.deepEqual(await consent.ask(company, 'ask', never), { allowed: false, why: 'locked' });
    consent.unlock();
    consent.takeBack('company');
    assert.deepEqual(await consent.ask(company, 'silent-only', never), {
      allowed: false,
      why: 'silent-only',
    });
  });
});
