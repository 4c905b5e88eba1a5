import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { speak } from '../../../src/platform/language.ts';
import { extensions } from '../../editor/packages/extensions.ts';
import {
  chainsOf,
  joinedText,
  textsWithin,
  wordsOf,
  type Chain,
} from '../../manifest/translations/joined.ts';

const root = new URL('../../../', import.meta.url);
const output = new URL('dist/test/', root);
const languages = ['en', 'de', 'fr'] as const;

/** Rules for a text with others in it, as it is shown. */
const rules: Readonly<Record<string, RegExp>> = {
  'two marks at the end of a sentence': /[.!?:;,][”"»“)\]]*[.!?,;:](?!\w)|\s[.,](?:\s|$)/,
  'a sentence in parentheses within another': /[^.!?] \([^()]*[.!?]\)/,
  // French verbs such as "vous vous connectez" have their pronoun twice.
  'a word twice': /(?<![\p{L}’])(?!vous\b)(\p{L}{2,}) \1(?![\p{L}’])/iu,
  'a space at an end, or two': /^\s|\s$|\s{2}/,
  'several sentences, and the last one does not end': /[.!?] \p{Lu}[^.!?…]*$/u,
};
/** A request to sign in again, in each language. */
const again = /sign in (?:to \S+ )?again|erneut an\b|reconnectez-vous/giu;

const sentences = (text: string): string[] => text.split(/(?<=[.!?]) /);

const startsSentence = /(?:^|[.!?]\s+)$/;
/** After these, a text can begin as it likes. */
const startsPart = /[:“„«"(]\s?$/;

/**
 * Explains what is wrong with how a text begins, in the place where it stands. A word that is only ever written with a
 * capital letter is a name or a German noun.
 */
function* problemsOfCase(chain: Chain, isWritten: (word: string) => boolean): Generator<string> {
  for (const [at, { text, place }] of chain.entries()) {
    const inner = chain[at + 1]?.text;
    if (place === undefined || place === 'said' || typeof text === 'symbol' || typeof inner !== 'object')
      continue;
    const words = wordsOf(text);
    const before = words.slice(0, words.indexOf(`{${place}}`));
    const [first = ''] = /^\p{L}+/u.exec(wordsOf(inner)) ?? [];
    const isCapital = /^\p{Lu}/u.test(first);
    if (startsSentence.test(before)) {
      if (first !== '' && !isCapital && /[.!?]$/.test(words)) yield 'a sentence begins with a small letter';
    } else if (!startsPart.test(before) && isCapital && isWritten(first.toLowerCase()))
      yield 'a capital letter within a sentence';
  }
}

/** Explains what is wrong with a joined text. */
function problemsOf(text: string): string[] {
  const found = Object.entries(rules).flatMap(([rule, pattern]) => (pattern.test(text) ? [rule] : []));
  if (new Set(sentences(text)).size < sentences(text).length) found.push('a sentence twice');
  if ((text.match(again) ?? []).length > 1) found.push('asks to sign in again twice');
  return found;
}

describe('a text within another', () => {
  after(() => speak('en', {}));

  it('completes it, in every language; all of them are in dist/test/joined-texts-*.txt', async () => {
    await mkdir(output, { recursive: true });
    const problems = new Set<string>();
    for (const extension of extensions) {
      const texts = textsWithin(extension);
      const chains = texts.flatMap(text => chainsOf(text)).filter(({ length }) => length > 1);
      for (const language of languages) {
        const file = new URL(`${extension.folder}l10n/bundle.l10n.${language}.json`, root);
        const translations =
          language === 'en' ? {} : (JSON.parse(await readFile(file, 'utf8')) as Record<string, string>);
        speak(language, translations);
        const lines = new Map(chains.map((chain): [string, Chain] => [joinedText(chain), chain]));
        const words = texts.flatMap(text => wordsOf(text).match(/(?<!\p{L})\p{Ll}+/gu) ?? []);
        const written = new Set(words);
        for (const [text, chain] of lines)
          for (const problem of [...problemsOf(text), ...problemsOfCase(chain, word => written.has(word))])
            problems.add(`${language}: ${problem}: ${text}`);
        const name = `joined-texts-${extension.name}-${language}.txt`;
        await writeFile(new URL(name, output), `${[...lines.keys()].sort().join('\n')}\n`);
      }
    }
    assert.deepEqual([...problems], []);
  }).timeout(120_000);
});
