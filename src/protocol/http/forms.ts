import type { NoteBlemish } from './blemishes.ts';

/** How the standards write a member of an answer. */
export type Form =
  | 'text'
  | 'number'
  | 'flag'
  /** Text that lists words, with spaces between them. */
  | 'words'
  | 'list'
  /** As it is written, whatever it is. */
  | 'exact';

export type Forms = Readonly<Record<string, Form>>;

/**
 * Reads the members of an answer for what they mean, as servers write them in other forms than the standards do. It
 * only touches what is left with one meaning: null and empty text stand for nothing, a number may be text and text a
 * number, a list may be words. What cannot be read at all counts as absent, except text, which whoever needs it
 * refuses. Members that are not among `forms` stay as they are.
 */
export function readForms(
  body: Readonly<Record<string, unknown>>,
  forms: Forms,
  note: NoteBlemish,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).flatMap(([member, value]) => {
      const form = Object.hasOwn(forms, member) ? forms[member] : undefined;
      if (form === undefined) return [[member, value]];
      if (value === null || (typeof value === 'string' && value.trim() === '')) {
        note('form.empty', member);
        return [];
      }
      const read = readers[form](value);
      if (read === undefined) note('form.unreadable', member);
      else if (read !== value) note(`form.${form as Exclude<Form, 'exact'>}`, member);
      return read === undefined ? [] : [[member, read]];
    }),
  );
}

const readers: Readonly<Record<Form, (value: unknown) => unknown>> = {
  exact: value => value,
  text: value => (Number.isSafeInteger(value) ? String(value) : value),
  number: value =>
    typeof value === 'string' && /^\s*\d{1,15}(\.\d{1,15})?\s*$/.test(value) ? Number(value) : finite(value),
  flag: value => flags.get(typeof value === 'string' ? value.trim().toLowerCase() : value),
  words: value => (typeof value === 'string' ? spaced(value) : texts(value)?.join(' ')),
  list: value => (typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : texts(value)),
};

/** Words between commas and without any space, as GitHub writes scopes. */
const spaced = (words: string): string =>
  /\s/.test(words.trim()) ? words : words.split(',').filter(Boolean).join(' ') || words;

const finite = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const flags = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [1, true],
  [false, false],
  ['false', false],
  ['0', false],
  [0, false],
]);

/** The list without what is not text; undefined if nothing is left of it. */
function texts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.filter(item => typeof item === 'string');
  if (found.length === value.length) return value as string[];
  return found.length > 0 ? found : undefined;
}
