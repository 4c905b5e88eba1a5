import { join } from 'node:path';
import { run } from '../../editor/process/childProcess.ts';
// It runs as soon as it is loaded, so the tests run what is built of it.
import type {} from '../../../terminals/src/command/main.ts';
import { isBuilt } from '../../editor/packages/packageExtension.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** Builds the command as it is shipped. @returns its path. */
export async function bundleCommand(): Promise<string> {
  if (!isBuilt()) await run(process.execPath, ['esbuild.js'], { cwd: repository, env: process.env });
  return join(repository, 'terminals', 'dist', 'vscode-oidc.cjs');
}
