import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { run } from './childProcess.ts';

const repository = join(import.meta.dirname, '..', '..');

/**
 * Builds and packages the extension as `npm run package` does.
 * @returns the path of the VSIX.
 */
export async function packageExtension(): Promise<string> {
  const packagePath = join(repository, 'dist', 'oidc-authentication.vsix');
  await run(process.execPath, ['esbuild.js'], { cwd: repository, env: process.env });
  await createVSIX({
    cwd: repository,
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  return packagePath;
}
