import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { npm } from '../../editor/install/npm.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

export interface OurManifest {
  readonly version: string;
  readonly engines: { readonly vscode: string };
}

const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

export const ourManifest = async (): Promise<OurManifest> =>
  (await read(join(repository, 'package.json'))) as OurManifest;

/**
 * Packs a folder, which gets what every package has: the manifest and README of a template, and our license.
 *
 * @param add to the manifest; its version is ours.
 * @returns the path of the tarball, beside the folder.
 */
export async function pack(
  template: string,
  folder: string,
  add: (ours: OurManifest) => object,
): Promise<string> {
  const ours = await ourManifest();
  const { name, ...its } = (await read(join(template, 'package.json'))) as { name: string };
  const manifest = { name, ...its, version: ours.version, ...add(ours) };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(join(template, 'README.md'), join(folder, 'README.md'));
  await copyFile(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  await npm(folder, ['pack', '--silent', '--pack-destination', dirname(folder)]);
  return join(dirname(folder), `${name}-${ours.version}.tgz`);
}
