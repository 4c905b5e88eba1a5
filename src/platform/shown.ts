declare const passed: unique symbol;

/**
 * A string that is safe to display: in a message, a title, a list, the view, a page. Only this file creates it, from
 * our own words and from external parts (of a server, settings, a manifest, a name), which are sanitized here. The
 * display functions (ui/show.ts) accept nothing else.
 *
 * In external parts, control and bidirectional formatting characters are removed, whitespace becomes one space, and
 * the length is limited. They can form neither a link, which the editor makes from `[text](address)` and which can
 * run a command, nor one of the editor's icons, `$(name)`.
 */
export type Shown = string & { readonly [passed]: true };

/** A link of ours within a text. */
export class Link {
  readonly text: Shown;
  readonly address: string;

  /** @param address its target: a URL, or `command:` with one of our commands. */
  constructor(text: string, address: string) {
    this.text = shown(text.replace(/[[\]]/g, ' '));
    this.address = address.replaceAll('(', '%28').replaceAll(')', '%29');
  }
}

/** A value for a placeholder: an external string, one of our texts, a number, or one of our links. */
export type Part = string | number | Link;

/** The editor shows so much of a message, in characters. */
const longest = 1000;

/** Characters that end a line, change how others look, or look like nothing. */
const misleading = /[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]+/gu;

/** Most texts are this: nothing is misleading in it. */
const plain = /^[!-~]+(?: [!-~]+)*$/;

/** One space for each run of whitespace. A no-break space stays where French sets one: before `:` and inside `« »`. */
const spaced = (run: string, at: number, text: string): string =>
  run === '\u00a0' && (text[at - 1] === '«' || ':;?!»'.includes(text[at + 1] ?? ' ')) ? run : ' ';

const clean = (text: string): string =>
  text.length <= longest && plain.test(text)
    ? text
    : text
        .slice(0, longest * 4)
        .replace(misleading, ' ')
        .replace(/\s+/g, spaced)
        .replace(/([\p{M}]{3})[\p{M}]+/gu, '$1');

/** Shortens a string in the middle: the end of a URL shows whose it is. */
function fit(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const half = Math.max(1, Math.floor((most - 1) / 2));
  return `${characters.slice(0, half).join('')}…${characters.slice(-half).join('')}`;
}

const harmless = (text: string): string =>
  text
    .replace(/\]\(/g, '] (')
    .replace(/\$\(/g, '$ (')
    .replace(/ {2,}/g, ' ')
    .replace(/ ?\u00a0[ \u00a0]*/g, '\u00a0');

/** @param words of ours, with a part between each two of them. */
function compose(words: readonly string[], parts: readonly Part[]): Shown {
  const cleaned = parts.map(part => (part instanceof Link ? part : clean(String(part))));
  const length = (part: string | Link): number => (part instanceof Link ? part.text : part).length;
  const room = longest - words.join('').length;
  const isTooLong = cleaned.reduce((sum, part) => sum + length(part), 0) > room;
  const most = isTooLong ? Math.max(20, Math.floor(room / parts.length)) : longest;
  let done = '';
  let open = words[0] ?? '';
  for (const [at, part] of cleaned.entries()) {
    const next = words[at + 1] ?? '';
    if (!(part instanceof Link)) open += fit(part, most) + next;
    else {
      done += `${harmless(open)}[${part.text}](${part.address})`;
      open = next;
    }
  }
  return (done + harmless(open)) as Shown;
}

/** Sanitizes an external string. As a template tag, combines our own words with such strings. */
export function shown(words: string | TemplateStringsArray, ...parts: readonly Part[]): Shown {
  return typeof words === 'string' ? (compose(['', ''], [words]).trim() as Shown) : compose(words, parts);
}

/** Our own words with `{name}` in place of each part. */
export function filled(words: string, parts: Readonly<Record<string, Part>>): Shown {
  const pieces = words.split(/\{(\w+)\}/);
  const names = pieces.filter((_, at) => at % 2 === 1);
  const own = pieces.filter((_, at) => at % 2 === 0);
  return compose(
    own,
    names.map(name => parts[name] ?? `{${name}}`),
  );
}

let translations: ReadonlyMap<string, string> = new Map();

/** Has all texts translated from now on, see {@link speak} in language.ts. */
export const translateWith = (given: ReadonlyMap<string, string>): void => void (translations = given);

/**
 * What a text is called in the translations of the package, which say nothing twice: FNV-1a of its UTF-16 units, in up to
 * five characters. A test checks that no two texts have the same.
 */
export function textKey(words: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < words.length; at++) hash = Math.imul(hash ^ words.charCodeAt(at), 0x01000193);
  return ((hash >>> 0) % 36 ** 5).toString(36);
}

const translated = (words: string): string =>
  translations.get(textKey(words)) ?? translations.get(words) ?? words;

/** Looks up our own words in the display language. Call it when a text is displayed, never when a file is loaded. */
export const l10n = {
  /** @param words in English, with `{0}` in place of the first part. */
  t: (words: string, ...parts: readonly Part[]): Shown =>
    filled(translated(words), Object.fromEntries(parts.entries())),
};

/** Sanitizes an external string and limits its length. */
export const short = (text: string, most: number): Shown => fit(shown(text), most) as Shown;

/** Sanitizes an external name, and keeps it short enough for the text around it. */
export const labelOf = (name: string): Shown => short(name, 80);

/** Splits an external string into as many lines as it needs, without leaving anything out. */
export function inLines(text: string): Shown[] {
  const characters = Array.from(text);
  return Array.from({ length: Math.ceil(characters.length / 200) }, (_, at) =>
    shown(characters.slice(at * 200, (at + 1) * 200).join('')),
  );
}

/** Joins texts, and leaves out those that are missing or empty. */
export const joined = (texts: readonly (Shown | undefined)[], between: ', ' | ' · ' | ' ' | '\n'): Shown =>
  fit(
    texts.filter(text => text !== undefined && text !== '').join(between),
    between === '\n' ? longest * 4 : longest,
  ) as Shown;

/** A text with one of the editor's icons before it. */
export const icon = (name: string, text: Shown): Shown =>
  `$(${name.replace(/[^a-z-]/g, '')}) ${text}` as Shown;

/** Nothing to say. */
export const nothing = '' as Shown;
