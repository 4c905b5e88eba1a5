import { build } from 'esbuild';

const watch = process.argv.includes('--watch');

/** The extension, as the editor loads it: one minified CommonJS file that needs nothing but `vscode`. */
export const extension = {
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.cjs',
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  // Licence comments of bundled packages travel with the package, in a file beside the bundle.
  legalComments: 'linked',
  // oauth4webapi looks at `navigator` to choose a user agent; in the extension host, touching it logs a
  // migration error. Without it the library falls back to its own name, which is what we want.
  define: { navigator: 'undefined' },
  logLevel: 'warning',
};

if (watch) {
  const { context } = await import('esbuild');
  await (await context({ ...extension, logLevel: 'info' })).watch();
} else {
  await build(extension);
}
