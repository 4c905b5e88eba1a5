import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';
import { build, context } from 'esbuild';
import ts from 'typescript';

const repository = import.meta.dirname;
const sources = join(repository, 'src');
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
 * The API of the editor, each name of which is taken from the one object that it gives us: `import * as vscode` in
 * CommonJS would copy that object, once for each file that says so.
 */
const editorApi = {
  name: 'editor API',
  setup({ onResolve, onLoad }) {
    // The bill of materials knows no file without a place, and this one belongs to no package but ours.
    const path = join(repository, 'package.json');
    onResolve({ filter: /^vscode$/ }, ({ importer }) =>
      importer === path ? { path: 'vscode', external: true } : { path },
    );
    onLoad({ filter: /[\\/]package\.json$/ }, async () => {
      const files = (await readdir(sources, { recursive: true })).filter(file => file.endsWith('.ts'));
      const texts = await Promise.all(files.map(file => readFile(join(sources, file), 'utf8')));
      const used = texts.flatMap(text => Array.from(text.matchAll(/\bvscode\.(\w+)/g), ([, name]) => name));
      return { contents: `export { ${[...new Set(used)].sort()} } from 'vscode';`, loader: 'js' };
    });
  },
};

/** What both passes have in common. */
const common = {
  absWorkingDir: repository,
  bundle: true,
  platform: 'browser',
  target: ['node22', 'es2024'],
  outExtension: { '.js': '.cjs' },
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
};

/**
 * First pass: the sources in as many files as they can be loaded in, see `secondPass`. esbuild splits ECMAScript
 * modules only. None of the files needs anything but `vscode`; what only Node has is in those that only Node loads.
 */
const extension = {
  ...common,
  entryPoints: ['src/extension.ts', 'src/parts.ts'],
  outdir,
  chunkNames: 'parts/[name]-[hash]',
  splitting: true,
  external: ['node:*'],
  sourcemap: 'inline',
  format: 'esm',
  inject: ['src/parts.ts'],
  plugins: [
    withoutDescriptions,
    editorApi,
    { name: 'second pass', setup: ({ onEnd }) => onEnd(secondPass) },
    billOfMaterials,
  ],
};

/**
 * Second pass: what every window needs to start becomes one file, `extension.cjs`, in which no module is wrapped. The
 * parts take what they share with it from there. Editors load CommonJS everywhere, and faster. Node and web workers
 * have the same files, so each `import()` becomes a call of `loadPart`.
 */
async function secondPass({ outputFiles, metafile, errors }) {
  if (errors.length > 0) return;
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  /** The files that are loaded with this one, each after those that it requires. */
  const withRequired = (name, found = new Set()) => {
    const imports = outputs
      .get(name)
      .imports.filter(({ kind, external }) => !external && /^import-/.test(kind));
    for (const { path } of imports) if (!found.has(basename(path))) withRequired(basename(path), found);
    return found.add(name);
  };
  const start = withRequired('parts.cjs', withRequired('extension.cjs'));
  const parts = [...outputs.keys()].filter(name => !start.has(name));

  // Names are unique within a file of the first pass only.
  const names = new Map();
  for (const file of start)
    for (const name of outputs.get(file).exports)
      names.set(`${file} ${name}`, /activate$/.test(name) ? name : `_${names.size.toString(36)}`);
  const exported = (file, clause) =>
    outputs.get(file).exports.map(name => clause(name, names.get(`${file} ${name}`)));

  const texts = new Map(
    outputFiles.map(({ path, text }) => {
      const calling = text.replaceAll(/\bimport\(".*?([\w-]+\.cjs)"\)/g, (_, name) => {
        const files = [...withRequired(name)].filter(file => !start.has(file));
        return `loadPart(${files.map(file => JSON.stringify(file))})`;
      });
      return [basename(path), text === calling ? text : `import { loadPart } from './parts.cjs';${calling}`];
    }),
  );
  const firstPass = isStart => ({
    name: 'first pass',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/.+\.cjs$/ }, ({ path, kind }) => {
        const name = basename(path);
        if (start.has(name)) return { path: name, namespace: isStart ? 'text' : 'shared' };
        return kind === 'entry-point'
          ? { path: name, namespace: 'text' }
          : { path: `./${name}`, external: true };
      });
      onLoad({ filter: /.*/, namespace: 'text' }, ({ path }) => ({ contents: texts.get(path) }));
      onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
        contents: `export { ${exported(path, (name, short) => `${short} as ${name}`)} } from '../extension.cjs';`,
      }));
    },
  });
  const second = {
    ...common,
    format: 'cjs',
    minify: true,
    // A package has no maps, so its code names none.
    sourcemap: isWatching ? 'linked' : 'external',
    external: ['vscode', 'node:*', '../extension.cjs'],
  };
  const entry = [...start].map(
    file => `export { ${exported(file, (name, short) => `${name} as ${short}`)} } from './${file}';`,
  );
  const built = await Promise.all([
    build({
      ...second,
      stdin: { contents: entry.join('\n') },
      outfile: join(outdir, 'extension.cjs'),
      banner: { js: 'const host={require,module};' },
      plugins: [firstPass(true)],
    }),
    build({
      ...second,
      entryPoints: parts.map(name => `./${name}`),
      outdir: join(outdir, 'parts'),
      plugins: [firstPass(false)],
    }),
  ]);
  await rm(join(outdir, 'parts'), { recursive: true, force: true });
  await mkdir(join(outdir, 'parts'), { recursive: true });
  for (const { path, contents } of built.flatMap(({ outputFiles: files }) => files))
    await writeFile(path, contents);
  await writeNotices(metafile);
}

/** The licenses of all packages that are part of the bundle: they ask to be passed on with it. */
async function writeNotices({ inputs }) {
  const folders = Object.keys(inputs).flatMap(
    input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [],
  );
  const ours = await readFile(join(repository, 'LICENSE'), 'utf8');
  const notices = [...new Set(folders)].sort().map(async folder => {
    const file = name => readFile(join(repository, folder, name), 'utf8');
    const { name, version, license, author } = JSON.parse(await file('package.json'));
    const holder = author?.name ?? author;
    const enclosed = (await readdir(join(repository, folder))).find(entry => /^licen[cs]e/i.test(entry));
    if (!enclosed && !(license === 'MIT' && holder)) throw new Error(`${name} has no license to pass on`);
    // A package that names the license without enclosing it: ours, with the other author.
    const text = enclosed ? await file(enclosed) : ours.replace(/^Copyright.*$/m, `Copyright (c) ${holder}`);
    return `${name} ${version}\n\n${text.trim()}\n`;
  });
  const all = ['The extension contains the following packages.\n', ...(await Promise.all(notices))];
  await writeFile(join(outdir, 'THIRD-PARTY-NOTICES.txt'), all.join(`\n${'-'.repeat(80)}\n\n`));
}

if (isWatching) await (await context({ ...extension, logLevel: 'info' })).watch();
else await build(extension);
