import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { temporaryFolder } from './temporaryFolder.ts';

const repository = join(import.meta.dirname, '..', '..');
const source = join(repository, 'test', 'manifestOnly');

interface Manifest {
  contributes: { oidcProviders: { acme: Record<string, unknown> } };
}

/**
 * Packages the extension in `test/manifestOnly`, which brings a provider without code, with these settings of the
 * provider in the place of its own.
 * @returns the path of the VSIX.
 */
export async function packageManifestOnly(definition: Readonly<Record<string, unknown>>): Promise<string> {
  const packagePath = join(repository, 'dist', 'test', 'manifest-only.vsix');
  await mkdir(join(repository, 'dist', 'test'), { recursive: true });
  const folder = await temporaryFolder('manifest-only');
  try {
    const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as Manifest;
    manifest.contributes.oidcProviders.acme = { ...definition };
    await writeFile(join(folder.path, 'package.json'), JSON.stringify(manifest, null, 2));
    await copyFile(join(source, 'README.md'), join(folder.path, 'README.md'));
    await createVSIX({
      cwd: folder.path,
      packagePath,
      dependencies: false,
      allowMissingRepository: true,
      skipLicense: true,
    });
  } finally {
    await folder.remove();
  }
  return packagePath;
}
