import assert from 'node:assert/strict';
import { systemClock } from '../../../src/platform/clock.ts';
import { everyone, openPost, type Broadcast, type Post } from '../../../src/windows/tabs/post.ts';
import { groupSecret } from '../../../src/windows/tabs/secret.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordedLog, type RecordedLog } from '../../windows/surroundings.ts';

/** What the channel carries, seen by whoever listens on the same origin. */
interface Sent {
  readonly to: string;
  readonly from: string;
  readonly number: number;
  readonly iv: Uint8Array;
  readonly sealed: ArrayBuffer;
}

describe('the post between tabs', () => {
  const channelName = `test.${crypto.randomUUID()}`;
  let log: RecordedLog;
  let opened: { close(): unknown }[];
  let seen: Sent[];
  /** Somebody else on the same origin. */
  let outsider: BroadcastChannel;

  beforeEach(() => {
    log = recordedLog();
    seen = [];
    outsider = new BroadcastChannel(channelName);
    outsider.onmessage = ({ data }: MessageEvent) => seen.push(data as Sent);
    opened = [outsider];
  });
  afterEach(() => Promise.all(opened.map(end => end.close())));

  const secretOf = (storage = memorySecretStorage()) =>
    groupSecret(navigator.locks, storage, 'windows', recordedLog());

  interface Tab extends Post {
    readonly got: string[];
    /** Resolves when so many messages have come. */
    has(count: number): Promise<void>;
  }

  async function tab(storage = memorySecretStorage()): Promise<Tab> {
    const got: string[] = [];
    const waiting = new Set<() => void>();
    const channel: Broadcast = new BroadcastChannel(channelName);
    const post = openPost({
      channel,
      cipher: (await secretOf(storage)).cipher,
      received: (_from, text) => {
        got.push(text);
        for (const look of waiting) look();
      },
      clock: systemClock,
      log,
    });
    opened.push(post);
    const has = (count: number) =>
      new Promise<void>(resolve => {
        const look = (): void => void (got.length >= count && resolve());
        waiting.add(look);
        look();
      });
    return { ...post, got, has };
  }

  it('delivers to one or to everyone, in order, what nobody else can read', async () => {
    const storage = memorySecretStorage();
    const [a, b, c] = [await tab(storage), await tab(storage), await tab(storage)];
    const secret = 'a refresh token';
    for (const text of [secret, 'x'.repeat(500_000), 'last']) a.send(b.address, text);
    a.send(everyone, 'hello');
    await Promise.all([b.has(4), c.has(1)]);
    assert.deepEqual(
      b.got.map(text => text.slice(0, 20)),
      [secret, 'x'.repeat(20), 'last', 'hello'],
    );
    assert.deepEqual([a.got, c.got], [[], ['hello']]);
    assert.ok(seen.length >= 3);
    for (const { sealed } of seen) assert.ok(!Buffer.from(sealed).includes(secret));
  });

  it('accepts nothing that was sent before, changed, or meant for another tab', async () => {
    const storage = memorySecretStorage();
    const [a, b, c] = [await tab(storage), await tab(storage), await tab(storage)];
    a.send(b.address, 'first');
    await b.has(1);
    while (seen.length === 0) await new Promise(resolve => setImmediate(resolve));
    const [letter = assert.fail()] = seen;
    outsider.postMessage(letter);
    outsider.postMessage({ ...letter, number: 2 });
    outsider.postMessage({ ...letter, to: c.address });
    outsider.postMessage({ ...letter, to: everyone });
    outsider.postMessage({ ...letter, from: c.address });
    await log.line('ignored', 'it was sent before');
    await log.line('ignored', 'not sealed with our key');
    a.send(b.address, 'second');
    a.send(c.address, 'third');
    await Promise.all([b.has(2), c.has(1)]);
    assert.deepEqual([b.got, c.got], [['first', 'second'], ['third']]);
  });

  it('accepts nothing from who has another secret, and nothing that is no letter', async () => {
    const [a, stranger] = [await tab(), await tab()];
    const address = a.address;
    stranger.send(address, 'hello');
    for (const garbage of [null, 1, 'text', {}, { to: address }, { to: everyone, from: 'x', number: '1' }])
      outsider.postMessage(garbage);
    const letter = { to: address, from: 'x', number: 1, iv: new Uint8Array(12), sealed: new ArrayBuffer(16) };
    outsider.postMessage({ ...letter, iv: new Uint8Array(4) });
    outsider.postMessage({ ...letter, number: 1.5 });
    outsider.postMessage({ ...letter, sealed: new ArrayBuffer(4 * 1024 * 1024) });
    outsider.postMessage(letter);
    await log.line('ignored', 'not sealed with our key');
    await log.line('ignored', 'another form');
    assert.deepEqual(a.got, []);
  });

  it('has names that follow from the secret and do not tell it', async () => {
    const storage = memorySecretStorage();
    const [one, same, other] = [await secretOf(storage), await secretOf(storage), await secretOf()];
    const names = ({ leaderLock, channel, presenceLock }: typeof one) => [
      leaderLock,
      channel,
      presenceLock('tab'),
    ];
    assert.deepEqual(names(one), names(same));
    assert.equal(new Set([...names(one), ...names(other)]).size, 6);
    const [stored = assert.fail()] = storage.values.values();
    for (const name of names(one)) assert.ok(!name.includes(stored));
    assert.equal(one.cipher.extractable, false);
  });

  it('replaces a secret that is damaged', async () => {
    const storage = memorySecretStorage(new Map([['windows.secret', 'x']]));
    await secretOf(storage);
    assert.match(storage.values.get('windows.secret') ?? '', /^[\w-]{43}$/);
  });
});
