import assert from 'node:assert/strict';
import { storedGrant, storedGrants } from '../../../benchmark/measures/storedGrants.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';

const many = 10_000;

describe('ten thousand grants', function () {
  this.timeout(120_000);

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
    const { cache, refresher, storage } = opened();
    assert.equal((await cache.ofProvider('oidc')).length, many);
    assert.equal((await cache.ofProvider('oidc')).length, many);
    assert.equal(storage.calls.length, many + 1, 'and the index');
    refresher.dispose();
  });

  it('are each refreshed once, though all are asked for at once, and stored', async () => {
    const { cache, refresher, storage, sent } = opened();
    const grants = await cache.ofProvider('oidc');
    await Promise.all([...grants, ...grants].map(({ id }) => refresher.renew(id, 1)));
    await cache.written();
    assert.equal(sent.size, many);
    assert.deepEqual(new Set(sent.values()), new Set([1]));
    const stored = [...storage.values].filter(
      ([key, text]) => /^grant:/.test(key) && /"refresh-2"/.test(text),
    );
    assert.equal(stored.length, many);
    refresher.dispose();
  });

  it('stay when one more signs in and one signs out', async () => {
    const { cache, refresher, storage } = opened();
    const { id } = storedGrant(7);
    await cache.put(storedGrant(many));
    await cache.remove(id, Math.floor(Date.now() / 1000));
    refresher.dispose();
    const next = opened(storage);
    const ids = new Set((await next.cache.ofProvider('oidc')).map(grant => grant.id));
    assert.equal(ids.size, many);
    assert.ok(ids.has(storedGrant(many).id) && !ids.has(id));
    next.refresher.dispose();
  });
});
