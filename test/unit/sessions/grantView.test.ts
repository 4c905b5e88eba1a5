import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { createGrantViews } from '../../../src/sessions/grantView.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant, someProvider, someTokens } from './someGrant.ts';

function openCache(storage = memorySecretStorage()) {
  const log = recordingLog();
  const store = createGrantStore({ storage, log, onSetAside: () => undefined });
  return { storage, store, cache: createGrantCache(store, manualClock(), log) };
}

const ids = (grants: readonly Grant[]): string[] => grants.map(({ id }) => id).sort();

describe('the grants of a provider', () => {
  it('are one list for as long as nothing changes, and a grant is read once', async () => {
    const { storage, store } = openCache();
    for (const id of ['grant-0001', 'grant-0002']) await store.save(someGrant({ id }));
    const { cache } = openCache(storage);
    storage.calls.length = 0;
    const list = await cache.ofProvider('oidc');
    assert.deepEqual(ids(list), ['grant-0001', 'grant-0002']);
    assert.equal(await cache.ofProvider('oidc'), list);
    assert.deepEqual(
      storage.calls.map(({ key }) => key),
      ['grants', 'grant:grant-0001', 'grant:grant-0002'],
    );
  });

  it('are another list when one comes, changes or goes', async () => {
    const { cache } = openCache();
    const empty = await cache.ofProvider('oidc');
    await cache.put(someGrant());
    const one = await cache.ofProvider('oidc');
    assert.deepEqual([empty.length, ids(one)], [0, ['grant-0001']]);
    await cache.update('grant-0001', grant => ({ ...grant, tokens: someTokens(2) }));
    const changed = await cache.ofProvider('oidc');
    assert.equal(changed[0]?.tokens.serial, 2);
    assert.equal(one[0]?.tokens.serial, 1);
    await cache.remove('grant-0001', 1);
    assert.deepEqual(await cache.ofProvider('oidc'), []);
  });

  it('are another list when the storage turns out to hold more', async () => {
    const { storage, cache } = openCache();
    await cache.put(someGrant());
    assert.equal((await cache.ofProvider('oidc')).length, 1);
    // Another window of a desktop writes to the same storage.
    await openCache(storage).store.save(someGrant({ id: 'grant-0002' }));
    await cache.put(someGrant({ id: 'grant-0003' }));
    assert.deepEqual(ids(await cache.ofProvider('oidc')), ['grant-0001', 'grant-0002', 'grant-0003']);
  });

  it('hold one that came while the others were being read', async () => {
    const { storage, store } = openCache();
    await store.save(someGrant());
    const { cache } = openCache(storage);
    const [list] = await Promise.all([cache.ofProvider('oidc'), cache.put(someGrant({ id: 'grant-0002' }))]);
    assert.ok(list.length >= 1);
    assert.deepEqual(ids(await cache.ofProvider('oidc')), ['grant-0001', 'grant-0002']);
  });
});

describe('a view of grants', () => {
  const grants = [
    someGrant(),
    someGrant({ id: 'grant-0002', account: { id: 'sub-bob', label: shown('bob') } }),
    someGrant({ id: 'grant-0003', binding: { ...someGrant().binding, issuer: 'https://elsewhere.example' } }),
  ];

  it('is the same for the same list and provider, and shows only what belongs to it', () => {
    const viewOf = createGrantViews();
    const view = viewOf(grants, someProvider);
    assert.equal(viewOf(grants, someProvider), view);
    assert.notEqual(viewOf([...grants], someProvider), view);
    assert.notEqual(viewOf(grants, { ...someProvider }), view);
    assert.deepEqual(ids(view.grants), ['grant-0001', 'grant-0002']);
    assert.equal(view.sessions(), view.sessions());
  });

  it('tells apart what is asked', () => {
    const view = createGrantViews()(grants, someProvider);
    const scopes = ['openid', 'profile'];
    assert.deepEqual(ids(view.matching(scopes, undefined)), ['grant-0001', 'grant-0002']);
    assert.deepEqual(ids(view.matching(scopes, { id: 'sub-bob' })), ['grant-0002']);
    assert.deepEqual(ids(view.matching(['api'], undefined)), []);
    assert.equal(view.matching(scopes, undefined), view.matching(scopes, undefined));
  });

  it('remembers only so many questions', () => {
    const view = createGrantViews()(grants, someProvider);
    const first = view.matching(['openid'], undefined);
    for (let at = 0; at < 1000; at++) view.matching([`scope-${at}`], undefined);
    assert.notEqual(view.matching(['openid'], undefined), first);
    assert.deepEqual(view.matching(['openid'], undefined), first);
  });
});
