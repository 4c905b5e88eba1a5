import { l10n } from '../../platform/shown.ts';
import type { Html } from '../show.ts';
import { textLanguage } from '../../platform/language.ts';

/** The start of an element with attributes, and the text after it. */
const element = /(<\w+\s[^<>]*>)([^<>]+)/g;

/**
 * Translates a page of `media/` to the language of the editor: the text of each element that has the attribute
 * `data-text`, and nothing else. The page itself fills in `{0}`.
 *
 * @param translate from the text in the page.
 */
export function translatedPage(
  html: string,
  translate: (text: string) => string = text => l10n.t(text),
): Html {
  return html
    .replace('<html lang="en">', `<html lang="${textLanguage()}">`)
    .replace(element, (whole: string, tag: string, text: string) =>
      /\sdata-text\b/.test(tag) ? tag + escaped(translate(text.trim().replace(/\s+/g, ' '))) : whole,
    ) as Html;
}

/** The page with what marks its scripts and styles as ours. */
export const withNonce = (page: Html, nonce: string): Html => page.replaceAll('{{nonce}}', nonce) as Html;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
