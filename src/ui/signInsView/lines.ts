import type { Row } from './rows.ts';

/**
 * A line of the tree, as the editor knows it: the same object for as long as the thing it shows is there. While the
 * editor redraws a line, it forgets the objects of its children, so a click just then names nothing.
 */
export interface Line {
  row: Row;
  children: readonly Line[];
}

export interface Redrawn {
  readonly lines: readonly Line[];
  /** The lines to redraw: as few, and as far down, as possible. What is below one of them is redrawn with it. */
  readonly changed: readonly Line[];
  /** True if a line was added, removed or moved at the top, which redraws everything. */
  readonly moved: boolean;
}

const look = (row: Row): string => JSON.stringify({ ...row, changesAt: undefined, children: undefined });

/** Updates the lines from the rows, and finds out what the editor has to redraw. */
export function redraw(before: readonly Line[], rows: readonly Row[]): Redrawn {
  const known = new Map(before.map(line => [line.row.id, line]));
  const changed: Line[] = [];
  const lines = rows.map(row => {
    const line = known.get(row.id) ?? { row, children: [] };
    const below = redraw(line.children, row.children);
    if (below.moved || look(line.row) !== look(row)) changed.push(line);
    else changed.push(...below.changed);
    line.row = row;
    line.children = below.lines;
    return line;
  });
  const moved = lines.length !== before.length || lines.some((line, index) => line !== before[index]);
  return { lines, changed, moved };
}
