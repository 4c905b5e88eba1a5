import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { Application, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import type { GeneratedFile } from '../providerDocuments.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const documentFile = new URL('../../../docs/client-reference.md', import.meta.url);

const options: Partial<TypeDocOptions & PluginOptions> = {
  name: 'Reference of the client package',
  entryPoints: [join(repository, 'src', 'client', 'index.ts')],
  tsconfig: join(import.meta.dirname, 'tsconfig.json'),
  plugin: ['typedoc-plugin-markdown'],
  // `npm run typecheck` does that.
  skipErrorChecking: true,
  excludeExternals: true,
  disableSources: true,
  disableGit: true,
  readme: 'none',
  entryFileName: 'reference',
  outputFileStrategy: 'modules',
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'list',
  classPropertiesFormat: 'list',
  typeDeclarationVisibility: 'compact',
  logLevel: 'Error',
};

const introduction = `<!-- Written by \`npm run generate\` from the docstrings in src/client. Change them there. -->

How to get the package, and which call to use when: [For extension authors](extension-authors.md).
`;

/** The overloads of a function that a property holds: those of `fetch`, which have a documentation of their own. */
const overloads =
  /^###### Call Signature\n[^]*?(?=^#{1,5} |^###### (?!Call Signature|Parameters|Returns)|^---)/gm;

/** docs/client-reference.md as it is and as it follows from the docstrings of `src/client`. */
export async function generatedClientReference(): Promise<GeneratedFile> {
  const current = await readFile(documentFile, 'utf8').catch(() => '');
  const folder = await mkdtemp(join(tmpdir(), 'client-reference-'));
  try {
    const application = await Application.bootstrapWithPlugins(options);
    const project = await application.convert();
    if (!project) throw new Error('TypeDoc could not read src/client.');
    await application.outputs.writeOutput({ name: 'markdown', path: folder }, project);
    const [heading, ...rest] = (await readFile(join(folder, 'reference.md'), 'utf8')).split('\n');
    const text = [heading, '', introduction, ...rest].join('\n').replace(overloads, '');
    const format = { ...(await prettier.resolveConfig(documentFile)), parser: 'markdown' };
    return { file: documentFile, current, generated: await prettier.format(text, format) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
