/** Returns the cells of each row of a Markdown table, found by the first words of its head. */
export function tableOf(text: string, head: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex(line => line.startsWith(`| ${head} `));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map(line =>
    line
      .slice(1, -1)
      .split(' | ')
      .map(cell => cell.trim()),
  );
}

/** Returns the cells of all tables of a Markdown text, without those of code. */
export const cellsOf = (text: string): string[] =>
  text
    .replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, '')
    .split('\n')
    .filter(line => /^ *\|/.test(line) && !/^[\s|:-]+$/.test(line))
    .flatMap(line =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(cell => cell.trim()),
    );

/**
 * Returns the words that a reader of a cell reads: without the URLs of links, footnotes, and the title of the test that a
 * link to it is followed by.
 */
export const wordsOf = (cell: string): string[] =>
  cell
    .replace(/(\.test\.ts\]\([^)]*\)): (`[^`]*`|“[^”]*”)/g, '$1')
    .replace(/\[\^\w+\]/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split(/\s+/)
    .filter(word => /\w/.test(word));
