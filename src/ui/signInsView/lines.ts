import type { Row } from './rows.ts';

/**
 * A line of the tree, as the editor knows it: the same object for as long as the thing it shows is there. The editor
 * forgets the objects of a line's children while it draws the line anew, so that a click just then names nothing.
 */
export interface Line {
  row: Row;
  children: readonly Line[];
}

export interface Redrawn {
  readonly lines: readonly Line[];
  /** The lines to draw anew: as few, and as far down, as will do. What is below one of them is drawn with it. */
  readonly changed: readonly Line[];
  /** True if a line has come, gone or moved at the top: everything is to be drawn anew. */
  readonly moved: boolean;
}

const look = (row: Row): string => JSON.stringify({ ...row, changesAt: undefined, children: undefined });

/** Brings the lines up to date with the rows, and finds out what the editor has to draw anew. */
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
