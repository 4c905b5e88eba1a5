/**
 * Gives inputs to the targets of the commit that this file is in, and writes what came of each. The inputs are made here,
 * or read from a file that the other commit wrote.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { sharedKeys } from '../../servers/hostile/keys.ts';
import { listening } from '../target.ts';
import { targets } from '../targets.ts';

/** What a commit made of one input. */
export interface Outcome {
  readonly believed: boolean;
  /** Why it was refused: a failure's code and message, without what differs from input to input. */
  readonly reason: string | undefined;
  /** What must hold whatever the input is, and does not. */
  readonly broken: string | undefined;
}

export interface Tried {
  /** Each serialized by itself: some are too deep for anything around them. */
  readonly inputs: readonly Uint8Array[];
  readonly outcomes: readonly Outcome[];
}

export interface Side {
  /** What tells the keys of this process from others. The inputs name them. */
  readonly keys: readonly string[];
  /** By target. */
  readonly tried: Readonly<Record<string, Tried>>;
}

/** What a commit is to do, as JSON in its argument. */
export interface Task {
  readonly names: readonly string[];
  readonly seed: number;
  readonly runs: number;
  /** Absent: the inputs are made. */
  readonly inputs?: string;
  readonly out: string;
}

/** An input that can be given to another process, and none for the others: a function, or what is too deep. */
function portable(input: unknown): Uint8Array[] {
  try {
    return [serialize(input)];
  } catch {
    return [];
  }
}

/**
 * An input as this process would have made it: with its own keys. Arrays that were read back take more of the stack than
 * others, which the deepest inputs would show.
 */
function asMade(value: unknown): unknown {
  if (typeof value === 'string') return ownKeys.get(value) ?? value;
  if (Array.isArray(value)) return Array.from(value as unknown[], asMade);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asMade(member)]));
}

const withoutInput = (text: string): string =>
  text
    .replaceAll(/“[^”]*”/g, '“…”')
    .replaceAll(/https?:[^\s,;]*/g, '<url>')
    .replaceAll(/\d+/g, 'N');

const task = JSON.parse(process.argv[2] ?? '') as Task;
const given = task.inputs === undefined ? undefined : (deserialize(await readFile(task.inputs)) as Side);
const { rsa, ec } = await sharedKeys();
const keys = [rsa.jwk.n, ec.jwk.x, ec.jwk.y].map(String);
const ownKeys = new Map(given?.keys.map((key, at) => [key, keys[at] ?? key]));
const tried: Record<string, Tried> = {};
for (const { name, start } of targets) {
  if (!task.names.includes(name) || (given && !Object.hasOwn(given.tried, name))) continue;
  const { property, close } = await start();
  const inputs =
    given?.tried[name]?.inputs ??
    fc.sample(property, { seed: task.seed, numRuns: task.runs }).flatMap(([input]) => portable(input));
  const outcomes: Outcome[] = [];
  for (const input of inputs) {
    let believed = false;
    let reason: string | undefined;
    listening.hear = (result, failure) => {
      believed ||= result !== undefined;
      if (failure) reason ??= `${failure.code}: ${withoutInput(failure.message)}`;
    };
    const failed = await property.run([asMade(deserialize(input))]);
    const broken = failed && 'error' in failed ? String(failed.error).slice(0, 300) : undefined;
    outcomes.push({ believed, reason, broken });
  }
  listening.hear = undefined;
  await close();
  tried[name] = { inputs: given ? [] : inputs, outcomes };
}
await writeFile(task.out, serialize({ keys, tried } satisfies Side));
process.exit(0);
