import assert from 'node:assert/strict';
import { serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { createGrantStore, type SetAside } from '../../../../src/sessions/store/grantStore.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { someGrant, start } from '../someGrant.ts';

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

  it('tell of a removal that another window wrote meanwhile', async () => {
    const { open } = storeIn();
    const [mine, theirs] = [open(), open()];
    const found: string[] = [];
    mine.onDidFind(({ id }) => found.push(id));
    await mine.save(someGrant());
    await theirs.remove(someGrant(), start);
    assert.deepEqual(found, []);
    await mine.saveIndex();
    assert.deepEqual(found, ['grant-0001']);
    await mine.save(someGrant({ id: 'grant-0002' }));
    assert.deepEqual(found, ['grant-0001'], 'once');
  });

  it('tell of what another window wrote meanwhile when they are looked at again', async () => {
    const { storage, open } = storeIn();
    const [mine, theirs] = [open(), open()];
    const found: string[] = [];
    mine.onDidFind(({ id, revision, removed }) => found.push(`${id} r${revision} ${removed ?? 'lives'}`));
    await mine.lookAgain();
    assert.deepEqual(storage.calls, [], 'what was never looked at is read when it is asked for');
    await mine.save(someGrant({ id: 'grant-0001' }));
    await mine.save(someGrant({ id: 'grant-0002' }));
    await theirs.save(someGrant({ id: 'grant-0001', revision: 2 }));
    await theirs.remove(someGrant({ id: 'grant-0002' }), start);
    await theirs.save(someGrant({ id: 'grant-0003' }));
    assert.deepEqual(found, []);
    await mine.lookAgain();
    assert.deepEqual(found.sort(), ['grant-0001 r2 lives', `grant-0002 r1 ${start}`, 'grant-0003 r1 lives']);
    assert.equal((await mine.index()).length, 3);
    await mine.lookAgain();
    assert.equal(found.length, 3, 'once');
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

  it('that the index has lost are found by their keys', async () => {
    const { storage, log, open } = storeIn();
    for (const id of ['grant-0001', 'grant-0002', 'grant-0003'])
      await open().save(someGrant({ id, revision: 4 }));
    storage.values.set('grants', JSON.stringify({ version: 1, grants: [] }));
    storage.values.set('grant:grant-0003', 'damaged');
    const withKeys = { ...storage, keys: () => Promise.resolve([...storage.values.keys()]) };
    const setAside: SetAside[] = [];
    const store = createGrantStore({ storage: withKeys, log, onSetAside: entry => setAside.push(entry) });
    assert.deepEqual(
      (await store.index()).map(({ id, revision }) => `${id} ${revision}`),
      ['grant-0001 4', 'grant-0002 4'],
    );
    assert.deepEqual(
      setAside.map(({ key }) => key),
      ['grant:grant-0003'],
    );
  });

  it('need no list of keys: an editor may have none, or throw', async () => {
    const { storage, log, open } = storeIn();
    await open().save(someGrant());
    const throwing = { ...storage, keys: () => Promise.reject(new Error('not here')) };
    const store = createGrantStore({
      storage: throwing,
      log,
      onSetAside: () => assert.fail('nothing is damaged'),
    });
    assert.equal((await store.index()).length, 1);
  });

  it('of two windows that share a storage do not push each other out of the index', async () => {
    const { open } = storeIn();
    const [a, b] = [open(), open()];
    await Promise.all([a.index(), b.index()]);
    await a.save(someGrant({ id: 'grant-0001' }));
    await b.save(someGrant({ id: 'grant-0002' }));
    await a.remove(someGrant({ id: 'grant-0003' }), start);
    await b.save(someGrant({ id: 'grant-0003' }));
    const found = (await open().index()).map(({ id, removed }) => `${id} ${removed ?? 'lives'}`).sort();
    assert.deepEqual(found, ['grant-0001 lives', 'grant-0002 lives', `grant-0003 ${start}`]);
  });

  it('are not written to an index that has them', async () => {
    const { storage, open } = storeIn();
    const [mine, theirs] = [open(), open()];
    await mine.save(someGrant());
    await mine.remove(someGrant({ id: 'grant-0002' }), start);
    storage.calls.length = 0;
    await theirs.save(someGrant());
    await theirs.remove(someGrant({ id: 'grant-0002' }), start);
    assert.deepEqual(
      storage.calls.filter(({ operation }) => operation === 'store'),
      [],
    );
    await theirs.save(someGrant({ revision: 2 }));
    await theirs.saveIndex();
    assert.equal((await open().index())[0]?.revision, 2);
  });

  it('wait for the index only if it does not name them', async () => {
    const { storage, open } = storeIn();
    const store = open();
    const stored = () =>
      storage.calls
        .splice(0)
        .filter(({ operation }) => operation === 'store')
        .map(({ key }) => key);
    await store.save(someGrant());
    assert.deepEqual(stored(), ['grant:grant-0001', 'grants']);
    await store.save(someGrant({ revision: 1001 }));
    assert.deepEqual(stored(), ['grant:grant-0001']);
    await store.remove(someGrant({ revision: 1001 }), start);
    await store.save(someGrant({ revision: 2e9 }));
    assert.deepEqual(stored(), ['grants', 'grant:grant-0001', 'grants'], 'a later sign-in');
  });

  it('are not read once more by the only one that writes them, if that was not in vain', async () => {
    const { storage, open } = storeIn();
    const [store, other] = [open(), open()];
    const read = () => storage.calls.splice(0).filter(({ operation }) => operation === 'get').length;
    let isOnlyWriter = true;
    const save = (revision: number) => store.save(someGrant({ revision }), () => isOnlyWriter);
    await save(1);
    read();
    await save(2);
    assert.equal(read(), 0);
    storage.fails = () => true;
    await assert.rejects(save(3));
    storage.fails = () => false;
    await other.save(someGrant({ revision: 9 }));
    read();
    await save(4);
    assert.equal(read(), 1, 'it may have been written meanwhile');
    storage.fails = () => true;
    await assert.rejects(store.load('grant-0001'));
    storage.fails = () => false;
    read();
    await save(4);
    assert.equal(read(), 1, 'so may it here');
    isOnlyWriter = false;
    await save(5);
    assert.equal(read(), 1);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /"revision":9/);
  });

  it('are the same as those that are known, unless another window has written others', async () => {
    const { open } = storeIn();
    const [store, other] = [open(), open()];
    const known = someGrant({ revision: 1 });
    await store.save(known);
    assert.equal(await store.load(known.id, known), known);
    assert.notEqual(await store.load(known.id), known);
    await other.save(someGrant({ revision: 2 }));
    assert.equal((await store.load(known.id, known))?.revision, 2);
  });

  it('are not overwritten with an earlier revision', async () => {
    const { storage, open } = storeIn();
    const [a, b] = [open(), open()];
    await a.save(someGrant({ revision: 9 }));
    await b.save(someGrant({ revision: 8 }));
    assert.match(storage.values.get('grant:grant-0001') ?? '', /"revision":9/);
    assert.equal((await open().index())[0]?.revision, 9);
  });

  it('are written with one index for many', async () => {
    const { storage, open } = storeIn();
    const store = open();
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => store.save(someGrant({ id: `grant-${1000 + at}` }))),
    );
    const writes = storage.calls.filter(({ operation, key }) => operation === 'store' && key === 'grants');
    assert.ok(writes.length < 5, `${writes.length} writes`);
    assert.equal((await open().index()).length, 100);
  });

  it('that are damaged are told of once', async () => {
    const { storage, setAside, open } = storeIn();
    await open().save(someGrant());
    storage.values.set('grant:grant-0001', 'damaged');
    for (let start = 0; start < 3; start++) await open().load('grant-0001');
    assert.equal(setAside.length, 1);
    assert.equal([...storage.values.keys()].filter(key => key.startsWith('set-aside:')).length, 1);
  });
});
