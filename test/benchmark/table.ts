import { isMet, ratio, statistics, type Aim, type Figure, type Unit } from './figures.ts';

function shown(value: number, unit: Unit): string {
  if (unit === 'count') return String(value);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

const shownAim = (aim: Aim, unit: Unit): string =>
  aim.ratio === true
    ? `≤ ${aim.most} ×${aim.of === 'median' ? '' : ` (${aim.of})`}`
    : `≤ ${shown(aim.most, unit)}${aim.of === 'p95' ? ' (p95)' : ''}`;

function cells(figure: Figure): string[] {
  const { name, unit, samples, peer, aim } = figure;
  const { min, median, p95 } = statistics(samples);
  const values =
    samples.length === 1
      ? ['', shown(median, unit), '']
      : [shown(min, unit), shown(median, unit), shown(p95, unit)];
  const factor = ratio(figure);
  const met = isMet(figure);
  return [
    name,
    ...values,
    peer ? `${peer.name}: ${shown(statistics(peer.samples).median, unit)}` : '',
    factor === undefined ? '' : `${factor.toFixed(2)} ×`,
    aim ? shownAim(aim, unit) : '',
    met === undefined ? '' : met ? 'yes' : '**no**',
  ];
}

const header = ['figure', 'min', 'median', 'p95', 'beside', 'ratio', 'aim', 'met'];

/** The figures as a table in Markdown, with the parts as headings in between. */
export function markdownTable(figures: readonly Figure[]): string {
  const rows: string[][] = [];
  let part = '';
  for (const figure of figures) {
    if (figure.part !== part) rows.push([`**${figure.part}**`, ...header.slice(1).map(() => '')]);
    part = figure.part;
    rows.push(cells(figure));
  }
  return written(header, rows);
}

/** Those of the figures that have a summary, without how they vary. */
export function summaryTable(figures: readonly Figure[]): string {
  const isShown = (_: string, at: number): boolean => at !== 1 && at !== 3;
  const rows = figures.flatMap(({ summary, ...figure }) =>
    summary === undefined ? [] : [cells({ ...figure, name: summary }).filter(isShown)],
  );
  return written(['figure', 'found', ...header.slice(4)], rows);
}

function written(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, at) => Math.max(3, ...[header, ...rows].map(row => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
