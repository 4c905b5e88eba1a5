import assert from 'node:assert/strict';
import { createAccounts, type SignedOut } from '../../../src/sessions/accounts.ts';
import type { Grant } from '../../../src/sessions/grant.ts';
import { forgetKept, forgottenText, keptSignIns } from '../../../src/ui/keptSignIns.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { keptGrants } from '../sessions/keptGrants.ts';
import { someGrant, someProvider, start } from '../sessions/someGrant.ts';

/** A window in whose settings there is one provider, `oidc`. */
function window(storage = memorySecretStorage()) {
  const clock = manualClock(start * 1000);
  const kept = keptGrants({ clock, answer: () => assert.fail('nothing is refreshed') }, storage);
  const { book, log, keeper } = kept;
  const told: (readonly SignedOut[])[] = [];
  const recorded: string[] = [];
  const accounts = createAccounts({
    book,
    clock,
    log,
    renew: id => book.get(id),
    derive: id => book.get(id),
    add: () => assert.fail('nobody signs in'),
    assumedLifetime: () => undefined,
  });
  const context = {
    accounts,
    book,
    configured: ({ providerId }: Grant) => (providerId === 'oidc' ? someProvider : undefined),
    record: (event: string, { id }: Grant) => void recorded.push(`${event} ${id}`),
    actions: {
      revoke(_provider: unknown, signedOut: readonly SignedOut[]) {
        told.push(signedOut);
        return Promise.resolve();
      },
    },
  };
  return { storage, book, keeper, context, told, recorded };
}

const bob = { id: 'sub-bob', label: 'bob' };
const left = [
  someGrant({ id: 'grant-0002', providerId: 'left' }),
  someGrant({ id: 'grant-0003', providerId: 'left', account: bob }),
  someGrant({ id: 'grant-0004', providerId: 'left', account: bob, target: ['audience:reports'] }),
];

describe('sign-ins whose provider has left the settings', () => {
  it('are found, also by a window that has just been opened, and those of other providers are none', async () => {
    const before = window();
    for (const grant of [someGrant(), ...left]) await before.book.put(grant);
    before.keeper.dispose();
    const { context, keeper } = window(before.storage);
    const [found, ...more] = await keptSignIns(context);
    assert.deepEqual(more, []);
    assert.equal(found?.providerId, 'left');
    assert.deepEqual([...found.labels].sort(), ['alice', 'bob']);
    assert.equal(found.grants.length, 3);
    assert.match(forgottenText(found), /^Signed out of left: (alice, bob|bob, alice)\./);
    keeper.dispose();
  });

  it('are forgotten when the person decides so, and the others stay', async () => {
    const { book, context, told, recorded, storage, keeper } = window();
    for (const grant of [someGrant(), ...left]) await book.put(grant);
    const [found] = await keptSignIns(context);
    await forgetKept(context, found ?? assert.fail());
    assert.deepEqual(
      recorded.sort(),
      left.map(({ id }) => `sign-out ${id}`),
    );
    assert.equal(told.flat().length, 3);
    assert.deepEqual(await keptSignIns(context), []);
    assert.deepEqual(
      [...storage.values.keys()].filter(key => key.startsWith('grant:')),
      ['grant:grant-0001'],
    );
    keeper.dispose();
  });
});
