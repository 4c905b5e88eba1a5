import { readFile, readdir } from 'node:fs/promises';
import * as prettier from 'prettier';
import ts from 'typescript';
import { failures } from '../../src/protocol/failures/failure.ts';
import { helpButtons } from '../../src/protocol/failures/text.ts';
import { presets } from '../../src/providers/presets/presets.ts';
import { translatedPage } from '../../src/ui/signIn/pages.ts';
import { authentication, extensions, type OwnExtension } from '../editor/packages/extensions.ts';
import type { GeneratedFile } from './providerDocuments.ts';

const root = new URL('../../', import.meta.url);
const pages = new URL('media/', root);

/** Every text of an extension's code that people see: what is given to `l10n.t`, and what stands in a table. */
export async function codeTexts(extension: OwnExtension = authentication): Promise<string[]> {
  const sources = new URL(`${extension.folder}src/`, root);
  const names = (await readdir(sources, { recursive: true })).filter(name => name.endsWith('.ts'));
  const files = await Promise.all(
    names.map(name => readFile(new URL(name.replaceAll('\\', '/'), sources), 'utf8')),
  );
  const inTables =
    extension === authentication ? [...tables(), ...presetTexts(), ...(await pageTexts())] : [];
  return [...files.flatMap(callTexts), ...inTables];
}

/** What a file gives to `l10n.t`; what is no literal stands in a table. */
function callTexts(contents: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'l10n.t') {
      const [text] = node.arguments;
      if (text && ts.isStringLiteralLike(text)) found.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', contents, ts.ScriptTarget.Latest, true));
  return found;
}

/** The texts of failures, and of the buttons that go with them. */
const tables = (): string[] => [
  ...Object.values(failures).flatMap(({ what, next }) => [what, next]),
  ...Object.values(helpButtons).filter(text => text !== undefined),
];

/** What presets tell and ask. Their names are those of the providers, in every language. */
const presetTexts = (): string[] =>
  Object.values(presets).flatMap(({ values, registration, clients = {} }) => [
    ...Object.values(values).map(({ prompt }) => prompt),
    ...registration,
    ...Object.values(clients).flatMap(client => [client.label, client.detail, ...client.registration]),
  ]);

/** What stands in the pages that the extension shows. */
async function pageTexts(): Promise<string[]> {
  const texts: string[] = [];
  for (const name of (await readdir(pages)).filter(file => file.endsWith('.html'))) {
    translatedPage(await readFile(new URL(name, pages), 'utf8'), text => {
      texts.push(text);
      return text;
    });
  }
  return texts;
}

/** `l10n/bundle.l10n.json` of each extension, from which a translation is made, as it is and as it follows from the code. */
export const generatedCodeTexts = (): Promise<GeneratedFile[]> =>
  Promise.all(extensions.map(generatedBundle));

async function generatedBundle(extension: OwnExtension): Promise<GeneratedFile> {
  const bundleFile = new URL(`${extension.folder}l10n/bundle.l10n.json`, root);
  const current = await readFile(bundleFile, 'utf8').catch(() => '');
  const texts = [...new Set(await codeTexts(extension))].sort().map(text => [text, text]);
  const options = { ...(await prettier.resolveConfig(bundleFile)), parser: 'json-stringify' };
  const generated = await prettier.format(JSON.stringify(Object.fromEntries(texts)), options);
  return { file: bundleFile, current, generated };
}
