import { readFile, readdir } from 'node:fs/promises';
import * as prettier from 'prettier';
import { extensions } from '../../editor/packages/extensions.ts';
import type { GeneratedFile } from '../providerDocuments.ts';
import { rules, type Rule } from './rules.ts';

const root = new URL('../../../', import.meta.url);
const countsFile = new URL('counts.json', import.meta.url);

/** How many texts of an area each rule finds. An area is a bundle of messages, a document, or a folder of `src`. */
export type Counts = Readonly<Record<string, Readonly<Partial<Record<Rule, number>>>>>;

/** Texts, by area. */
export type Areas = ReadonlyMap<string, readonly string[]>;

/** Takes out code, whose names are no prose. */
const withoutCode = (text: string): string =>
  text.replace(/```[\s\S]*?```|`[^`\n]*`|@param \w+|\{@link [^}]*\}/g, '');

/** Splits a document into sentences, without its code. */
export const sentencesOf = (document: string): string[] => withoutCode(document).split(/(?<=[.?!])\s|\n\n/);

/** Lists the comments of a source file, without their code. */
export const commentsOf = (source: string): string[] =>
  [...source.matchAll(/\/\*\*([\s\S]*?)\*\/|^\s*\/\/ ?(.*)$/gm)].map(([, block, line]) =>
    withoutCode(block ?? line ?? ''),
  );

/** Its sentences are the docstrings of `src/client`, which count there. */
const madeOfComments = 'docs/client-reference.md';

/** Takes out the names of placeholders: nobody reads them. */
export const shownOf = (message: string): string => message.replace(/\{\w+\}/g, '{}');

/** Collects every text that the rules apply to. */
export async function readAreas(): Promise<Areas> {
  const areas = new Map<string, string[]>();
  const add = (area: string, texts: readonly string[]): void => {
    areas.set(area, [...(areas.get(area) ?? []), ...texts]);
  };
  const textOf = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
  const filesIn = async (folder: string): Promise<string[]> =>
    (await readdir(new URL(folder, root), { recursive: true })).map(file =>
      `${folder}/${file}`.replaceAll('\\', '/'),
    );
  for (const { folder } of extensions) {
    add(
      `${folder}messages`,
      Object.keys(JSON.parse(await textOf(`${folder}l10n/bundle.l10n.json`)) as object).map(shownOf),
    );
    const texts = JSON.parse(await textOf(`${folder}package.nls.json`)) as Record<string, string>;
    add(`${folder}manifest`, Object.values(texts));
    const documents = (await readdir(new URL(`./${folder}`, root))).map(file => folder + file);
    for (const file of [...documents, ...(folder === '' ? await filesIn('docs') : [])])
      if (file.endsWith('.md') && file !== madeOfComments) add(file, sentencesOf(await textOf(file)));
    for (const file of await filesIn(`${folder}src`))
      if (file.endsWith('.ts')) add(file.slice(0, file.lastIndexOf('/')), commentsOf(await textOf(file)));
  }
  return areas;
}

const isRule = (name: string): name is Rule => Object.hasOwn(rules, name);
const ruleNames = Object.keys(rules).filter(isRule);

/** Lists the texts of an area that a rule finds. */
export const findings = (areas: Areas, area: string, rule: Rule): string[] =>
  (areas.get(area) ?? []).filter(text => rules[rule].test(text));

/** Counts the findings, without areas and rules that have none. */
export function count(areas: Areas): Counts {
  const counts: Record<string, Partial<Record<Rule, number>>> = {};
  for (const area of [...areas.keys()].sort())
    for (const rule of ruleNames) {
      const found = findings(areas, area, rule).length;
      if (found > 0) (counts[area] ??= {})[rule] = found;
    }
  return counts;
}

/** Explains each count that isn't the committed one. An area with more findings than before lists them all. */
export function problemsOf(areas: Areas, committed: Counts): string[] {
  const now = count(areas);
  return [...new Set([...Object.keys(now), ...Object.keys(committed)])].flatMap(area =>
    ruleNames.flatMap(rule => {
      const [found, allowed] = [now[area]?.[rule] ?? 0, committed[area]?.[rule] ?? 0];
      if (found === allowed) return [];
      if (found < allowed)
        return [`${area}: ${rule}: ${found}, not ${allowed} any more: run \`npm run generate\``];
      const texts = findings(areas, area, rule).map(text => `  ${text.trim().replace(/\s+/g, ' ')}`);
      return [
        `${area}: ${rule}: ${found}, at most ${allowed} allowed. One of these is new (if it has only moved, move its count in counts.json):\n${texts.join('\n')}`,
      ];
    }),
  );
}

/** Reads the committed counts. */
export const committedCounts = async (): Promise<Counts> =>
  JSON.parse(await readFile(countsFile, 'utf8').catch(() => '{}')) as Counts;

/** Lowers the committed counts to those of today. Never raises one: a rule or an area that is new starts with its own. */
export function lowered(now: Counts, committed: Counts): Counts {
  const isNewRule = (rule: Rule): boolean => !Object.values(committed).some(found => rule in found);
  const result: Record<string, Partial<Record<Rule, number>>> = {};
  for (const [area, found] of Object.entries(now))
    for (const rule of ruleNames) {
      const today = found[rule] ?? 0;
      const limit = isNewRule(rule) ? today : Math.min(today, committed[area]?.[rule] ?? 0);
      if (limit > 0) (result[area] ??= {})[rule] = limit;
    }
  return result;
}

/** The counts as they are and as they can be. */
export async function generatedCounts(): Promise<GeneratedFile> {
  const current = await readFile(countsFile, 'utf8').catch(() => '');
  const counts = lowered(count(await readAreas()), await committedCounts());
  const options = { ...(await prettier.resolveConfig(countsFile)), parser: 'json-stringify' };
  return { file: countsFile, current, generated: await prettier.format(JSON.stringify(counts), options) };
}
