import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workbench } from '../editor/workbench.ts';

const repository = join(import.meta.dirname, '..', '..');

/**
 * Takes a picture that the documentation shows, so that it stays true: `UPDATE_PICTURES=1 npm run test:e2e`
 * replaces those in `docs/pictures/`; otherwise it lands in `dist/test/pictures/`, to be looked at.
 */
export async function documentationPicture(
  window: Workbench,
  name: string,
  clip?: { x: number; y: number; width: number; height: number },
): Promise<void> {
  const update = process.env['UPDATE_PICTURES'] === '1';
  const folder = join(repository, ...(update ? ['docs', 'pictures'] : ['dist', 'test', 'pictures']));
  await mkdir(folder, { recursive: true });
  await window.page.screenshot({ path: join(folder, `${name}.png`), ...(clip && { clip }) });
}
