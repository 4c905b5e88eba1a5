import { icon, shown, type Shown } from '../../platform/shown.ts';
import type { Row } from './state.ts';

/** The characters that a row shows before it cuts a text off, with a few words at its end. */
const rowWidth = 72;

/**
 * Shows a whole message: a row breaks no lines, so a long message gets several, and Enter does the same on each.
 *
 * @param help what Enter does, for the end of the last row, or a row of its own in the middle of a sentence.
 * @param typed the text in the box. The editor sorts rows whose label has it to the front.
 */
export function messageRows(
  message: Shown,
  help: Shown,
  does: Pick<Row, 'next' | 'effect'>,
  typed = '',
): Row[] {
  const end = message.indexOf('. ') + 1 || message.length;
  const sentences = [message.slice(0, end), message.slice(end).trim()];
  const lines = sentences.some(text => text.length > rowWidth) ? brokenIntoLines(message, typed) : sentences;
  const rows: Row[] = [];
  const last = lines.length - 1 - ((lines.length - 1) % 2);
  // A description comes before the detail, and would be read in the middle of this sentence.
  const isApart = (lines[last + 1] ?? '') !== '' && !/[.!?]$/.test(lines[last] ?? '');
  for (let at = 0; at < lines.length; at += 2) {
    const label = shown(lines[at] ?? '');
    const detail = shown(lines[at + 1] ?? '');
    // Inside an unfinished message, a screen reader would read it as part of the message.
    const description = at < last || isApart ? undefined : help;
    rows.push({
      label: at === 0 ? icon('error', label) : label,
      detail,
      ...(description && { description }),
      ...does,
    });
  }
  if (isApart) rows.push({ label: icon('arrow-right', help), ...does });
  return rows;
}

/**
 * Breaks between words only: one that is longer than a line gets a line to itself.
 *
 * @param typed is in no line that becomes a label, other than the first: the rows would change places.
 */
function brokenIntoLines(text: string, typed: string): string[] {
  const lines: string[] = [];
  const isLabel = (at: number): boolean => at > 0 && at % 2 === 0;
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const isTyped = typed !== '' && word.includes(typed);
    const fits = last !== undefined && last.length + 1 + word.length <= rowWidth;
    if (fits && !(isTyped && isLabel(lines.length - 1))) lines[lines.length - 1] = `${last} ${word}`;
    else if (last !== undefined && isTyped && isLabel(lines.length)) {
      const space = last.lastIndexOf(' ');
      lines.splice(-1, 1, ...(space < 0 ? [''] : [last.slice(0, space)]), last.slice(space + 1), word);
    } else lines.push(word);
  }
  return lines;
}
