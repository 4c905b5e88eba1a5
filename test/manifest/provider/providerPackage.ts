/**
 * Makes the identity provider of the tests, with the servers that take its tokens, into a package of its own,
 * `dist/oidc-test-provider-<version>.tgz`: one file, which needs nothing but Node.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { notices } from '../../../esbuild.js';
import { pack } from '../client/packing.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const template = import.meta.dirname;

/**
 * Builds and packs it.
 *
 * @param folder where it is built, which is emptied first; the tarball goes beside it.
 * @returns the path of the tarball.
 */
export async function packageProvider(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await build({
    absWorkingDir: repository,
    entryPoints: [join(template, 'program.ts')],
    outfile: join(folder, 'provider.cjs'),
    bundle: true,
    minify: true,
    // The library finds what it stores by the names of its classes.
    keepNames: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    metafile: true,
    plugins: [notices('', join(folder, 'THIRD-PARTY-NOTICES.txt'))],
    legalComments: 'none',
    logLevel: 'warning',
    // In one file for `require` there is no `import.meta`; a module that asks whether it is the program is none.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return pack(template, folder, () => ({}));
}
