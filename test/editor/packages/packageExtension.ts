/**
 * `npm run package`: builds and packages the extensions, each with a bill of materials, and the checksums of all. The
 * same sources make the same bytes, wherever and whenever.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createVSIX } from '@vscode/vsce';
import { authentication, extensions, type OwnExtension } from './extensions.ts';
import { isProgram } from '../../servers/listening.ts';
import { run } from '../process/childProcess.ts';
import { repack } from './repack.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const dist = join(repository, 'dist');

/** The bill of materials of an extension, which the build writes. */
const billOf = ({ name }: OwnExtension): string => join(dist, `${name}.cdx.json`);

/** For programs that are started when `npm run package` has just run: side by side they would build over one another. */
export const builtEnvironment = { TEST_BUILT: repository };

/** Whether what is in `dist/` is up to date. */
export const isBuilt = (): boolean => process.env['TEST_BUILT'] === repository;

const pathOf = ({ name }: OwnExtension, preRelease: boolean): string =>
  join(dist, preRelease ? `${name}-pre-release.vsix` : `${name}.vsix`);

/** What this process has packaged, or is packaging. */
const packaged = new Map<boolean, Promise<void>>();

/**
 * Builds and packages both extensions, once in each process.
 *
 * @returns the path of the VSIX of the one that is named.
 */
export async function packageExtension({ of = authentication, preRelease = false } = {}): Promise<string> {
  const packaging = packaged.get(preRelease) ?? (isBuilt() ? Promise.resolve() : packageBoth(preRelease));
  packaged.set(preRelease, packaging);
  await packaging;
  return pathOf(of, preRelease);
}

async function packageBoth(preRelease: boolean): Promise<void> {
  await run(process.execPath, ['esbuild.js'], { cwd: repository, env: process.env });
  for (const extension of extensions) {
    const packagePath = pathOf(extension, preRelease);
    await createVSIX({
      cwd: join(repository, extension.folder),
      packagePath,
      preRelease,
      dependencies: false,
      allowMissingRepository: true,
      rewriteRelativeLinks: false,
    });
    await repack(packagePath);
    await describeBill(extension);
  }
  const published = extensions.flatMap(extension => [pathOf(extension, preRelease), billOf(extension)]);
  await writeFile(join(dist, 'SHA256SUMS'), (await Promise.all(published.map(checksum))).join(''));
}

/**
 * Fills in what the manifest, and so the bill, has the name of a text for. A bill names our extensions alone by it: the
 * one for terminals shares code with the other.
 */
async function describeBill(extension: OwnExtension): Promise<void> {
  let bill = await readFile(billOf(extension), 'utf8');
  for (const { name, folder } of extensions) {
    const texts = JSON.parse(await readFile(join(repository, folder, 'package.nls.json'), 'utf8')) as {
      description: string;
    };
    const named = new RegExp(`("name": "${name}",[^{}]*?"description": )"%description%"`, 'g');
    bill = bill.replace(named, (_, before: string) => before + JSON.stringify(texts.description));
  }
  await writeFile(billOf(extension), bill);
}

/** A line that `sha256sum --check` takes. */
async function checksum(path: string): Promise<string> {
  const sum = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return `${sum}  ${basename(path)}\n`;
}

if (isProgram(import.meta.url)) {
  const { values } = parseArgs({ options: { 'pre-release': { type: 'boolean', default: false } } });
  await packageExtension({ preRelease: values['pre-release'] });
  console.log((await readFile(join(dist, 'SHA256SUMS'), 'utf8')).trimEnd());
}
