import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StartCost } from '../built/costWorker.ts';

export const repository = join(import.meta.dirname, '..', '..', '..');
export const worker = join(import.meta.dirname, '..', 'built', 'costWorker.ts');
export const mainOf = (root: string): string => join(root, 'dist', 'extension.cjs');

/** Starts a built extension in a process of its own. */
export async function startCost(main: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [worker, main]);
  return (JSON.parse(stdout) as StartCost).start;
}
