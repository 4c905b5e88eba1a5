import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extensions } from '../../editor/packages/extensions.ts';
import { run } from '../../editor/process/childProcess.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

interface BillOfMaterials {
  readonly bomFormat: string;
  readonly metadata: { readonly timestamp?: string; readonly component: { readonly description: string } };
  readonly serialNumber?: string;
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly licenses: readonly unknown[];
  }[];
}

const read = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;

const notCopied = new Set(['node_modules', 'dist', '.git', '.vscode-test', 'docs']);

/** The sources as another checkout has them: in another folder, at another time, and with what is built still to build. */
async function checkOut(folder: string): Promise<void> {
  await cp(repository, folder, {
    recursive: true,
    filter: path => !notCopied.has(path.slice(repository.length + 1)),
  });
  const own = join(folder, 'node_modules');
  const theirs = join(repository, 'node_modules');
  const { dependencies } = await read<Manifest>(join(repository, 'package.json'));
  const scopes = new Set(
    Object.keys(dependencies).flatMap(name => (name.startsWith('@') ? [name.split('/')[0]] : [])),
  );
  const names = (await readdir(theirs)).filter(name => !scopes.has(name) && !(name in dependencies));
  for (const scope of scopes)
    names.push(
      ...(await readdir(join(theirs, scope ?? '')))
        .map(name => `${scope}/${name}`)
        .filter(name => !(name in dependencies)),
    );
  await mkdir(own);
  for (const scope of scopes) await mkdir(join(own, scope ?? ''));
  // What is shipped lies where another checkout has it; what builds it may lie elsewhere.
  for (const name of names) await symlink(join(theirs, name), join(own, name), 'junction');
  for (const name of Object.keys(dependencies))
    await cp(join(theirs, name), join(own, name), { recursive: true });
  for (const file of ['package.json', 'README.md', 'media/bridge.html'])
    await utimes(join(folder, file), new Date(2001, 1, 3), new Date(2001, 1, 3));
}

/** Packages what is in a folder, as somebody else on another computer does. @returns what is published. */
async function packaged(folder: string, environment: NodeJS.ProcessEnv): Promise<Record<string, Buffer>> {
  await run(process.execPath, ['test/editor/packages/packageExtension.ts'], {
    cwd: folder,
    env: { ...process.env, ...environment },
  });
  const names = [...extensions.flatMap(({ name }) => [`${name}.vsix`, `${name}.cdx.json`]), 'SHA256SUMS'];
  const files = await Promise.all(names.map(name => readFile(join(folder, 'dist', name))));
  return Object.fromEntries(names.map((name, at) => [name, files[at] ?? Buffer.alloc(0)]));
}

describe('the package, made twice', function () {
  this.timeout(120_000);
  const folders: Awaited<ReturnType<typeof temporaryFolder>>[] = [];
  let first: Record<string, Buffer>;
  let second: Record<string, Buffer>;

  before(async () => {
    folders.push(await temporaryFolder('a'), await temporaryFolder('another-checkout-with-a-longer-name'));
    const [here, there] = folders.map(({ path }) => join(path, 'source'));
    assert.ok(here !== undefined && there !== undefined);
    await checkOut(here);
    const before = process.umask(0o077);
    try {
      await checkOut(there);
    } finally {
      process.umask(before);
    }
    // Left from an earlier build: it must not get in.
    await mkdir(join(there, 'dist', 'parts'), { recursive: true });
    await writeFile(join(there, 'dist', 'parts', 'old-ABCDEFGH.cjs'), 'old');
    first = await packaged(here, { TZ: 'Pacific/Kiritimati', LC_ALL: 'C' });
    second = await packaged(there, {
      TZ: 'America/Adak',
      LC_ALL: 'et_EE.UTF-8',
      SOURCE_DATE_EPOCH: '1234567890',
    });
  });
  after(() => Promise.all(folders.map(folder => folder.remove())));

  it('has the same bytes, and so have the bill of materials and the checksums', () => {
    for (const [name, bytes] of Object.entries(first)) {
      assert.ok(bytes.length > 100, name);
      assert.ok(bytes.equals(second[name] ?? Buffer.alloc(0)), name);
    }
  });

  it('has the checksums that are published beside it', async () => {
    const { createHash } = await import('node:crypto');
    const lines = String(first['SHA256SUMS']).trimEnd().split('\n');
    assert.equal(lines.length, 2 * extensions.length);
    for (const line of lines) {
      const [sum, name = ''] = line.split('  ');
      assert.equal(
        createHash('sha256')
          .update(first[name] ?? '')
          .digest('hex'),
        sum,
        name,
      );
    }
  });

  it('has bills of materials that list what is in it, each with version and licence, and nothing else', async () => {
    const { dependencies } = await read<Manifest>(join(repository, 'package.json'));
    const all = new Map<string, string>();
    for (const { name: extension, folder } of extensions) {
      const bill = JSON.parse(String(first[`${extension}.cdx.json`])) as BillOfMaterials;
      assert.equal(bill.bomFormat, 'CycloneDX');
      assert.doesNotMatch(JSON.stringify(bill), /%description%|timestamp|serialNumber/);
      // The licences that are passed on with the package are of the same.
      const notices = await readFile(
        join(folders[0]?.path ?? '', 'source', folder, 'dist', 'THIRD-PARTY-NOTICES.txt'),
        'utf8',
      );
      for (const { group, name, version, purl, licenses } of bill.components) {
        if (extensions.some(own => own.name === name)) continue;
        assert.match(purl, /^pkg:npm\//);
        assert.ok(licenses.length > 0, name);
        const whole = group === undefined ? name : `${group}/${name}`;
        assert.ok(notices.includes(`\n${whole} ${version}\n`), `${extension}: ${whole}`);
        all.set(whole, version);
      }
    }
    assert.deepEqual(Object.fromEntries(all), dependencies);
  });
});
