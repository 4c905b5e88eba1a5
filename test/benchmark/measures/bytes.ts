import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageExtension } from '../../editor/packages/packageExtension.ts';
import { packageLimits, packageSizes } from '../../editor/packages/zipEntries.ts';
import { builtInExtensions } from './builtIn.ts';
import { count, type Figure } from '../figures.ts';
import { start } from './starting.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const part = 'Size';
const kilo = 1000;

/** The files of the package, and what is loaded when the editor starts the extension. */
export async function measureBytes(): Promise<Figure[]> {
  const { untranslated, languages } = packageSizes(await readFile(await packageExtension()));
  const dist = join(repository, 'dist');
  const files = ['extension.cjs', ...(await readdir(join(dist, 'parts'))).map(file => `parts/${file}`)];
  const bundles = files.filter(file => file.endsWith('.cjs'));
  const size = async (file: string): Promise<number> => (await stat(join(dist, file))).size / kilo;
  const sum = async (files: readonly string[]): Promise<number> =>
    (await Promise.all(files.map(size))).reduce((sum, bytes) => sum + bytes, 0);
  const { files: atStart, filesAtRest } = await start(1);
  const { github, microsoft } = await builtInExtensions();
  const peers = {
    github: (await stat(github.main)).size / kilo,
    microsoft: (await stat(microsoft.main)).size / kilo,
  };
  const libraries = await sizeOfLibraries();
  return [
    {
      ...count(part, 'code loaded by activation', await sum(atStart), 0),
      unit: 'kB',
      peer: { name: 'github-authentication', samples: [peers.github] },
      aim: { of: 'max', most: 90, isCertain: true },
      summary: 'code loaded by activation, in Node and in a web worker',
    },
    {
      ...count(part, 'the same', await sum(atStart), 0),
      unit: 'kB',
      peer: { name: 'microsoft-authentication', samples: [peers.microsoft] },
      aim: { of: 'median', most: 0.7, ratio: true, isCertain: true },
    },
    {
      ...count(
        part,
        'code that each window has loaded when it has met the others',
        await sum(filesAtRest),
        0,
      ),
      unit: 'kB',
      aim: { of: 'max', most: 155, isCertain: true },
    },
    {
      ...count(part, 'minified bundles, all together', await sum(bundles), 150),
      unit: 'kB',
      peer: { name: 'oauth4webapi + jose alone', samples: [libraries / kilo] },
      aim: { of: 'max', most: 150 },
    },
    {
      part,
      name: 'VSIX without translations',
      unit: 'kB',
      samples: [untranslated / kilo],
      aim: { of: 'max', most: packageLimits.untranslated / kilo, isCertain: true },
    },
    {
      part,
      name: 'VSIX with one translation',
      unit: 'kB',
      samples: [(untranslated + Math.max(...languages.values())) / kilo],
      aim: { of: 'max', most: packageLimits.translated / kilo, isCertain: true },
      summary: 'package with one translation',
    },
    {
      part,
      name: 'each further language',
      unit: 'kB',
      samples: [...languages.values()].map(bytes => bytes / kilo),
      aim: { of: 'max', most: packageLimits.language / kilo },
    },
  ];
}

/** Everything that the two libraries offer, bundled and minified as we are. */
async function sizeOfLibraries(): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * as oauth from 'oauth4webapi'; export * as jose from 'jose';",
      resolveDir: repository,
    },
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    legalComments: 'none',
    write: false,
  });
  return outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
}
