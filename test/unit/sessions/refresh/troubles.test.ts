import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { createMemories } from '../../../../src/sessions/refresh/memories.ts';
import { nextTokens, sharedWindows, until } from '../sharing/sharedWindows.ts';
import { someGrant, someProvider, someTokens } from '../someGrant.ts';

const now = (): number => Math.floor(Date.now() / 1000);
const ended = () => someTokens(1, { receivedAt: now() - 3601, expiresAt: now() - 1 });
const unreachable = () =>
  new Failure('unreachable', { host: 'login.example.com', reason: 'there is no network' }, { sent: false });

describe('trouble with renewing tokens', function () {
  this.timeout(120_000);
  let windows: ReturnType<typeof sharedWindows>;
  beforeEach(() => {
    windows = sharedWindows();
  });
  afterEach(() => windows.end());

  it('is known in every window, those opened later included, until it is over', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    let changes = 0;
    member.sharing.memories.onDidChange(() => changes++);
    windows.server.answer = () => Promise.reject(unreachable());
    await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => leader.cache.known().length === 1);
    await member.sharing.renew('grant-0001', 1);
    await until(() => member.sharing.memories.of('grant-0001').trouble !== undefined);
    const trouble = member.sharing.memories.of('grant-0001').trouble;
    assert.match(trouble?.reason ?? '', /Couldn’t reach login\.example\.com/);
    assert.ok((trouble?.retryAt ?? 0) >= now());
    const { reason, retryAt } = leader.sharing.memories.of('grant-0001').trouble ?? {};
    assert.deepEqual([reason, retryAt], [trouble?.reason, trouble?.retryAt]);
    assert.equal(changes, 1);

    const later = await windows.open();
    await until(() => later.sharing.memories.of('grant-0001').trouble !== undefined);

    windows.server.answer = grant => Promise.resolve(nextTokens(grant));
    const before = windows.server.sent.length;
    await member.sharing.renew('grant-0001', 1);
    assert.equal(windows.server.sent.length, before, 'its time has not come');
    const renewed = await member.sharing.renew('grant-0001', 1, true);
    assert.equal(renewed?.tokens.serial, 2, 'a person need not wait for that');
    for (const window of [leader, member, later]) {
      await until(() => window.sharing.memories.of('grant-0001').trouble === undefined);
    }
  });

  it('is tried again by whoever leads when the person is back in any window', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    windows.server.answer = () => Promise.reject(unreachable());
    await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => leader.cache.known().length === 1);
    await member.sharing.renew('grant-0001', 1);
    await until(() => member.sharing.memories.of('grant-0001').trouble !== undefined);
    windows.server.answer = grant => Promise.resolve(nextTokens(grant));
    const retryAt = leader.sharing.memories.of('grant-0001').trouble?.failedAt ?? 0;
    await until(() => now() >= retryAt);
    member.sharing.rouse();
    await until(() => member.cache.known()[0]?.tokens.serial === 2);
    assert.deepEqual(windows.server.sent, ['refresh-1', 'refresh-1']);
  });

  it('is forgotten with its grant, and when its leader goes', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    windows.server.answer = () => Promise.reject(unreachable());
    const { session } = await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => leader.cache.known().length === 1);
    await member.sharing.renew('grant-0001', 1);
    await until(() => member.sharing.memories.of('grant-0001').trouble !== undefined);
    await member.accounts.remove(session.id);
    await until(() => member.sharing.memories.of('grant-0001').trouble === undefined);

    await member.accounts.add(someProvider, someGrant({ id: 'grant-0002', tokens: ended() }));
    await until(() => leader.cache.known().length === 1);
    await member.sharing.renew('grant-0002', 1);
    await until(() => member.sharing.memories.of('grant-0002').trouble !== undefined);
    let forgotten = false;
    member.sharing.memories.onDidChange(() => {
      forgotten ||= member.sharing.memories.of('grant-0002').trouble === undefined;
    });
    await leader.close();
    await until(() => forgotten);
  });

  it('is told of once, however often it is heard of', () => {
    const memories = createMemories();
    let changes = 0;
    memories.onDidChange(() => changes++);
    const trouble = { reason: 'No network.', retryAt: 1 };
    for (const heard of [trouble, { ...trouble }, null, null]) memories.hear('a', 1, heard);
    assert.equal(changes, 2);
  });
});
