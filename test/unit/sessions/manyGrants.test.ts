import assert from 'node:assert/strict';
import { storedGrant, storedGrants } from '../../benchmark/storedGrants.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { hourOfTokens } from '../../standIns/quietWindow.ts';
import { keptGrants } from './keptGrants.ts';

const many = 10_000;

describe('ten thousand grants', function () {
  this.timeout(30_000);

  function opened(storage = memorySecretStorage(storedGrants(many).values)) {
    const clock = manualClock();
    const sent = new Map<string, number>();
    const window = keptGrants(
      {
        clock,
        answer({ id, tokens }) {
          sent.set(id, (sent.get(id) ?? 0) + 1);
          return Promise.resolve(hourOfTokens(clock, tokens.serial + 1));
        },
      },
      storage,
    );
    return { ...window, sent };
  }

  it('are read once each, however often they are asked for', async () => {
    const { book, keeper, storage } = opened();
    assert.equal((await book.ofProvider('oidc')).length, many);
    assert.equal((await book.ofProvider('oidc')).length, many);
    assert.equal(storage.calls.length, many + 1, 'and the index');
    keeper.dispose();
  });

  it('are each refreshed once, though all are asked for at once, and stored', async () => {
    const { book, keeper, storage, sent } = opened();
    const grants = await book.ofProvider('oidc');
    await Promise.all([...grants, ...grants].map(({ id }) => keeper.renew(id, 1)));
    await book.written();
    assert.equal(sent.size, many);
    assert.deepEqual(new Set(sent.values()), new Set([1]));
    const stored = [...storage.values].filter(
      ([key, text]) => /^grant:/.test(key) && /"refresh-2"/.test(text),
    );
    assert.equal(stored.length, many);
    keeper.dispose();
  });

  it('stay when one more signs in and one signs out', async () => {
    const { book, keeper, storage } = opened();
    const { id } = storedGrant(7);
    await book.put(storedGrant(many));
    await book.remove(id, Math.floor(Date.now() / 1000));
    keeper.dispose();
    const next = opened(storage);
    const ids = new Set((await next.book.ofProvider('oidc')).map(grant => grant.id));
    assert.equal(ids.size, many);
    assert.ok(ids.has(storedGrant(many).id) && !ids.has(id));
    next.keeper.dispose();
  });
});
