import type { Translation } from './translations.ts';

/** What a text calls by its name: a button, a command or a view, in quotation marks, in bold or as a link. */
const called = /“([^”]+)”|"([^"]+)"|\*\*([^*]+)\*\*|\[([^\]]+)\]\(/g;

const withoutDots = (text: string): string => text.replace(/…$/, '');

/** A name in a text, and what it is called elsewhere in each translation of it. */
export interface NameProblem {
  readonly language: string;
  readonly name: string;
  readonly text: string;
}

/**
 * Where a translation calls a button, a command or a view otherwise than it is named in the same language. Names on the
 * pages of providers (after `→`) stay as they are there.
 *
 * @returns also how many names were compared.
 */
export function namesOtherwise(translations: readonly Translation[]): {
  readonly problems: NameProblem[];
  readonly compared: number;
} {
  const problems: NameProblem[] = [];
  let compared = 0;
  for (const [language, files] of Map.groupBy(translations, ({ language }) => language)) {
    const pairs = files.flatMap(({ written, texts }) =>
      Object.entries(written).map(([key, text]) => ({ text, translation: texts[key] ?? '' })),
    );
    const names = Map.groupBy(pairs, ({ text }) => withoutDots(text));
    for (const { text, translation } of pairs) {
      if (text.includes('→')) continue;
      for (const match of text.matchAll(called)) {
        const name = withoutDots((match.slice(1).find(Boolean) ?? '').replace(/^OIDC: /, ''));
        const named = /^\p{Lu}/u.test(name) ? names.get(name) : undefined;
        if (!named) continue;
        compared++;
        if (!named.every(other => translation.includes(withoutDots(other.translation))))
          problems.push({ language, name, text: translation });
      }
    }
  }
  return { problems, compared };
}
