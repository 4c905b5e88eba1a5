import { readFile, readdir } from 'node:fs/promises';
import * as prettier from 'prettier';
import { extensions, type OwnExtension } from '../../editor/packages/extensions.ts';
import type { GeneratedFile } from '../providerDocuments.ts';
import type { Texts } from '../texts.ts';

/** What is translated: the texts as they are written, and beside them a file for each language. */
const translated = extensions.flatMap(extension => {
  const folder = new URL(`../../../${extension.folder}`, import.meta.url);
  return [
    { extension, folder: new URL('l10n/', folder), name: 'bundle.l10n' },
    { extension, folder, name: 'package.nls' },
  ];
});

/** The texts of one language, and those that they are the translation of. */
export interface Translation {
  readonly file: URL;
  readonly extension: OwnExtension;
  readonly language: string;
  /** From the key to the text as it is written. */
  readonly written: Texts;
  /** From the key to the text in the language. */
  readonly texts: Texts;
}

const read = async (file: URL): Promise<Texts> => JSON.parse(await readFile(file, 'utf8')) as Texts;

/** All translations, of the code and of the manifest. */
export async function readTranslations(): Promise<Translation[]> {
  const found: Translation[] = [];
  for (const { extension, folder, name } of translated) {
    const written = await read(new URL(`${name}.json`, folder));
    for (const entry of (await readdir(folder)).sort()) {
      if (!entry.startsWith(`${name}.`) || entry === `${name}.json`) continue;
      const language = entry.slice(name.length + 1, -'.json'.length);
      const file = new URL(entry, folder);
      found.push({ file, extension, language, written, texts: await read(file) });
    }
  }
  return found;
}

/**
 * Each translation as it must be completed: in the order of the texts, without those that are gone, and with an empty
 * text for each that is new.
 */
export async function generatedTranslations(): Promise<GeneratedFile[]> {
  return Promise.all(
    (await readTranslations()).map(async ({ file, written, texts }) => {
      const completed = Object.fromEntries(Object.keys(written).map(key => [key, texts[key] ?? '']));
      const options = { ...(await prettier.resolveConfig(file)), parser: 'json-stringify' };
      const generated = await prettier.format(JSON.stringify(completed), options);
      return { file, current: await readFile(file, 'utf8'), generated };
    }),
  );
}

/** What stands in a text for the machine and not for the person: it must be the same in every language. */
const fixed = /\{\w+\}|`[^`]*`|\]\([^)]*\)|https?:\/\/[^\s,;)]*[^\s,;.)]|\*\*(?=\S)|\n/g;

/** Words of a provider's own pages, and texts of at most one word, can be the same in another language. */
const canBeSame = (text: string): boolean =>
  /→|^(?:[\w ]+: )?[\w ]*\b(?:user_default|None)\.$/.test(text) ||
  text
    .replaceAll(/\{\w+\}|OpenID Connect/g, '')
    .split(/\s+/)
    .filter(word => /\w{3}/.test(word)).length <= 1;

/** How a text ends: a fragment without a sign has its parent's, and `…` says that a button asks for more. */
const endOf = (text: string): string => /(?:[.:?!]|(?<=[\p{L}}])…)$/u.exec(text)?.[0] ?? '';

/** What a language never writes, by its name. */
const misspelled: Readonly<Record<string, RegExp>> = {
  // A no-break space stands before the high signs and inside the quotation marks.
  fr: /(?<!\u00a0)(?:[;!»]|[:?](?=[\s»)]|$))(?!\/)|«(?!\u00a0)|\p{L}'\p{L}|[“”]/u,
};

/** What is wrong with a translation, each with the text it is about. */
export function problemsOf({ language, written, texts }: Translation): string[] {
  const problems: string[] = [];
  for (const [key, text] of Object.entries(written)) {
    const translation = texts[key] ?? '';
    const parts = (whole: string): string[] => (whole.match(fixed) ?? []).sort();
    if (translation.trim() === '') problems.push(`${language}: not translated: ${text}`);
    else if (translation === text && !canBeSame(text))
      problems.push(`${language}: still as written: ${text}`);
    else if ([...new Set(parts(text))].join() !== [...new Set(parts(translation))].join())
      problems.push(`${language}: other placeholders, code or links than in: ${text}`);
    else if (endOf(text) !== endOf(translation)) problems.push(`${language}: ends otherwise than: ${text}`);
    else if (misspelled[language]?.test(translation.replace(/`[^`]*`|\{ .*? \}|"[^"]*": ?[["{]?/g, '')))
      problems.push(`${language}: misspelled: ${translation}`);
  }
  for (const key of Object.keys(texts))
    if (!Object.hasOwn(written, key)) problems.push(`${language}: no longer a text: ${key}`);
  return problems;
}
