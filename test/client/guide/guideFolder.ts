import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { npm } from '../../editor/install/npm.ts';
import { packageClient } from '../../manifest/client/clientPackage.ts';
import { packageProvider } from '../../manifest/provider/providerPackage.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const guide = join(repository, 'docs', 'extension-authors.md');

/** The files that the guide's first extension consists of, by name. */
export async function guideFiles(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(guide, 'utf8');
  const [, section = ''] = /^## Build a first extension$([\s\S]*?)^### /m.exec(text) ?? [];
  const blocks = section.matchAll(/^`([\w./]+)`(?:(?!\n\n)[\s\S])*:\n\n```\w+\n([\s\S]*?)^```$/gm);
  const files = new Map([...blocks].map(([, name = '', content = '']) => [name, content]));
  assert.equal(files.size, section.match(/^```\w+$/gm)?.length, 'each block has a name');
  return files;
}

/** `^22.0.0` or `~1.105.0`, as npm reads them. */
function isInRange(version: string, range: string): boolean {
  const [major, minor] = version.split('.').map(Number);
  const [, kind, least = '', lessThan = ''] = /^([~^])(\d+)\.(\d+)\.0$/.exec(range) ?? [];
  if (kind === undefined) throw new Error(`${range} isn't a range that this test can read`);
  const isMinorFixed = kind === '~' || least === '0';
  return major === Number(least) && (isMinorFixed ? minor === Number(lessThan) : minor! >= Number(lessThan));
}

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

/** The programs of packages that come from the registry. */
const programs = { esbuild: 'esbuild', typescript: 'tsc', '@vscode/vsce': 'vsce' };

/**
 * Does what the guide says, up to `npm install`. What would come from the registry is the repository's own, if its
 * version is one that the guide's manifest allows.
 *
 * @param folder where everything is put.
 * @returns the folder of the extension.
 */
export async function followGuide(folder: string): Promise<string> {
  const extension = join(folder, 'reports');
  const modules = join(extension, 'node_modules');
  await mkdir(join(extension, 'src'), { recursive: true });
  const tarballs = [
    await packageClient(join(folder, 'built', 'client')),
    await packageProvider(join(folder, 'built', 'provider')),
  ];
  for (const tarball of tarballs) await copyFile(tarball, join(extension, basename(tarball)));
  const files = await guideFiles();
  const { devDependencies } = JSON.parse(files.get('package.json') ?? '') as Manifest;
  const ours = Object.entries(devDependencies).filter(([, from]) => from.startsWith('file:'));
  assert.deepEqual(
    ours.map(([, from]) => from.replace('file:', '')),
    tarballs.map(tarball => basename(tarball)),
  );
  await writeFile(
    join(extension, 'package.json'),
    JSON.stringify({ devDependencies: Object.fromEntries(ours) }),
  );
  await npm(extension, ['install', '--offline', '--no-audit', '--no-fund']);
  for (const [name, range] of Object.entries(devDependencies)) {
    if (range.startsWith('file:')) continue;
    const installed = join(repository, 'node_modules', name);
    const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.ok(isInRange(version, range), `${name} ${range}, but ${version} is what the tests have`);
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(installed, join(modules, name), 'junction');
  }
  for (const program of Object.values(programs)) {
    await symlink(join(repository, 'node_modules', '.bin', program), join(modules, '.bin', program));
  }
  for (const [name, content] of files) {
    if (name !== 'settings.json') await writeFile(join(extension, name), content);
  }
  return extension;
}

/** Makes the VSIX as the guide says. @returns its path. */
export async function packageGuide(extension: string): Promise<string> {
  await npm(extension, ['run', 'package']);
  return join(extension, 'reports-0.0.1.vsix');
}
