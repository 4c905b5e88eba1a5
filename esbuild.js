/** `npm run build`: both extensions, their licenses and bills of materials; `--watch`: after each change. */
import { glob, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';
import { build, context } from 'esbuild';
import { publishedDocument } from './src/protocol/grants/clientDocument.ts';

const repository = import.meta.dirname;
const outdir = join(repository, 'dist');
const isWatching = process.argv.includes('--watch');

/** What all builds have in common. */
const common = {
  absWorkingDir: repository,
  bundle: true,
  platform: 'browser',
  target: ['node22', 'es2024'],
  outExtension: { '.js': '.cjs' },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

/** Which packages are part of an extension, as a software bill of materials. */
const billOfMaterials = file =>
  cyclonedxEsbuildPlugin({ outputFile: join(outdir, file), outputReproducible: true, validate: true });

/**
 * First pass: the sources in as many files as they can be loaded in, see `secondPass`. esbuild splits ECMAScript
 * modules only. None of the files needs anything but `vscode`; what only Node has is in those that only Node loads.
 */
const extension = {
  ...common,
  entryPoints: ['src/extension.ts', 'src/parts.ts'],
  outdir,
  write: false,
  chunkNames: 'parts/[name]-[hash]',
  splitting: true,
  external: ['node:*'],
  sourcemap: 'inline',
  format: 'esm',
  inject: ['src/parts.ts'],
  plugins: [
    { name: 'without descriptions', setup: withoutDescriptions },
    { name: 'editor API', setup: editorApi },
    { name: 'second pass', setup: ({ onEnd }) => onEnd(secondPass) },
    notices(''),
    billOfMaterials('oidc-authentication.cdx.json'),
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
    const { imports } = outputs.get(name);
    const required = imports.filter(({ kind, external }) => !external && /^import-/.test(kind));
    for (const { path } of required) if (!found.has(basename(path))) withRequired(basename(path), found);
    return found.add(name);
  };
  const start = withRequired('parts.cjs', withRequired('extension.cjs'));
  // What only passes on what another part exports, under the same names, is no part: the other one is loaded.
  const passedOn = /^import {(\s+\w+,?)+\s} from ".\/(.+)";\s(import .+\s)*export {(\s+\w+,?)+\s};\s*\/\//;
  const sources = new Map(outputFiles.map(({ path, text }) => [basename(path), passedOn.exec(text)?.[2]]));
  // Names are unique within a file of the first pass only.
  const names = new Map();
  for (const file of start)
    for (const name of outputs.get(file).exports)
      names.set(file + name, /activate$/.test(name) ? name : `_${names.size.toString(36)}`);
  const all = [...names.values()].join();
  const exported = (file, to) => outputs.get(file).exports.map(name => to(name, names.get(file + name)));
  const shared = file => `export { ${exported(file, (name, to) => `${to} as ${name}`)} } from './all.cjs';`;
  // Nothing that is exported is ever assigned again: `export` would make a function of each name.
  const asObject = (_, names) => `module.exports = {${names.replaceAll(/(\w+) as (\w+)/g, '$2: $1')}};`;
  const texts = new Map(
    outputFiles.map(({ path, text }) => {
      const calling = text.replaceAll(/\bimport\(".*?([\w-]+\.cjs)"\)/g, (_, name) => {
        const files = [...withRequired(sources.get(name) ?? name)].filter(file => !start.has(file));
        return `loadPart(${files.map(file => `'${file}'`)})`;
      });
      const whole = text === calling ? text : `import { loadPart } from './parts.cjs';${calling}`;
      const name = basename(path);
      return [name, start.has(name) ? whole : whole.replace(/^export \{([^}]*)\};/m, asObject)];
    }),
  );
  const firstPass = isStart => ({
    name: 'first pass',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/.+\.cjs$/ }, ({ path, kind }) => {
        const name = basename(path);
        const isPart = outputs.has(name) && !start.has(name);
        if (isPart && kind !== 'entry-point') return { path, external: true };
        return { path: name, namespace: isStart || isPart ? 'text' : 'shared' };
      });
      onLoad({ filter: /.*/, namespace: 'text' }, ({ path }) => ({ contents: texts.get(path) }));
      onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
        contents: outputs.has(path) ? shared(path) : `export { ${all} } from '../extension.cjs';`,
      }));
    },
  });
  const second = {
    ...common,
    format: 'cjs',
    minify: true,
    logOverride: { 'commonjs-variable-in-esm': 'silent' },
    // A package has no maps, so its code names none.
    sourcemap: isWatching ? 'linked' : 'external',
    external: ['vscode', 'node:*', '../extension.cjs'],
  };
  const imported = file => `import { ${exported(file, (name, to) => `${name} as ${to}`)} } from './${file}';`;
  const stdin = { contents: `${Array.from(start, imported).join('')} host.module.exports = { ${all} };` };
  const parts = [...outputs.keys()].filter(name => !start.has(name) && !sources.get(name));
  const partFiles = { ...second, entryPoints: parts.map(name => `./${name}`), outdir: join(outdir, 'parts') };
  const banner = { js: 'const host={require,module};' };
  await rm(join(outdir, 'parts'), { recursive: true, force: true });
  await Promise.all([
    build({ ...second, stdin, banner, outfile: join(outdir, 'extension.cjs'), plugins: [firstPass(true)] }),
    build({ ...partFiles, plugins: [firstPass(false)] }),
  ]);
}

/** What describes a setting, with the description as its first argument. */
const described =
  /\b(v\.description|text|flag|seconds|parameters|matching|path|oneOf|listOf|someOf|group|page|endpoint|names)\((\s*)'(?:[^'\\]|\\.)*'/g;

/** Leaves out what is said about each setting: the settings editor has that from the manifest. */
function withoutDescriptions({ onLoad }) {
  onLoad({ filter: /[\\/]src[\\/](?:providers|mcp)[\\/](?:\w+[\\/])*\w+\.ts$/ }, async ({ path }) => {
    const text = await readFile(path, 'utf8');
    return { contents: text.replaceAll(described, "$1($2''"), loader: 'ts' };
  });
}

/**
 * The API of the editor, each name of which is taken from the one object that it gives us: `import * as vscode` in
 * CommonJS would copy that object, once for each file that says so.
 */
function editorApi({ onResolve, onLoad }) {
  // The bill of materials knows no file without a place, and this one belongs to no package but ours.
  const path = join(repository, 'package.json');
  onResolve({ filter: /^vscode$/ }, ({ importer }) =>
    importer === path ? { path: 'vscode', external: true } : { path },
  );
  onLoad({ filter: /[\\/]package\.json$/ }, async () => {
    const files = await Array.fromAsync(glob('src/**/*.ts', { cwd: repository }));
    const texts = await Promise.all(files.map(file => readFile(join(repository, file), 'utf8')));
    const used = texts.flatMap(text => Array.from(text.matchAll(/\bvscode\.(\w+)/g), ([, name]) => name));
    return { contents: `export { ${[...new Set(used)].sort()} } from 'vscode';`, loader: 'js' };
  });
}

/** The extension for terminals, and the command that it puts there: each a file that Node runs. */
const terminals = {
  ...common,
  absWorkingDir: join(repository, 'terminals'),
  platform: 'node',
  entryPoints: { extension: 'src/extension.ts', 'vscode-oidc': 'src/command/main.ts' },
  outdir: join(repository, 'terminals', 'dist'),
  minify: true,
  sourcemap: isWatching && 'linked',
  format: 'cjs',
  external: ['vscode'],
  plugins: [notices('terminals'), billOfMaterials('oidc-terminals.cdx.json')],
};

/** The licenses of all packages that are part of a bundle: they ask to be passed on with it. See esbuild.d.ts. */
export function notices(extension, outfile = join(repository, extension, 'dist', 'THIRD-PARTY-NOTICES.txt')) {
  const noticeOf = async folder => {
    const path = join(repository, extension, folder);
    const { name, version, license, author } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
    const enclosed = (await readdir(path)).find(entry => /^licen[cs]e/i.test(entry));
    if (!enclosed && license !== 'MIT') throw new Error(`${name} has no license to pass on`);
    const text = await readFile(enclosed ? join(path, enclosed) : join(repository, 'LICENSE'), 'utf8');
    const holder = author?.name ?? author ?? `the authors of ${name}`;
    // A package that names the license without enclosing it: ours, with its author.
    const whole = enclosed ? text : text.replace(/^Copyright.*$/m, `Copyright (c) ${holder}`);
    return `${name} ${version}\n\n${whole.trim()}\n`;
  };
  const write = async ({ metafile, errors }) => {
    if (errors.length > 0) return;
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;
    const folders = Object.keys(metafile.inputs).flatMap(input => folder.exec(input) ?? []);
    const all = await Promise.all([...new Set(folders)].sort().map(noticeOf));
    const line = `\n${'-'.repeat(80)}\n\n`;
    await writeFile(outfile, ['This package contains the following packages.\n', ...all].join(line));
  };
  return { name: 'notices', setup: ({ onEnd }) => onEnd(write) };
}

/**
 * The client ID metadata document, to be published at the address that is the default of `oidc.clientMetadataUrl`. See
 * docs/client-metadata.md for those who host one of their own, at another address.
 */
async function clientMetadata() {
  const json = async file => JSON.parse(await readFile(join(repository, file), 'utf8'));
  const { contributes } = await json('package.json');
  const { displayName } = await json('package.nls.json');
  const address = contributes.configuration.properties['oidc.clientMetadataUrl'].default;
  const document = publishedDocument(address || 'https://example.com/client-metadata.json', displayName);
  await writeFile(join(outdir, 'client-metadata.json'), `${JSON.stringify(document, undefined, 2)}\n`);
}

// Only its notices are wanted where this file is imported.
for (const each of import.meta.main ? [extension, terminals] : [])
  if (isWatching) await (await context({ ...each, logLevel: 'info' })).watch();
  else await build(each);
if (import.meta.main) await clientMetadata();
