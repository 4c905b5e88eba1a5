import * as l10n from '@vscode/l10n';
import { textLanguage } from '../../platform/language.ts';

/** An element of a page whose text is for people: it has the attribute `data-text`, and nothing but text in it. */
const element = /(<\w+\s[^<>]*\bdata-text\b[^<>]*>)([^<>]+)/g;

/**
 * A page of `media/` in the language of the editor. `{0}` in a text stands for what the page fills in itself.
 *
 * @param translate from the text in the page.
 */
export function translatedPage(
  html: string,
  translate: (text: string) => string = text => l10n.t(text),
): string {
  return html
    .replace('<html lang="en">', `<html lang="${textLanguage()}">`)
    .replace(
      element,
      (_, tag: string, text: string) => tag + escaped(translate(text.trim().replace(/\s+/g, ' '))),
    );
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
