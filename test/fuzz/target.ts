import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/protocol/failures/failure.ts';

/** One kind of input, and what must hold whatever it is. */
export interface Target {
  readonly name: string;
  /** Makes ready what the checks share, such as a server. */
  start(): Promise<RunningTarget>;
}

export interface RunningTarget {
  readonly property: fc.IRawProperty<[unknown]>;
  close(): Promise<void>;
}

/** @param check throws if the invariant does not hold. */
export function target<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  check: (input: Input) => Promise<void> | void,
): Target {
  return sharedTarget(name, inputs, () => Promise.resolve({ close: () => Promise.resolve() }), check);
}

/** As {@link target}, with something that the checks share, such as a server. */
export function sharedTarget<Input, Shared extends { close(): Promise<void> }>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  start: () => Promise<Shared>,
  check: (input: Input, shared: Shared) => Promise<void> | void,
): Target {
  return {
    name,
    async start() {
      const shared = await start();
      return {
        property: fc.asyncProperty(inputs, input => inBoundedTime(async () => check(input, shared))),
        close: () => shared.close(),
      };
    },
  };
}

/** More work than any input is worth, in milliseconds of this process: what others do meanwhile does not count. */
const mostWork = 3000;

async function inBoundedTime(check: () => Promise<void>): Promise<void> {
  const before = process.cpuUsage();
  await check();
  const { user, system } = process.cpuUsage(before);
  assert.ok((user + system) / 1000 < mostWork, `it took ${Math.round((user + system) / 1000)} ms of work`);
}

/** What the editor makes a link of in a message. */
const link = /\[[^\]]+\]\([^)]+\)/;

/** The longest message that a person can be expected to read, in characters. */
const longestMessage = 3000;

/** A failure that can be shown: ours, of bounded length, without control characters, and with no link in it. */
export function assertShowable(error: unknown): asserts error is Failure {
  assert.ok(
    error instanceof Failure,
    `not a Failure: ${error instanceof Error ? error.stack : String(error)}`,
  );
  assert.ok(error.message.length <= longestMessage, `a message of ${error.message.length} characters`);
  assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}]/u);
  assert.doesNotMatch(error.message, link);
  assert.equal(error.cause, undefined);
}

/** Hears of each result, for the comparison of two commits. The failure is undefined if there is none. */
export const listening: { hear?: ((result: unknown, failure: Failure | undefined) => void) | undefined } = {};

/** The result, or undefined if it was refused in the way it must be. */
export async function resultOf<T>(run: () => Promise<T> | T): Promise<T | undefined> {
  try {
    const result = await run();
    listening.hear?.(result, undefined);
    return result;
  } catch (error) {
    assertShowable(error);
    listening.hear?.(undefined, error);
    return undefined;
  }
}
