import { join } from 'node:path';
import { packageConsumer } from './consumer.ts';
import { terminals } from './extensions.ts';
import { packageExtension } from './packageExtension.ts';

/** Names the VSIX files, as JSON, for tests that run side by side and would package them over one another. */
export const packagesVariable = 'TEST_PACKAGES';

/** The extension, two that use it, and the one for terminals. @returns the paths of the VSIX files. */
export async function packageAll(): Promise<string[]> {
  const packaged = process.env[packagesVariable];
  if (packaged !== undefined) return JSON.parse(packaged) as string[];
  return [
    await packageExtension(),
    await packageConsumer(),
    await packageConsumer({ name: 'second-consumer', displayName: 'Second Consumer' }),
    join(import.meta.dirname, '..', '..', '..', 'dist', `${terminals.name}.vsix`),
  ];
}
