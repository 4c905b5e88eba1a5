import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import { secret } from '../../../../src/platform/secret.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import { blank } from '../../../../src/sessions/grant/memory.ts';
import { createMemories } from '../../../../src/sessions/refresh/memories.ts';
import { createHandOver } from '../../../../src/sessions/sharing/handOver.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { ended, nextTokens, sharedWindows, until, type SharedWindow } from './sharedWindows.ts';
import { someGrant, someProvider, someTokens, start } from '../someGrant.ts';

const scopes = ['openid', 'profile'];

const handOvers = (windows: readonly SharedWindow[]): number =>
  windows.flatMap(({ log }) => log.lines.filter(line => /another window can renew/.test(line))).length;

describe('a leader that cannot renew a grant', function () {
  this.timeout(120_000);
  let windows: ReturnType<typeof sharedWindows>;
  beforeEach(() => {
    windows = sharedWindows();
  });
  afterEach(() => windows.end());

  const accessToken = async ({ accounts }: SharedWindow): Promise<string | undefined> =>
    (await accounts.sessions(someProvider, scopes))[0]?.accessToken.reveal();

  it('for want of the provider leaves it to a window that has it', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    leader.lacks.providerOf.add('grant-0001');
    await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    assert.equal(await accessToken(member), 'access-2');
    assert.deepEqual(windows.server.sent, ['refresh-1']);
    assert.equal(member.role(), 'leader');
    await until(() => leader.role() === 'member');
  });

  it('for want of the client secret leaves it to a window that has it, and gets the tokens from there', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    leader.lacks.secret = true;
    await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    assert.equal(await accessToken(member), 'access-2');
    assert.equal(await accessToken(leader), 'access-2');
    assert.deepEqual(windows.server.sent, ['refresh-1']);
    assert.equal(handOvers([leader, member]), 1);
  });

  it('stays if nobody else can', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    for (const { lacks } of [leader, member]) lacks.providerOf.add('grant-0001');
    await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await accessToken(member);
    assert.equal(leader.role(), 'leader');
    assert.equal(handOvers([leader, member]), 0);
  });

  it('does not get it back from a window that lacks the client secret as well', async () => {
    const opened = [await windows.open(), await windows.open()] as const;
    for (const { lacks } of opened) lacks.secret = true;
    await opened[1].accounts.add(someProvider, someGrant({ tokens: ended() }));
    for (let times = 0; times < 20; times++) for (const window of opened) await accessToken(window);
    assert.deepEqual(windows.server.sent, []);
    assert.equal(handOvers(opened), 1);
  });

  it('lets a request end that is under way', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    const answer = Promise.withResolvers<Tokens>();
    windows.server.answer = grant =>
      grant.id === 'grant-0002' ? answer.promise : Promise.resolve(nextTokens(grant));
    leader.lacks.providerOf.add('grant-0001');
    const account = { id: 'sub-bob', label: shown('bob') };
    const tokens = { ...ended(), accessToken: secret('of bob'), refreshToken: secret('refresh-bob') };
    const other = someGrant({ id: 'grant-0002', account, tokens });
    await leader.accounts.add(someProvider, other);
    const waiting = leader.sharing.renew('grant-0002', 1);
    await until(() => windows.server.sent.length === 1);
    await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
    const asked = member.sharing.renew('grant-0001', 1);
    await new Promise(resolve => setTimeout(resolve, 200));
    assert.equal(leader.role(), 'leader');
    answer.resolve(nextTokens(other));
    assert.equal((await waiting)?.tokens.serial, 2);
    assert.equal((await asked)?.tokens.serial, 2);
    assert.deepEqual(windows.server.sent, ['refresh-bob', 'refresh-1']);
    assert.equal(member.role(), 'leader');
  });
});

describe('the hand-over of grants', () => {
  const handingOver = () => {
    const clock = manualClock(start * 1000);
    const window = { configured: false, others: true, settles: true, asked: 0, left: 0 };
    const providers = {
      of: () => (window.configured ? someProvider : undefined),
      onDidChange: () => () => undefined,
    };
    const memories = createMemories();
    const handOver = createHandOver(clock, providers, memories);
    const during = () =>
      handOver.during({
        othersCanRenew() {
          window.asked++;
          return Promise.resolve(window.others);
        },
        settled: () => Promise.resolve(window.settles),
        leave: () => window.left++,
      });
    return { clock, window, handOver, during, memories };
  };

  it('happens once in a minute, whatever the grants and however often it leads again', async () => {
    const { clock, window, during } = handingOver();
    assert.equal(await during()(someGrant()), true);
    assert.equal(await during()(someGrant({ id: 'grant-0002' })), false);
    await clock.advance(59_000);
    assert.equal(await during()(someGrant()), false);
    await clock.advance(1000);
    assert.equal(await during()(someGrant()), true);
    assert.equal(window.left, 2);
  });

  it('is asked about once in a minute', async () => {
    const { clock, window, during } = handingOver();
    window.others = false;
    const leave = during();
    for (let times = 0; times < 10; times++) assert.equal(await leave(someGrant()), false);
    assert.equal(window.asked, 1);
    await clock.advance(60_000);
    window.others = true;
    assert.equal(await leave(someGrant()), true);
  });

  it('does not happen while something is under way', async () => {
    const { window, during } = handingOver();
    window.settles = false;
    assert.equal(await during()(someGrant()), false);
    assert.equal(window.left, 0);
  });

  it('does not help a grant that needs its person, or that this window can renew', async () => {
    const { window, during } = handingOver();
    const signInNeeded = { reason: 'The server said no.', since: start };
    assert.equal(await during()(someGrant({ signInNeeded })), false);
    window.configured = true;
    assert.equal(await during()(someGrant()), false);
    assert.equal(window.asked, 0);
  });

  it('is for want of a client secret until there may be one, or a new sign-in', () => {
    const { window, handOver, memories } = handingOver();
    window.configured = true;
    assert.equal(handOver.canRenew(someGrant()), true);
    memories.set('grant-0001', { ...blank, serial: 1, lacksSecret: true });
    assert.equal(handOver.canRenew(someGrant()), false);
    assert.equal(handOver.canRenew(someGrant({ tokens: someTokens(2) })), true);
    memories.secretsChanged();
    assert.equal(handOver.canRenew(someGrant()), true);
  });
});
