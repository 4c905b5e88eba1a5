import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureKey, readKey } from '../../../src/windows/sockets/key.ts';
import { recordedLog, temporaryDirectory, type RecordedLog } from '../../windows/surroundings.ts';

describe('the key of the windows', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  let log: RecordedLog;
  let file: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    file = join(directory.path, 'key');
    log = recordedLog();
  });
  afterEach(() => directory.remove());

  const reasons = () => log.lines.map(line => line.fields['reason']);

  it('is made where there is none, and kept', () => {
    assert.throws(() => readKey(directory.path), { code: 'ENOENT' });
    const key = ensureKey(directory.path, log, true);
    assert.equal(key.length, 32);
    assert.deepEqual(ensureKey(directory.path, log, true), key);
    assert.deepEqual(readKey(directory.path), key);
    assert.deepEqual(readFileSync(file), key);
    assert.deepEqual(readdirSync(directory.path), ['key']);
    assert.deepEqual(log.lines, []);
  });

  if (process.platform !== 'win32') {
    it('can be read by its user only', () => {
      ensureKey(directory.path, log, true);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    });

    it('is replaced, and it is said, when other users could read it', () => {
      const key = ensureKey(directory.path, log, true);
      chmodSync(file, 0o640);
      assert.deepEqual(ensureKey(directory.path, log, false), key);
      assert.notDeepEqual(ensureKey(directory.path, log, true), key);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.deepEqual(reasons(), ['other users could read it']);
    });
  }

  it('is replaced, and it is said, when it has another size', () => {
    for (const size of [0, 31, 33, 4096]) {
      writeFileSync(file, Buffer.alloc(size), { mode: 0o600 });
      assert.throws(() => readKey(directory.path), new RegExp(`${size} bytes`));
      assert.equal(ensureKey(directory.path, log, false).length, 32);
    }
    assert.deepEqual(
      reasons(),
      [0, 31, 33, 4096].map(size => `it has ${size} bytes instead of 32`),
    );
  });

  it('is replaced when something that is not a file is in its place, which is set aside', () => {
    mkdirSync(file);
    writeFileSync(join(file, 'content'), '');
    assert.equal(ensureKey(directory.path, log, true).length, 32);
    const aside = readdirSync(directory.path).find(name => name.endsWith('.set-aside')) ?? assert.fail();
    assert.deepEqual(readdirSync(join(directory.path, aside)), ['content']);
  });

  it('leaves nothing of a replacement that a crash cut off', () => {
    writeFileSync(join(directory.path, 'key.0123456789ab'), 'half');
    ensureKey(directory.path, log, true);
    assert.deepEqual(readdirSync(directory.path), ['key']);
  });
});
