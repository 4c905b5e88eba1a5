import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageFolder } from './packageFolder.ts';

export interface ConsumerOptions {
  /** Also the prefix of its settings and of its command: `<name>.whoAmI`. */
  readonly name?: string;
  readonly displayName?: string;
  readonly publisher?: string;
}

const repository = join(import.meta.dirname, '..', '..', '..');
const source = join(repository, 'test', 'consumer');

/** The manifest under another name; a command or a setting can belong to one extension only. */
async function manifest({ name, displayName, publisher }: Required<ConsumerOptions>): Promise<string> {
  const original = await readFile(join(source, 'package.json'), 'utf8');
  const renamed = original
    .replaceAll('"consumer.', `"${name}.`)
    .replaceAll(': "Consumer"', `: ${JSON.stringify(displayName)}`);
  // Everything in the folder it is packaged from belongs in the package.
  return JSON.stringify({ ...(JSON.parse(renamed) as object), name, publisher, files: ['**'] }, null, 2);
}

/**
 * Builds the extension in `test/consumer` and packages it as `dist/test/<name>.vsix`.
 * @returns the path of the VSIX.
 */
export async function packageConsumer({
  name = 'consumer',
  displayName = 'Consumer',
  publisher = 'example-consumer',
}: ConsumerOptions = {}): Promise<string> {
  return packageFolder(name, async folder => {
    await writeFile(join(folder, 'package.json'), await manifest({ name, displayName, publisher }));
    await copyFile(join(source, 'README.md'), join(folder, 'README.md'));
    await build({
      entryPoints: [join(source, 'consumer.ts')],
      outfile: join(folder, 'consumer.cjs'),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node22',
      external: ['vscode'],
      logLevel: 'warning',
    });
  });
}
