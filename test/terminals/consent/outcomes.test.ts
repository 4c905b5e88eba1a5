import assert from 'node:assert/strict';
import type { Target } from '../../../terminals/src/consent/accounts.ts';
import {
  glanceKind,
  mostOutcomes,
  outcomeOf,
  withOutcome,
  type Outcome,
} from '../../../terminals/src/consent/outcomes.ts';

const target: Target = {
  key: 'k',
  accountKey: 'a',
  isDeclared: true,
  provider: 'oidc',
  scopes: ['openid'],
  name: 'company',
  label: undefined,
  hint: 'git (https://git.example.com)',
  host: 'git.example.com',
};

describe('what became of the requests of programs', () => {
  it('is who got what, or why not, and nothing else', () => {
    const { name: given, scopes, hint, host } = target;
    assert.deepEqual(outcomeOf(target, { account: 'alice' }, 7), {
      at: 7,
      name: given,
      account: 'alice',
      scopes,
      hint,
      host,
      refusal: undefined,
    });
    const { name, refusal, account } = outcomeOf({ ...target, name: undefined }, { refusal: 'never' }, 7);
    assert.deepEqual([name, refusal, account], ['oidc', 'never', undefined]);
  });

  it('is forgotten from the oldest on', () => {
    let outcomes: readonly Outcome[] = [];
    for (let at = 0; at < mostOutcomes + 5; at += 1)
      outcomes = withOutcome(outcomes, outcomeOf(target, { account: 'alice' }, at));
    assert.equal(outcomes.length, mostOutcomes);
    assert.deepEqual([outcomes[0]?.at, outcomes.at(-1)?.at], [5, mostOutcomes + 4]);
  });

  it('is in the status bar from the first token on, and while tokens are locked', () => {
    const kinds = [0, 1, 2].flatMap(given =>
      [false, true].map(isLocked => glanceKind({ given, account: 'alice', isLocked })),
    );
    assert.deepEqual(kinds, ['nothing', 'locked', 'one', 'locked', 'several', 'locked']);
  });
});
