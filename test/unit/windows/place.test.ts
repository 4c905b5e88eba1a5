import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canMeetAt, openPlace, removeOldSockets } from '../../../src/windows/sockets/place.ts';
import { temporaryDirectory } from '../../windows/surroundings.ts';

const claim = { term: 12, nonce: '0123456789ab', pid: 1 };

describe('the place where windows meet', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => directory.remove());

  it('can be tried out, and is left as it was', async () => {
    const path = join(directory.path, 'w');
    assert.equal(await canMeetAt(path), true);
    assert.deepEqual(readdirSync(path), []);
    assert.equal(await canMeetAt(join(directory.path, 'w', '\0')), false);
  });

  if (process.platform === 'win32') {
    it('is a named pipe that follows from the directory and the claim', () => {
      const address = openPlace(directory.path).addressOf(claim);
      assert.match(address, /^\\\\\.\\pipe\\vscode-oidc-[0-9a-f]{16}-12\.0123456789ab$/);
      assert.equal(openPlace(directory.path).addressOf(claim), address);
    });
  } else {
    const long = () => join(directory.path, 'x'.repeat(120));

    it('is a socket in the directory if its path is short enough', () => {
      const path = join(directory.path, 'w');
      assert.equal(openPlace(path).addressOf(claim), join(path, '12.0123456789ab'));
      assert.equal(statSync(path).mode & 0o777, 0o700);
    });

    it('is a socket in a private directory elsewhere if not', () => {
      const place = openPlace(long(), directory.path);
      const address = place.addressOf(claim);
      assert.ok(Buffer.byteLength(address) <= 100, address);
      assert.equal(dirname(dirname(address)), directory.path);
      assert.equal(statSync(dirname(address)).mode & 0o777, 0o700);
      assert.equal(openPlace(long(), directory.path).addressOf(claim), address);
      const other = openPlace(`${long()}y`, directory.path).addressOf(claim);
      assert.notEqual(dirname(other), dirname(address));
    });

    it('is the same by whatever path the directory is reached', () => {
      openPlace(long(), directory.path);
      const link = join(directory.path, 'link');
      symlinkSync(long(), link);
      assert.deepEqual(
        openPlace(link, directory.path).addressOf(claim),
        openPlace(long(), directory.path).addressOf(claim),
      );
    });

    it('is closed to other users if it was not', () => {
      for (const path of [directory.path, dirname(openPlace(long(), directory.path).addressOf(claim))]) {
        chmodSync(path, 0o755);
        openPlace(long(), directory.path);
        openPlace(directory.path);
        assert.equal(statSync(path).mode & 0o777, 0o700);
      }
    });

    it('is refused if somebody put something else there', () => {
      const elsewhere = dirname(openPlace(long(), directory.path).addressOf(claim));
      const name = elsewhere.slice(directory.path.length + 1);
      const target = join(directory.path, 'target');
      mkdirSync(target);
      const [withLink, withFile] = [join(directory.path, 'a'), join(directory.path, 'b')];
      mkdirSync(withLink);
      symlinkSync(target, join(withLink, name));
      assert.throws(() => openPlace(long(), withLink), /not a directory/);
      mkdirSync(withFile);
      writeFileSync(join(withFile, name), '');
      assert.throws(() => openPlace(long(), withFile), /not a directory/);
      writeFileSync(join(directory.path, 'file'), '');
      assert.throws(() => openPlace(join(directory.path, 'file')), { code: 'EEXIST' });
    });

    it('loses the sockets of lower terms only', () => {
      const place = openPlace(directory.path);
      const kept = ['12.0123456789ab', '13.0123456789ab', '9.tmp', 'term-3', 'key'];
      for (const name of [...kept, '9.0123456789ab', '11.aaaaaaaaaaaa', '0.0123456789ab']) {
        writeFileSync(join(directory.path, name), '');
      }
      removeOldSockets(place, claim);
      assert.deepEqual(readdirSync(directory.path).sort(), kept.sort());
    });
  }
});
