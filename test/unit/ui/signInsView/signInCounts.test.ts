import assert from 'node:assert/strict';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { createSignInCounts } from '../../../../src/ui/signInsView/counts.ts';
import { someGrant } from '../../sessions/someGrant.ts';

const needs = (grant: Grant): boolean | undefined =>
  grant.providerId === 'gone' ? undefined : grant.signInNeeded !== undefined;
const kinds: readonly Partial<Grant>[] = [
  { providerId: 'gone' },
  { signInNeeded: undefined },
  { signInNeeded: { reason: 'It ended.', since: 0 } },
];

describe('the counts of sign-ins', () => {
  it('are the same, whether grants come one by one or are counted again', () => {
    const grantOf = (id: number, kind: number) => someGrant({ id: `grant-000${id}`, ...kinds[kind] });
    // Each grant comes with each kind after each kind.
    for (let code = 0; code < 3 ** 4; code++) {
      const kindAt = (at: number) => Math.floor(code / 3 ** at) % 3;
      const coming = [0, 1, 2, 3].map(at => grantOf(at % 2, kindAt(at)));
      const counts = createSignInCounts(needs);
      coming.forEach(counts.add);
      const whole = createSignInCounts(needs);
      whole.again([...new Map(coming.map(grant => [grant.id, grant])).values()]);
      assert.deepEqual(
        [counts.needed(), counts.signedIn()],
        [whole.needed(), whole.signedIn()],
        String(code),
      );
      counts.again([]);
      assert.deepEqual([counts.needed(), counts.signedIn()], [0, 0]);
    }
  });

  it('judge each grant that was read once', () => {
    let judged = 0;
    const counts = createSignInCounts(() => ++judged > 0);
    for (let at = 0; at < 1000; at++) counts.add(someGrant({ id: `grant-${1000 + at}` }));
    assert.deepEqual([judged, counts.needed()], [1000, 1000]);
  });
});
