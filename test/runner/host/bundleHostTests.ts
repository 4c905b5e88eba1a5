import { join, relative } from 'node:path';
import { build } from 'esbuild';

/** The tests of a folder and the entry that runs them, as one file an extension host can load. */
export interface HostTests {
  /** Holds `index.ts` and the `*.test.ts`. */
  readonly folder: string;
  /** The paths of those that are to run. */
  readonly files: readonly string[];
  /** A text that the full name of a test to run has in it. */
  readonly grep: string | undefined;
  readonly outfile: string;
}

/** Bundles without `vscode`, which the editor provides, and without mocha, which is found from `outfile`. */
export async function bundleHostTests({ folder, files, grep, outfile }: HostTests): Promise<void> {
  const names = files.map(file =>
    relative(folder, file)
      .replaceAll('\\', '/')
      .replace(/\.test\.ts$/, ''),
  );
  await build({
    entryPoints: [join(folder, 'index.ts')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    external: ['vscode', 'mocha', 'esbuild', 'playwright-core', '@vscode/*'],
    // Stack traces name the lines of the sources.
    sourcemap: 'inline',
    define: { TEST_NAMES: JSON.stringify(names), TEST_GREP: JSON.stringify(grep ?? '') },
    logLevel: 'warning',
    // In one file for `require` there is no `import.meta`; the one who asks knows.
    logOverride: { 'empty-import-meta': 'silent', 'empty-glob': 'silent' },
  });
}
