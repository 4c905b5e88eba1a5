import { shown } from '../../platform/shown.ts';
import type { Item } from '../show.ts';

/** Characters that a row of a list shows before it cuts a text off, with a heading at its right end. */
const rowWidth = 68;

/** What to do at a provider, as numbered rows of a list that can be read as a whole: an editor breaks no lines there. */
export function registrationRows(steps: readonly string[]): Item[] {
  return steps.flatMap((step, at) => {
    const lines = brokenInto(`${at + 1}. ${step}`, rowWidth);
    const rows: Item[] = [];
    for (let line = 0; line < lines.length; line += 2) {
      const [label = '', detail] = lines.slice(line, line + 2);
      rows.push({ label: shown(label), ...(detail !== undefined && { detail: shown(detail) }) });
    }
    return rows;
  });
}

/** Breaks between words only: one that is longer than a line gets a line to itself. */
function brokenInto(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
