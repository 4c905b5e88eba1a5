import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, context } from 'esbuild';
import { billOfMaterials, notices } from './build/notices.js';
import { editorApi, withoutDescriptions } from './build/plugins.js';

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
    notices(''),
    billOfMaterials('oidc-authentication'),
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
  // An object, as nothing that is exported is ever assigned again: `export` would make a function of each name.
  const imports = [...start].map(
    file => `import { ${exported(file, (name, short) => `${name} as ${short}`)} } from './${file}';`,
  );
  const entry = [...imports, `host.module.exports = { ${[...names.values()]} };`];
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
}

/** The extension for terminals, and the command that it puts there: each a file that Node runs. */
const terminals = {
  ...common,
  absWorkingDir: join(repository, 'terminals'),
  platform: 'node',
  entryPoints: { extension: 'src/extension.ts', 'vscode-oidc': 'src/command/main.ts' },
  outdir: join(repository, 'terminals', 'dist'),
  write: true,
  minify: true,
  sourcemap: isWatching && 'linked',
  format: 'cjs',
  external: ['vscode'],
  plugins: [notices('terminals'), billOfMaterials('oidc-terminals')],
};

for (const each of [extension, terminals])
  if (isWatching) await (await context({ ...each, logLevel: 'info' })).watch();
  else await build(each);
