import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  addressOf,
  canMeetAt,
  openPlace,
  removeOldSockets,
  socketFolder,
} from '../../../src/windows/sockets/place.ts';
import { testWindows } from '../../windows/groups.ts';
import { currentLeader } from '../../windows/rawPeer.ts';
import { temporaryDirectory } from '../../windows/surroundings.ts';

const claim = { term: 12, nonce: '0123456789ab', folder: undefined, pid: 1 };

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
      const place = openPlace(directory.path);
      assert.equal(socketFolder(place, undefined), undefined);
      assert.match(addressOf(place, claim), /^\\\\\.\\pipe\\vscode-oidc-[0-9a-f]{12}-12\.0123456789ab$/);
      assert.equal(addressOf(openPlace(directory.path), claim), addressOf(place, claim));
    });
  } else {
    const long = () => openPlace(join(directory.path, 'x'.repeat(120)));
    /** A folder as systems have them: for this user alone, or for everybody. */
    function systemFolder(name: string, mode: number): string {
      const path = join(directory.path, name);
      mkdirSync(path);
      chmodSync(path, mode);
      return path;
    }
    /** A folder that belongs to another user, whoever runs this. */
    function someoneElses(path: string): string {
      if (process.getuid?.() !== 0) return '/usr';
      mkdirSync(path, { mode: 0o700 });
      chownSync(path, 12345, 12345);
      return path;
    }
    const everybodys = 0o1777;

    it('is a socket in the directory if its path is short enough', () => {
      const place = openPlace(join(directory.path, 'w'));
      assert.equal(socketFolder(place, undefined), undefined);
      assert.equal(addressOf(place, claim), join(place.directory, '12.0123456789ab'));
      assert.equal(statSync(place.directory).mode & 0o777, 0o700);
    });

    it('is a socket in a folder of the user if not, the same each time', () => {
      const own = systemFolder('own', 0o700);
      const folder = socketFolder(long(), undefined, ['', `${own}/`, '/tmp']) ?? assert.fail();
      assert.equal(dirname(folder), own);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      assert.ok(Buffer.byteLength(addressOf(long(), { ...claim, folder })) <= 100);
      assert.equal(socketFolder(long(), undefined, [own]), folder);
      const other = openPlace(join(directory.path, 'y'.repeat(120)));
      assert.notEqual(socketFolder(other, undefined, [own]), folder);
      // It is known by whatever path the directory is reached.
      const link = join(directory.path, 'link');
      symlinkSync(long().directory, link);
      assert.equal(socketFolder(openPlace(link), undefined, [own]), folder);
    });

    it('has a name that nobody can know before in a folder for everybody, which the next claimant takes over', () => {
      const common = systemFolder('common', everybodys);
      const folders = [1, 2, 3].map(() => socketFolder(long(), undefined, [common]) ?? assert.fail());
      assert.equal(new Set(folders).size, 3);
      for (const folder of folders) {
        assert.equal(dirname(folder), common);
        assert.equal(statSync(folder).mode & 0o777, 0o700);
        assert.equal(socketFolder(long(), { ...claim, folder }, []), folder);
      }
    });

    it('is in no folder that another user owns, can write to, or has put something into', () => {
      const common = systemFolder('common', everybodys);
      const open = systemFolder('open', 0o777);
      const readable = systemFolder('readable', 0o755);
      const taken = systemFolder('taken', 0o700);
      const linked = systemFolder('linked', 0o700);
      const name = `vscode-oidc-${long().hash}`;
      writeFileSync(join(taken, name), '');
      symlinkSync(someoneElses(join(directory.path, 'theirs')), join(linked, name));
      const missing = join(directory.path, 'missing');
      const tooLong = systemFolder('z'.repeat(90), 0o700);
      const twoLines = systemFolder('two\nlines', 0o700);
      const candidates = [
        open,
        readable,
        taken,
        linked,
        missing,
        tooLong,
        twoLines,
        join(directory.path, 'theirs'),
      ];
      assert.throws(() => socketFolder(long(), undefined, candidates), /only this user can open/);
      const folder = socketFolder(long(), undefined, [...candidates, common]) ?? assert.fail();
      assert.equal(dirname(folder), common);
      const theirs = someoneElses(join(common, 'theirs'));
      for (const before of [theirs, readable, missing, join(taken, name), join(linked, name)])
        assert.notEqual(socketFolder(long(), { ...claim, folder: before }, [common]), before);
    });

    it('is closed to other users if it was not', () => {
      const own = systemFolder('own', 0o700);
      const folder = socketFolder(long(), undefined, [own]) ?? assert.fail();
      for (const path of [directory.path, folder]) {
        chmodSync(path, 0o755);
        assert.equal(socketFolder(long(), undefined, [own]), folder);
        openPlace(directory.path);
        assert.equal(statSync(path).mode & 0o777, 0o700);
      }
    });

    it('is refused if the directory is something else', () => {
      writeFileSync(join(directory.path, 'file'), '');
      assert.throws(() => openPlace(join(directory.path, 'file')), { code: 'EEXIST' });
    });

    it('is found by windows whose environment differs, and though somebody knows the name of before', async () => {
      const windows = testWindows();
      const own = systemFolder('own', 0o700);
      const common = systemFolder('common', everybodys);
      const path = join(directory.path, 'x'.repeat(120));
      someoneElses(join(common, `vscode-oidc-${long().hash}`));
      const before = { XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'], TMPDIR: process.env['TMPDIR'] };
      const surround = (environment: NodeJS.ProcessEnv): void => {
        for (const [name, value] of Object.entries(environment)) {
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
        }
      };
      try {
        surround({ XDG_RUNTIME_DIR: undefined, TMPDIR: common });
        const a = windows.open('a', { directory: path });
        await a.has('leader');
        const folder = currentLeader(path).claim.folder ?? assert.fail();
        assert.match(basename(folder), /^vscode-oidc-/);
        assert.equal(dirname(folder), common);
        surround({ XDG_RUNTIME_DIR: own });
        const b = windows.open('b', { directory: path });
        assert.equal((await b.group.leader.whoLeads()).name, 'a');
        await a.group.dispose();
        await b.has('leader');
        assert.equal(currentLeader(path).claim.folder, folder, 'taken over');
        await b.group.dispose();
        rmdirSync(folder);
        const c = windows.open('c', { directory: path });
        await c.has('leader');
        assert.equal(dirname(currentLeader(path).claim.folder ?? ''), own);
      } finally {
        surround(before);
        await windows.end();
      }
    });

    it('loses the sockets of lower terms only', () => {
      const place = openPlace(directory.path);
      const folder = systemFolder('own', 0o700);
      const kept = ['12.0123456789ab', '13.0123456789ab', '9.tmp', 'own', 'term-3', 'key'];
      for (const name of [...kept, '9.0123456789ab', '11.aaaaaaaaaaaa', '0.0123456789ab'])
        for (const path of [place.directory, folder])
          if (path !== place.directory || name !== 'own') writeFileSync(join(path, name), '');
      removeOldSockets(place, claim);
      assert.deepEqual(readdirSync(directory.path).sort(), kept.sort());
      assert.ok(readdirSync(folder).includes('9.0123456789ab'), 'those of another claim');
      removeOldSockets(place, { ...claim, folder });
      assert.deepEqual(readdirSync(folder).sort(), kept.sort());
    });
  }
});
