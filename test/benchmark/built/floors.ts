import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const inactive = 'export const activate = () => undefined;';

/** The least that an extension can be. */
const sources = {
  'an empty extension': inactive,
  'one with a null provider': `import { authentication, EventEmitter } from 'vscode';
    export const activate = ({ subscriptions }) => {
      const changed = new EventEmitter();
      const nothing = () => Promise.resolve([]);
      const provider = { onDidChangeSessions: changed.event, getSessions: nothing, createSession: nothing, removeSession: nothing };
      subscriptions.push(changed, authentication.registerAuthenticationProvider('null', 'Null', provider));
    };`,
  'jose + oauth4webapi alone': `${inactive}
    export * as oauth from 'oauth4webapi';
    export * as jose from 'jose';`,
} as const;

export type Floor = keyof typeof sources;

/** Builds them as the extension is built. @returns the file of each, and what removes them. */
export async function buildFloors(): Promise<{
  readonly files: Readonly<Record<Floor, string>>;
  readonly remove: () => Promise<void>;
}> {
  const folder = await temporaryFolder('floors');
  await mkdir(join(folder.path, 'dist'));
  await writeFile(join(folder.path, 'package.json'), '{}');
  const files: Partial<Record<Floor, string>> = {};
  for (const [at, [name, contents]] of Object.entries(sources).entries()) {
    const outfile = join(folder.path, 'dist', `${at}.cjs`);
    await build({
      stdin: { contents, resolveDir: repository },
      outfile,
      bundle: true,
      minify: true,
      format: 'cjs',
      platform: 'browser',
      target: 'node22',
      external: ['vscode'],
      legalComments: 'none',
    });
    files[name as Floor] = outfile;
  }
  return { files: files as Record<Floor, string>, remove: () => folder.remove() };
}
