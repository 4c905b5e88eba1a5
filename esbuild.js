import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';
import { build, context, transform } from 'esbuild';
import ts from 'typescript';

const repository = import.meta.dirname;
const outdir = join(repository, 'dist');
const isWatching = process.argv.includes('--watch');

/** Writes which packages are part of the extension, as a software bill of materials. */
const billOfMaterials = cyclonedxEsbuildPlugin({
  outputFile: join(outdir, 'oidc-authentication.cdx.json'),
  outputReproducible: true,
  validate: true,
});

/** What takes a description of a setting, as its first argument. */
const describing =
  /^(?:v\.description|text|flag|seconds|parameters|matching|path|oneOf|listOf|someOf|group|page|endpoint|names)$/;

/**
 * The schema of the settings without what it says about each: the settings editor has that from the manifest, and
 * every window would load it for nothing.
 */
const withoutDescriptions = {
  name: 'without descriptions',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/](?:providers|mcp)[\\/](?:\w+[\\/])*\w+\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
      const found = [];
      const visit = node => {
        if (ts.isCallExpression(node) && describing.test(node.expression.getText(source))) {
          const [description] = node.arguments;
          if (description && ts.isStringLiteralLike(description)) found.push(description);
        }
        ts.forEachChild(node, visit);
      };
      visit(source);
      const contents = found.reduceRight(
        (rest, literal) => `${rest.slice(0, literal.getStart(source))}''${rest.slice(literal.end)}`,
        text,
      );
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * The extension, as the editor loads it. `dist/extension.cjs` and the one file that it requires hold what every
 * window needs to start; each `import()` of the sources is a further file, which is loaded when it is first needed.
 * None of them needs anything but `vscode`.
 */
const extension = {
  absWorkingDir: repository,
  entryPoints: ['src/extension.ts'],
  // What every window needs is one file, not one for each set of files that share something: every other part
  // is declared to need all of it, which is true once it is loaded.
  inject: ['src/extension.ts'],
  outdir,
  outExtension: { '.js': '.cjs' },
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  sourcemap: 'inline',
  sourcesContent: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  external: ['vscode'],
  legalComments: 'none',
  metafile: true,
  write: false,
  // oauth4webapi looks at `navigator` to choose a user agent; in the extension host, touching it logs a
  // migration error. Without it the library falls back to its own name, which is what we want.
  define: { navigator: 'undefined' },
  logLevel: 'warning',
  plugins: [withoutDescriptions, { name: 'write', setup: ({ onEnd }) => onEnd(writeParts) }, billOfMaterials],
};

/** The same sources for the web worker of an editor inside the browser, which loads one file and no more. */
const webExtension = {
  absWorkingDir: repository,
  entryPoints: ['src/extension.ts'],
  outfile: join(outdir, 'web', 'extension.cjs'),
  bundle: true,
  minify: true,
  sourcemap: isWatching ? 'linked' : 'external',
  format: 'cjs',
  platform: 'browser',
  target: 'es2024',
  external: ['vscode'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  plugins: [
    withoutDescriptions,
    {
      name: 'environment of the web worker',
      setup({ onResolve }) {
        const web = join(repository, 'src', 'environment.web.ts');
        onResolve({ filter: /\/environment\.ts$/ }, () => ({ path: web }));
      },
    },
  ],
};

/** esbuild splits ECMAScript modules only; editors load CommonJS everywhere, and faster. */
async function writeParts({ outputFiles, metafile, errors }) {
  if (errors.length > 0) return;
  await rm(join(outdir, 'parts'), { recursive: true, force: true });
  await mkdir(join(outdir, 'parts'), { recursive: true });
  for (const { path, text } of outputFiles) {
    const { code, map } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node22',
      supported: { 'dynamic-import': false },
      minify: true,
      sourcemap: 'external',
      sourcefile: basename(path),
      legalComments: 'none',
    });
    // A package has no maps, so its code names none.
    await writeFile(path, isWatching ? `${code}//# sourceMappingURL=${basename(path)}.map\n` : code);
    await writeFile(`${path}.map`, map);
  }
  await writeNotices(metafile);
}

/** The text of the licence that a package names without bringing it: ours, with the other author. */
async function namedLicence({ name, license, author }) {
  const holder = author?.name ?? author;
  if (license !== 'MIT' || !holder) throw new Error(`${name} has no licence to pass on`);
  const ours = await readFile(join(repository, 'LICENSE'), 'utf8');
  return ours.replace(/^Copyright.*$/m, `Copyright (c) ${holder}`);
}

/** The licences of all packages that are part of the bundle: they ask to be passed on with it. */
async function writeNotices({ inputs }) {
  const folders = Object.keys(inputs).map(
    input => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1],
  );
  const packages = [...new Set(folders.filter(folder => folder !== undefined))].sort();
  const notices = await Promise.all(
    packages.map(async folder => {
      const manifest = JSON.parse(await readFile(join(repository, folder, 'package.json'), 'utf8'));
      const { name, version } = manifest;
      const file = (await readdir(join(repository, folder))).find(entry => /^licen[cs]e/i.test(entry));
      const text = file
        ? await readFile(join(repository, folder, file), 'utf8')
        : await namedLicence(manifest);
      return `${name} ${version}\n\n${text.trim()}\n`;
    }),
  );
  const head = 'The extension contains the following packages.\n';
  await writeFile(
    join(outdir, 'THIRD-PARTY-NOTICES.txt'),
    [head, ...notices].join(`\n${'-'.repeat(80)}\n\n`),
  );
}

if (isWatching) {
  for (const options of [extension, webExtension])
    await (await context({ ...options, logLevel: 'info' })).watch();
} else {
  await Promise.all([build(extension), build(webExtension)]);
}
