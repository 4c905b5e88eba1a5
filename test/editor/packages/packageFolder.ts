import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { temporaryFolder } from '../process/temporaryFolder.ts';

const built = join(import.meta.dirname, '..', '..', '..', 'dist', 'test');

/**
 * Packages an extension of the tests as `dist/test/<name>.vsix`.
 *
 * @param fill puts the files of the extension into a folder, which is empty and gone afterwards.
 * @returns the path of the VSIX.
 */
export async function packageFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const packagePath = join(built, `${name}.vsix`);
  await mkdir(built, { recursive: true });
  const folder = await temporaryFolder(name);
  try {
    await fill(folder.path);
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
