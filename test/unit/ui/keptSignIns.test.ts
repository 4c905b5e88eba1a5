import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { personParts } from '../../standIns/personParts.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { nothingRenewed } from '../../standIns/nothingRenewed.ts';
import { keptGrants } from '../sessions/cachedGrants.ts';
import { someGrant, someProvider, start } from '../sessions/someGrant.ts';

const { forgetKept, forgottenText, keptSignIns } = await import('../../../src/ui/commands/keptSignIns.ts');

/** A window in whose settings there is one provider, `oidc`. */
function window(storage = memorySecretStorage()) {
  const clock = manualClock(start * 1000);
  const kept = keptGrants({ clock, answer: () => assert.fail('nothing is refreshed') }, storage);
  const { cache, log, refresher } = kept;
  const recorded: string[] = [];
  const accounts = createAccounts({ cache, clock, log, sharing: nothingRenewed(cache) });
  const providers = createConfiguredProviders();
  providers.update([someProvider]);
  const parts = personParts({
    accounts,
    providers,
    log,
    record: (event, { id }) => void recorded.push(`${event} ${id}`),
  });
  return { storage, cache, refresher, context: { ...parts, cache }, recorded };
}

const bob = { id: 'sub-bob', label: shown('bob') };
const left = [
  someGrant({ id: 'grant-0002', providerId: 'left' }),
  someGrant({ id: 'grant-0003', providerId: 'left', account: bob }),
  someGrant({ id: 'grant-0004', providerId: 'left', account: bob, target: ['audience:reports'] }),
];

describe('sign-ins whose provider has left the settings', () => {
  it('are found, also by a window that has just been opened, and those of other providers are none', async () => {
    const before = window();
    for (const grant of [someGrant(), ...left]) await before.cache.put(grant);
    before.refresher.dispose();
    const { context, refresher } = window(before.storage);
    const [found, ...more] = await keptSignIns(context);
    assert.deepEqual(more, []);
    assert.equal(found?.providerId, 'left');
    assert.deepEqual([...found.labels].sort(), ['alice', 'bob']);
    assert.equal(found.grants.length, 3);
    assert.match(forgottenText(found), /^Signed out of left: (alice, bob|bob, alice)\./);
    refresher.dispose();
  });

  it('are told from those that wait because their provider has changed', async () => {
    const { cache, context, refresher } = window();
    const { binding } = someGrant();
    await cache.put(someGrant({ binding: { ...binding, terms: 'what was agreed to' } }));
    const [found] = await keptSignIns(context);
    assert.equal(found?.changed, someProvider.label);
    assert.match(forgottenText(found), /^Signed out of Company: alice\. Its settings changed/);
    const [gone] = await keptSignIns({ ...context, providers: createConfiguredProviders() });
    assert.equal(gone?.changed, undefined);
    refresher.dispose();
  });

  it('are forgotten when the person decides so, and the others stay', async () => {
    const { cache, context, recorded, storage, refresher } = window();
    for (const grant of [someGrant(), ...left]) await cache.put(grant);
    const [found] = await keptSignIns(context);
    await forgetKept(context, found ?? assert.fail());
    assert.deepEqual(
      recorded.sort(),
      // Nobody knows where their tokens could be given back.
      ['failure', 'sign-out'].flatMap(event => left.map(({ id }) => `${event} ${id}`)),
    );
    assert.deepEqual(await keptSignIns(context), []);
    assert.deepEqual(
      [...storage.values.keys()].filter(key => key.startsWith('grant:')),
      ['grant:grant-0001'],
    );
    refresher.dispose();
  });
});
