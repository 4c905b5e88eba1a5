import { packageConsumer } from './consumer.ts';
import { packageExtension } from './packageExtension.ts';

/** Names the VSIX files, as JSON, for tests that run side by side and would package them over one another. */
export const packagesVariable = 'TEST_PACKAGES';

/** The extension, and two that use it. @returns the paths of the VSIX files. */
export async function packageAll(): Promise<string[]> {
  const packaged = process.env[packagesVariable];
  if (packaged !== undefined) return JSON.parse(packaged) as string[];
  return [
    await packageExtension(),
    await packageConsumer(),
    await packageConsumer({ name: 'second-consumer', displayName: 'Second Consumer' }),
  ];
}
