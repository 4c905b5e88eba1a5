import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { codeServerVersion } from '../editor/install/codeServerInstall.ts';
import type { Figure } from './figures.ts';
import { markdownTable, summaryTable } from './table.ts';

const begin = '<!-- benchmark: written by `npm run benchmark -- --readme` -->';
const end = '<!-- end of benchmark -->';

/** When and on what it was measured. */
export function service(): { date: string; service: string; node: string; editor: string } {
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    service: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}`,
    node: process.version,
    editor: `code-server ${codeServerVersion}`,
  };
}

/** Puts the tables in the place of those that are there: all figures in docs/speed.md, and a few in the README. */
export async function writeTables(figures: readonly Figure[]): Promise<void> {
  const { date, service: on, node, editor } = service();
  const where = `Measured on ${date} with ${editor} and Node.js ${node.slice(1)}, on ${on}.`;
  for (const [file, table] of [
    ['README.md', summaryTable(figures)],
    ['docs/speed.md', markdownTable(figures)],
  ] as const) {
    const path = new URL(`../../${file}`, import.meta.url);
    const text = await readFile(path, 'utf8');
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${file} has no place for the table`);
    const place = [begin, where, table, ''].join('\n\n');
    await writeFile(path, text.slice(0, from) + place + text.slice(to));
  }
}
