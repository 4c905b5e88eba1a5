import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { createTroubles } from '../../../../src/sessions/refresh/troubles.ts';
import { nextTokens, sharedWindows, until } from '../sharing/sharedWindows.ts';
import { someGrant, someProvider, someTokens } from '../someGrant.ts';

const now = (): number => Math.floor(Date.now() / 1000);
const ended = () => someTokens(1, { receivedAt: now() - 3601, expiresAt: now() - 1 });
const unreachable = () =>
  new Failure('unreachable', { host: 'login.example.com', reason: 'there is no network' }, { sent: false });

describe('trouble with renewing tokens', function () {
  this.timeout(20_000);
  let windows: ReturnType<typeof sharedWindows>;
  beforeEach(() => {
    windows = sharedWindows();
  });
  afterEach(() => windows.end());

  it('is known in every window, those opened later included, until it is over', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    let changes = 0;
    member.sharing.troubles.onDidChange(() => changes++);
    windows.server.answer = () => Promise.reject(unreachable());
    await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => leader.cache.known().length === 1);
    await member.sharing.renew('grant-0001', 1);
    await until(() => member.sharing.troubles.get('grant-0001') !== undefined);
    const trouble = member.sharing.troubles.get('grant-0001');
    assert.match(trouble?.reason ?? '', /login\.example\.com could not be reached/);
    assert.ok((trouble?.retryAt ?? 0) >= now());
    assert.deepEqual(leader.sharing.troubles.get('grant-0001'), trouble);
    assert.equal(changes, 1);

    const later = await windows.open();
    await until(() => later.sharing.troubles.get('grant-0001') !== undefined);

    windows.server.answer = grant => Promise.resolve(nextTokens(grant));
    const before = windows.server.sent.length;
    await member.sharing.renew('grant-0001', 1);
    assert.equal(windows.server.sent.length, before, 'its time has not come');
    const renewed = await member.sharing.renew('grant-0001', 1, true);
    assert.equal(renewed?.tokens.serial, 2, 'a person need not wait for that');
    for (const window of [leader, member, later]) {
      await until(() => window.sharing.troubles.get('grant-0001') === undefined);
    }
  });

  it('is forgotten with its grant, and when its leader goes', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    windows.server.answer = () => Promise.reject(unreachable());
    const { session } = await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => leader.cache.known().length === 1);
    await member.sharing.renew('grant-0001', 1);
    await until(() => member.sharing.troubles.get('grant-0001') !== undefined);
    await member.accounts.remove(session.id);
    await until(() => member.sharing.troubles.get('grant-0001') === undefined);

    await member.accounts.add(someProvider, someGrant({ id: 'grant-0002', tokens: ended() }));
    await until(() => leader.cache.known().length === 1);
    await member.sharing.renew('grant-0002', 1);
    await until(() => member.sharing.troubles.get('grant-0002') !== undefined);
    let forgotten = false;
    member.sharing.troubles.onDidChange(() => {
      forgotten ||= member.sharing.troubles.get('grant-0002') === undefined;
    });
    await leader.close();
    await until(() => forgotten);
  });

  it('is told of once, however often it is heard of', () => {
    const troubles = createTroubles();
    let changes = 0;
    troubles.onDidChange(() => changes++);
    const trouble = { reason: 'No network.', retryAt: 1 };
    assert.deepEqual(
      [trouble, { ...trouble }, undefined, undefined].map(heard => troubles.set('a', heard)),
      [true, false, true, false],
    );
    assert.equal(changes, 2);
  });
});
