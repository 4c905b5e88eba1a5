import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import {
  createPendingResponses,
  type StrayReason,
} from '../../../../src/signIn/redirect/pendingResponses.ts';

const path = '/callback';
const parametersOf = (state: string) => new URLSearchParams({ code: 'c', state });

describe('a response that belongs to no sign-in', () => {
  let reasons: StrayReason[];
  let pending: ReturnType<typeof createPendingResponses>;
  const expectState = (state: string, at = path) =>
    pending.expect(secret(state), at, reason => reasons.push(reason));
  beforeEach(() => {
    reasons = [];
    pending = createPendingResponses();
  });

  it('is told to those who wait on its path, and to nobody else', () => {
    expectState('mine');
    expectState('other', '/callback/elsewhere');
    pending.stray(path, parametersOf('unknown'));
    pending.stray(path, new URLSearchParams({ code: 'c' }));
    assert.deepEqual(reasons, ['another-state', 'no-state']);
  });

  it('is not blamed on who waits, if it is late for a sign-in that was canceled', () => {
    expectState('canceled').drop();
    expectState('mine');
    pending.stray(path, parametersOf('canceled'));
    assert.deepEqual(reasons, []);
  });

  it('is known to be late for the last fifty sign-ins, answered and dropped as each of them is in the end', () => {
    for (let number = 0; number < 51; number++) {
      const { drop } = expectState(`answered-${number}`);
      assert.ok(pending.deliver(path, parametersOf(`answered-${number}`)));
      drop();
    }
    expectState('mine');
    for (let number = 1; number < 51; number++) pending.stray(path, parametersOf(`answered-${number}`));
    assert.deepEqual(reasons, []);
    pending.stray(path, parametersOf('answered-0'));
    assert.deepEqual(reasons, ['another-state']);
  });

  it('is not blamed on who waits, if it is the same response once more', () => {
    expectState('answered');
    assert.ok(pending.deliver(path, parametersOf('answered')));
    expectState('mine');
    assert.equal(pending.deliver(path, parametersOf('answered')), false);
    pending.stray(path, parametersOf('answered'));
    assert.deepEqual(reasons, []);
  });

  it('is remembered for the last sign-ins only', () => {
    expectState('first').drop();
    for (let at = 0; at < 50; at++) expectState(`later ${at}`).drop();
    expectState('mine');
    pending.stray(path, parametersOf('later 0'));
    assert.deepEqual(reasons, []);
    pending.stray(path, parametersOf('first'));
    assert.deepEqual(reasons, ['another-state']);
  });
});
