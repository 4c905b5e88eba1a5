import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { codeServerVersion } from '../editor/install/codeServerInstall.ts';
import type { Figure } from './figures.ts';
import { markdownTable } from './table.ts';

const readme = new URL('../../README.md', import.meta.url);
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

/** Puts the table in the place of the one that is there. */
export async function writeReadme(figures: readonly Figure[]): Promise<void> {
  const text = await readFile(readme, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error('README.md has no place for the table');
  const { date, service: on, node, editor } = service();
  const where = `Measured on ${date} with ${editor} and Node.js ${node.slice(1)}, on ${on}.`;
  const place = [begin, where, markdownTable(figures), ''].join('\n\n');
  await writeFile(readme, text.slice(0, from) + place + text.slice(to));
}
