import { rowIds, rows, type Row } from './rows.ts';

interface Line {
  readonly id: string;
  readonly expected: string;
  readonly got: string;
  readonly passed: boolean;
}

const lines: Line[] = [];
const covered = new Set<Row>();

/**
 * One line of the table, and one test.
 *
 * @param run returns what happened in a few words; throws if that is not what must happen.
 */
export function conforms(row: Row, variant: string, run: () => Promise<string>): void {
  covered.add(row);
  const id = variant === '' ? row : `${row} / ${variant}`;
  it(`${id}: must ${rows[row]}`, async () => {
    try {
      lines.push({ id, expected: rows[row], got: await run(), passed: true });
    } catch (error) {
      const got = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      lines.push({ id, expected: rows[row], got, passed: false });
      throw error;
    }
  });
}

/** The rows without a single test. */
export const rowsWithoutTest = (): Row[] => rowIds.filter(row => !covered.has(row));

function printTable(): void {
  const width = (of: (line: Line) => string): number => Math.max(...lines.map(line => of(line).length), 0);
  const [ids, expectations] = [width(({ id }) => id), width(({ expected }) => expected)];
  console.log(`\n  ${'id'.padEnd(ids)}  ${'expected'.padEnd(expectations)}  got`);
  for (const { id, expected, got, passed } of lines) {
    console.log(`${passed ? ' ' : '✗'} ${id.padEnd(ids)}  ${expected.padEnd(expectations)}  ${got}`);
  }
  console.log('');
}

// On the root suite, whichever file loads this first: once, after the last test.
after(printTable);
