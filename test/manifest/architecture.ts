import { readFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { events, examples } from '../unit/sessions/grant/fateStates.ts';
import { fateDiagram, transitionsOf } from './fateDiagram.ts';
import { graphOf, importsOfSources, mermaidOf, reduced, type Import } from './imports.ts';
import type { GeneratedFile } from './providerDocuments.ts';

const documentFile = new URL('../../docs/architecture.md', import.meta.url);

/** The parts of a document that are made from the code stand between two comments with their name. */
const generatedPart = /(<!-- generated: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;

/** docs/architecture.md as it is, and as its pictures follow from the code. */
export async function generatedArchitecture(): Promise<GeneratedFile> {
  const current = await readFile(documentFile, 'utf8');
  const imports = importsOfSources();
  const filled = fillIn(current, name => partOf(name, imports));
  const options = { ...(await prettier.resolveConfig(documentFile)), parser: 'markdown' };
  return { file: documentFile, current, generated: await prettier.format(filled, options) };
}

/** @throws if the document asks for a part that there is not. */
export function fillIn(document: string, part: (name: string) => string): string {
  return document.replace(
    generatedPart,
    (_, begin: string, name: string, end: string) => `${begin}\n${part(name)}\n\n${end}`,
  );
}

function partOf(name: string, imports: readonly Import[]): string {
  if (name === 'fate of a grant')
    return picture(fateDiagram(transitionsOf(Object.values(examples), Object.values(events))));
  const folder = /^imports of src\/((?:\w+\/)*)$/.exec(name)?.[1];
  if (folder === undefined) throw new Error(`There is no part of the architecture called “${name}”`);
  return picture(mermaidOf(reduced(graphOf(imports, folder))));
}

const picture = (mermaid: string): string => `\`\`\`mermaid\n${mermaid}\n\`\`\``;
