import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeActivities } from '../../../src/sessions/activity.ts';
import { compareWithLeader, type Compared } from '../../../src/sessions/sharing/comparison.ts';
import { serialiseGrant } from '../../../src/sessions/store/storedGrant.ts';
import { secondsNow, systemClock } from '../../../src/platform/clock.ts';
import { sharedWindows, type SharedWindow } from '../../unit/sessions/sharing/sharedWindows.ts';
import { someGrant, someTokens } from '../../unit/sessions/someGrant.ts';
import { connectVerified, type RawPeer } from '../../windows/rawPeer.ts';
import { changed, nastyText, nastyValue, type Json } from '../arbitraries.ts';
import { sharedTarget, type Target } from '../target.ts';

const now = secondsNow(systemClock);
/** Far from having to be renewed, however long the fuzzer runs. */
const grant = someGrant({ tokens: someTokens(1, { receivedAt: now, expiresAt: now + 30 * 86_400 }) });
const otherGrant = JSON.parse(serialiseGrant({ ...grant, id: 'grant-0002' })) as Json;

const grantText = fc.oneof(
  changed(otherGrant).map(value => JSON.stringify(value)),
  nastyText,
  nastyValue,
);
const removal = changed({ id: 'grant-0002', providerId: 'oidc', revision: 1, removed: now });
const activity = changed({ at: now, event: 'refresh', provider: 'oidc', account: 'a', scopes: ['openid'] });

/** What a window of ours may ask of the leader, most of it nearly right: another version might get it wrong. */
const call = fc.oneof(
  fc.record({ name: fc.constant('put'), args: fc.tuple(grantText) }),
  fc.record({
    name: fc.constant('add'),
    args: fc.tuple(
      changed({ id: 'oidc', issuer: 'https://login.example.com', clientId: 'editor' }),
      grantText,
    ),
  }),
  fc.record({ name: fc.constant('remove'), args: fc.tuple(fc.oneof(fc.array(removal), nastyValue)) }),
  fc.record({ name: fc.constant('record'), args: fc.tuple(fc.oneof(fc.array(activity), nastyValue)) }),
  fc.record({
    name: fc.constantFrom('renew', 'derive', 'list', 'give', 'troubles', 'activities', 'constructor'),
    args: fc.array(fc.oneof(fc.constantFrom<unknown>(grant.id, ['grant-0002'], 1), nastyValue), {
      maxLength: 3,
    }),
  }),
);

/** What a leader may ask of every window; here through it, as another window may too. */
const broadcast = fc.oneof(
  fc.record({ name: fc.constant('grantChanged'), args: fc.tuple(grantText) }),
  fc.record({ name: fc.constant('grantRemoved'), args: fc.tuple(fc.oneof(removal, nastyValue)) }),
  fc.record({
    name: fc.constant('deliver'),
    args: fc.tuple(nastyValue, fc.oneof(nastyValue, fc.array(fc.array(nastyText, { maxLength: 3 })))),
  }),
  fc.record({
    name: fc.constantFrom('troubleChanged', 'compare', 'presence', 'signInNeeded', '__proto__'),
    args: fc.array(nastyValue, { maxLength: 2 }),
  }),
  fc.record({
    name: fc.constantFrom('canRenew', 'storageAnswers'),
    args: fc.array(fc.oneof(fc.constant<unknown>(grant.id), nastyValue), { maxLength: 2 }),
  }),
);

interface Shared {
  readonly window: SharedWindow;
  readonly peer: RawPeer;
  close(): Promise<void>;
}

/** A window with one sign-in, and a peer that has proved to be a window of the same person. */
async function start(): Promise<Shared> {
  const windows = sharedWindows();
  const window = await windows.open();
  await window.sharing.add(
    { id: 'oidc', issuer: grant.binding.issuer, clientId: 'editor', service: undefined, terms: '' },
    grant,
  );
  const peer = await connectVerified(windows.directory);
  await peer.next();
  return {
    window,
    peer,
    async close() {
      peer.socket.destroy();
      await windows.end();
    },
  };
}

/** The sign-in that was there is there, whole; and what is kept can be read, shown and handed on. */
async function assertUnharmed({ window }: Shared): Promise<void> {
  const mine = await window.cache.get(grant.id);
  assert.match(mine?.tokens.accessToken.reveal() ?? '', /^access-\d+$/);
  for (const kept of window.cache.known()) assert.doesNotThrow(() => serialiseGrant(kept));
  for (const entry of await window.cache.entries()) {
    assert.equal(typeof entry.id, 'string');
    assert.ok(Number.isFinite(entry.revision));
  }
  const entries = await window.sharing.activities();
  assert.ok(entries.length <= 1000);
  assert.equal(typeof describeActivities(entries, id => id), 'string');
}

const ask =
  (method: 'call' | 'broadcast') =>
  async ({ name, args }: { name: string; args: unknown[] }, shared: Shared): Promise<void> => {
    const { peer } = shared;
    peer.socket.write(`${JSON.stringify({ t: 'q', i: '1', m: method, a: [name, args] })}\n`);
    let answer = await peer.next();
    // What every window is told of meanwhile, this one too.
    for (; answer['t'] === 'q'; answer = await peer.next()) {
      peer.socket.write(`${JSON.stringify({ t: 's', i: answer['i'], r: null })}\n`);
    }
    assert.equal(answer['t'], 's');
    if ('e' in answer) assert.match(JSON.stringify(answer['e']), /"message":/);
    await assertUnharmed(shared);
  };

const entry = changed({ id: 'grant-0002', providerId: 'oidc', revision: 1 });
const pages = fc.array(fc.oneof(fc.array(fc.oneof(entry, removal)), nastyValue), { maxLength: 3 });
const texts = fc.oneof(fc.array(grantText, { maxLength: 3 }), nastyValue);

export const otherWindowTargets: readonly Target[] = [
  sharedTarget('compared with a window', fc.record({ pages, texts }), start, async (answers, shared) => {
    let page = 0;
    let given = 0;
    const leader = {
      // The last page comes again and again.
      list: () => Promise.resolve(answers.pages[Math.min(page++, answers.pages.length - 1)] ?? []),
      give: () => Promise.resolve(++given < 100 ? answers.texts : []),
      put: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    };
    await compareWithLeader(shared.window.cache, leader as unknown as Compared).catch((error: unknown) =>
      assert.match(String(error), /^Error: Another window sent something/),
    );
    assert.ok(page < 100 && given < 100);
    await assertUnharmed(shared);
  }),
  sharedTarget('asked by a window', call, start, ask('call')),
  sharedTarget('told by a window', broadcast, start, ask('broadcast')),
];
