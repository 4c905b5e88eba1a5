import type { Figure, Unit } from '../figures.ts';

export type Found = Pick<Figure, 'name' | 'unit' | 'samples'>;

export const found = (unit: Unit, samples: Readonly<Record<string, number | readonly number[]>>): Found[] =>
  Object.entries(samples).map(([name, of]) => ({ name, unit, samples: [of].flat() }));

/** What is measured of each commit, by turns. */
export interface Measure {
  readonly part: string;
  /** At most so many times; a count doesn't differ. */
  readonly most?: number;
  /** So many times for each run that is asked for. */
  readonly times?: number;
  /** Opened anew so many times, each time for a part of the runs: each process has luck of its own. */
  readonly openings?: number;
  /** @param roots the worktrees of both commits, this one first. */
  open(roots: readonly [string, string], opening: number): Promise<readonly [Opened, Opened]>;
}

export interface Opened {
  run(): Promise<Found[]>;
  close?(): unknown;
}

/** @param open what is measured of a commit alone, by its worktree. */
export const separately =
  (open: (root: string) => Promise<Opened>): Measure['open'] =>
  async ([ours, theirs]) =>
    [await open(ours), await open(theirs)] as const;
