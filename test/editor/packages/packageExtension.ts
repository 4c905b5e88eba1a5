/**
 * `npm run package`: builds and packages the extension, with a bill of materials and the checksums of both. The same
 * sources make the same bytes, wherever and whenever.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createVSIX } from '@vscode/vsce';
import { isProgram } from '../../servers/listening.ts';
import { run } from '../process/childProcess.ts';
import { repack } from './repack.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const dist = join(repository, 'dist');

/** The bill of materials, which the build writes. */
export const billOfMaterials = join(dist, 'oidc-authentication.cdx.json');

/** For programs that are started when `npm run package` has just run: side by side they would build over one another. */
export const builtEnvironment = { TEST_BUILT: repository };

/** Whether what is in `dist/` is up to date. */
export const isBuilt = (): boolean => process.env['TEST_BUILT'] === repository;

/**
 * Builds and packages the extension.
 *
 * @returns the path of the VSIX.
 */
export async function packageExtension({
  packagePath = join(dist, 'oidc-authentication.vsix'),
  preRelease = false,
} = {}): Promise<string> {
  if (isBuilt()) return packagePath;
  await run(process.execPath, ['esbuild.js'], { cwd: repository, env: process.env });
  await createVSIX({
    cwd: repository,
    packagePath,
    preRelease,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  await repack(packagePath);
  await describeBill();
  const sums = await Promise.all([packagePath, billOfMaterials].map(checksum));
  await writeFile(join(dirname(packagePath), 'SHA256SUMS'), sums.join(''));
  return packagePath;
}

/** Fills in what the manifest, and so the bill, has the name of a text for. */
async function describeBill(): Promise<void> {
  const texts = JSON.parse(await readFile(join(repository, 'package.nls.json'), 'utf8')) as {
    description: string;
  };
  const bill = await readFile(billOfMaterials, 'utf8');
  await writeFile(
    billOfMaterials,
    bill.replace('"%description%"', () => JSON.stringify(texts.description)),
  );
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
  const preRelease = values['pre-release'];
  const name = preRelease ? 'oidc-authentication-pre-release.vsix' : 'oidc-authentication.vsix';
  await packageExtension({ packagePath: join(dist, name), preRelease });
  console.log((await readFile(join(dist, 'SHA256SUMS'), 'utf8')).trimEnd());
}
