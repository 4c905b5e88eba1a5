import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, context } from 'esbuild';

/** The extension, as the editor loads it: one minified CommonJS file that needs nothing but `vscode`. */
const extension = {
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.cjs',
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  legalComments: 'none',
  metafile: true,
  // oauth4webapi looks at `navigator` to choose a user agent; in the extension host, touching it logs a
  // migration error. Without it the library falls back to its own name, which is what we want.
  define: { navigator: 'undefined' },
  logLevel: 'warning',
};

/** The licences of all packages that are part of the bundle: they ask to be passed on with it. */
async function writeNotices({ inputs }) {
  const folders = Object.keys(inputs).map(
    input => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1],
  );
  const packages = [...new Set(folders.filter(folder => folder !== undefined))].sort();
  const notices = await Promise.all(
    packages.map(async folder => {
      const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
      const file = (await readdir(folder)).find(entry => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${name} has no licence file to pass on`);
      return `${name} ${version}\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`;
    }),
  );
  const head = 'The extension contains the following packages.\n';
  await writeFile('dist/THIRD-PARTY-NOTICES.txt', [head, ...notices].join(`\n${'-'.repeat(80)}\n\n`));
}

if (process.argv.includes('--watch')) {
  await (await context({ ...extension, logLevel: 'info' })).watch();
} else {
  const { metafile } = await build(extension);
  await writeNotices(metafile);
}
