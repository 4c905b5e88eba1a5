import type { NoteBlemish } from './blemishes.ts';

/** The standard form of a response property. */
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
 * Normalizes the properties of a response that a server writes in another form than the standards. Only changes
 * values with a single meaning: null and empty strings count as absent, a number can be a string and a string a
 * number, an array can be space-separated words. Anything unreadable counts as absent, except strings, which the code
 * that needs them refuses. Properties not in `forms` stay unchanged.
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

/**
 * Words between commas, as GitHub writes scopes, or between spaces and tabs. A comma inside a word stays if there are
 * spaces: RFC 6749 section 3.3 allows it.
 */
function spaced(words: string): string {
  const trimmed = words.trim();
  const parts = trimmed.split(/[ \t]/.test(trimmed) ? /,?[ \t]+/ : ',');
  return parts.filter(Boolean).join(' ') || words;
}

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

/** Keeps only the strings of an array. Returns undefined if none are left. */
function texts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.filter(item => typeof item === 'string');
  if (found.length === value.length) return value as string[];
  return found.length > 0 ? found : undefined;
}
