import assert from 'node:assert/strict';
import { serialiseGrant } from '../../../src/sessions/grant.ts';
import { createGrantStore, type SetAside } from '../../../src/sessions/grantStore.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant, start } from './someGrant.ts';

function storeIn(storage = memorySecretStorage()) {
  const setAside: SetAside[] = [];
  const log = recordingLog();
  const open = () => createGrantStore({ storage, log, onSetAside: entry => setAside.push(entry) });
  return { storage, setAside, log, open };
}

describe('grants at rest', () => {
  it('are found by the next window', async () => {
    const { open } = storeIn();
    await open().save(someGrant());
    const store = open();
    assert.deepEqual(await store.index(), [{ id: 'grant-0001', providerId: 'oidc', revision: 1 }]);
    assert.equal((await store.load('grant-0001'))?.account.label, 'alice');
  });

  it('are not read before they are asked for', async () => {
    const { storage, open } = storeIn();
    for (let at = 0; at < 50; at++) await open().save(someGrant({ id: `grant-${1000 + at}` }));
    storage.calls.length = 0;
    await open().index();
    assert.deepEqual(storage.calls, [{ operation: 'get', key: 'grants' }]);
  });

  it('are written before the index names them, and leave it before they are deleted', async () => {
    const { storage, open } = storeIn();
    const store = open();
    await store.save(someGrant());
    await store.remove(someGrant(), start);
    assert.deepEqual(
      storage.calls
        .filter(({ operation }) => operation !== 'get')
        .map(({ operation, key }) => `${operation} ${key}`),
      ['store grant:grant-0001', 'store grants', 'store grants', 'delete grant:grant-0001'],
    );
  });

  it('are remembered as removed', async () => {
    const { storage, open } = storeIn();
    const store = open();
    await store.save(someGrant());
    await store.remove(someGrant(), start);
    assert.deepEqual(await open().index(), [
      { id: 'grant-0001', providerId: 'oidc', revision: 1, removed: start },
    ]);
    assert.deepEqual([...storage.values.keys()], ['grants']);
  });

  it('are written one after another, so that the index has them all', async () => {
    const { open } = storeIn();
    const store = open();
    const ids = Array.from({ length: 20 }, (_, at) => `grant-${1000 + at}`);
    await Promise.all(ids.map(id => store.save(someGrant({ id }))));
    assert.deepEqual((await open().index()).map(({ id }) => id).sort(), ids);
  });

  it('that are damaged are set aside, told and kept', async () => {
    const { storage, setAside, open } = storeIn();
    await open().save(someGrant());
    storage.values.set('grant:grant-0001', 'damaged');
    assert.equal(await open().load('grant-0001'), undefined);
    assert.deepEqual(setAside, [
      { key: 'grant:grant-0001', keptAs: 'set-aside:grant:grant-0001', why: 'garbage' },
    ]);
    assert.equal(storage.values.get('set-aside:grant:grant-0001'), 'damaged');

    storage.values.set('grant:grant-0001', 'damaged again');
    await open().load('grant-0001');
    const kept = [...storage.values]
      .filter(([key]) => key.startsWith('set-aside:'))
      .map(([, value]) => value);
    assert.deepEqual(kept.sort(), ['damaged', 'damaged again'], 'the first is not overwritten');
  });

  it('of a newer version are set aside, also the index', async () => {
    const { storage, setAside, open } = storeIn();
    storage.values.set('grants', JSON.stringify({ version: 7, grants: 'in another form' }));
    storage.values.set('grant:grant-0002', serialiseGrant(someGrant()).replace('"version":1', '"version":3'));
    const store = open();
    assert.deepEqual(await store.index(), []);
    assert.equal(await store.load('grant-0002'), undefined);
    assert.deepEqual(
      setAside.map(({ why }) => why),
      ['newer', 'newer'],
    );
  });

  it('under the id of another grant are not believed', async () => {
    const { storage, setAside, open } = storeIn();
    storage.values.set('grant:grant-0002', serialiseGrant(someGrant()));
    assert.equal(await open().load('grant-0002'), undefined);
    assert.equal(setAside.length, 1);
  });

  it('fail as the storage fails, and work when it works again', async () => {
    const { storage, open } = storeIn();
    const store = open();
    storage.fails = () => true;
    await assert.rejects(store.index());
    await assert.rejects(store.save(someGrant()));
    storage.fails = () => false;
    await store.save(someGrant());
    assert.equal((await open().index()).length, 1);
  });
});
