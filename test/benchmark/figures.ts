/** What one measurement found: the samples, and those of its peer in the same run. */
export interface Figure {
  /** The part of the benchmark that it belongs to. */
  readonly part: string;
  readonly name: string;
  readonly unit: Unit;
  readonly samples: readonly number[];
  /** What it is measured beside. */
  readonly peer?: Peer;
  readonly aim?: Aim;
  /** What it is called in the README, which shows only some. */
  readonly summary?: string;
}

export interface Peer {
  readonly name: string;
  readonly samples: readonly number[];
  /** Each sample was taken right before or after ours at the same place, so that what disturbs one disturbs both. */
  readonly isPaired?: boolean;
}

export type Unit = 'ms' | 'µs' | 'kB' | 'MB' | 'count';

/** A limit for a statistic of the samples, or for its ratio to the peer's. */
export interface Aim {
  readonly of: 'median' | 'p95' | 'max';
  readonly most: number;
  readonly ratio?: boolean;
  /**
   * True for what the machine's speed has no influence on, counts above all: missing it is a failure. Anything else
   * is reported only.
   */
  readonly isCertain?: boolean;
}

export interface Statistics {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

export function statistics(samples: readonly number[]): Statistics {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? sorted[0] ?? NaN;
  return { min: at(0), median: at(0.5), p95: at(0.95), max: at(1) };
}

/**
 * The ratio to the peer of the statistic that the aim is about; of the median without an aim. That of samples in pairs
 * is the median of what each pair has. None to nothing.
 */
export function ratio({ samples, peer, aim }: Figure): number | undefined {
  if (!peer) return undefined;
  const of = aim?.ratio === true ? aim.of : 'median';
  const whole = statistics(peer.samples)[of];
  if (peer.isPaired && whole > 0)
    return statistics(samples.map((sample, at) => sample / (peer.samples[at] ?? NaN))).median;
  return whole > 0 ? statistics(samples)[of] / whole : undefined;
}

/** Undefined without an aim. */
export function isMet(figure: Figure): boolean | undefined {
  const { aim, samples } = figure;
  if (!aim) return undefined;
  const found = aim.ratio === true ? ratio(figure) : statistics(samples)[aim.of];
  return found !== undefined && found <= aim.most;
}

/** A figure that is a count and has to be what it is. */
export const count = (
  part: string,
  name: string,
  found: number,
  most: number,
  more: Partial<Figure> = {},
): Figure => ({
  part,
  name,
  unit: 'count',
  samples: [found],
  aim: { of: 'max', most, isCertain: true },
  ...more,
});

/** Runs `measure` so many times, one after another, after some runs that do not count. */
export async function sample(
  runs: number,
  measure: (run: number) => Promise<number> | number,
  warmUp = 0,
): Promise<number[]> {
  for (let run = 0; run < warmUp; run++) await measure(run);
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) samples.push(await measure(run));
  return samples;
}

const neverChanged = new Int32Array(new SharedArrayBuffer(4));

/**
 * The processor time of this thread so far, in milliseconds. On a busy machine it says what the time on the wall
 * doesn't. Linux counts up to when the thread last waited, or up to 4 ms ago, so this waits for a moment.
 */
export function threadTime(): number {
  Atomics.wait(neverChanged, 0, 0, 0.1);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** How long it takes, in milliseconds. */
export async function timed(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
