import { shown, translateWith, type Shown } from './shown.ts';

/** The language that the source is written in, and the one of every text that has no translation. */
const written = 'en';

let spoken = written;

/**
 * Has all texts from now on in a language. A text must be asked for when it is needed, never when a file is loaded:
 * that is earlier.
 *
 * @param language as the editor names it, for example `de`.
 * @param translations from the texts as they are written, or their keys in the package, to those of the language.
 */
export function speak(language: string, translations: Record<string, string>): void {
  translateWith(new Map(Object.entries(translations)));
  spoken = language;
}

/** The display language, to format numbers, times, and lists. */
export const textLanguage = (): string => spoken;

/** English has many regional formats for times and dates. The computer's locale selects one. */
const placeOf = (language: string): string | undefined => (language === written ? undefined : language);

/** Formats a time, in seconds since the epoch, in local time. */
export const timeInWords = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString(placeOf(spoken), { dateStyle: 'medium', timeStyle: 'short' });

/** The same of a moment that is near: `15:42`. */
export const timeOfDay = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleTimeString(placeOf(spoken), { timeStyle: 'short' });

/** `a, b or c` */
export const anyOf = (values: readonly string[]): string =>
  new Intl.ListFormat(spoken, { type: 'disjunction' }).format(values);

/** `a, b and c` */
export const allOf = (values: readonly string[]): string =>
  new Intl.ListFormat(spoken, { type: 'conjunction' }).format(values);

/** With its first letter large, as the language has it. */
export const capitalised = (text: Shown): Shown =>
  shown(`${text.charAt(0).toLocaleUpperCase(spoken)}${text.slice(1)}`);
