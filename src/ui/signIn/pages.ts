import * as l10n from '@vscode/l10n';
import { textLanguage } from '../../platform/language.ts';

/** The start of an element with attributes, and the text after it. */
const element = /(<\w+\s[^<>]*>)([^<>]+)/g;

/**
 * A page of `media/` in the language of the editor. Translates each element that has the attribute `data-text`, and
 * nothing but text in it. `{0}` in a text stands for what the page fills in itself.
 *
 * @param translate from the text in the page.
 */
export function translatedPage(
  html: string,
  translate: (text: string) => string = text => l10n.t(text),
): string {
  return html
    .replace('<html lang="en">', `<html lang="${textLanguage()}">`)
    .replace(element, (whole: string, tag: string, text: string) =>
      /\sdata-text\b/.test(tag) ? tag + escaped(translate(text.trim().replace(/\s+/g, ' '))) : whole,
    );
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
