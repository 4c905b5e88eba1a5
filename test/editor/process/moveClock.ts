/**
 * Moves the clock of the process it is loaded into, and of those it forks, as `movedClock.ts` says: hands libfaketime
 * on, or moves `Date` where there is none.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { handOnThroughFork } from './handOnThroughFork.ts';

const { FAKETIME_TIMESTAMP_FILE: file, LD_PRELOAD: library } = process.env;
const installed = Symbol.for('test.moveClock');

/** In milliseconds: how long what was read from the file is believed. */
const believed = 20;

function moveDate(path: string): void {
  const now = Date.now.bind(Date);
  let offset = 0;
  let readAt = -Infinity;
  const moved = (): number => {
    if (performance.now() - readAt > believed) {
      readAt = performance.now();
      offset = Number(readFileSync(path, 'utf8')) * 1000;
    }
    return now() + offset;
  };
  globalThis.Date = new Proxy(Date, {
    get: (date, name, receiver): unknown => (name === 'now' ? moved : Reflect.get(date, name, receiver)),
    construct: (date, args: unknown[], target) =>
      Reflect.construct(date, args.length === 0 ? [moved()] : args, target) as Date,
    apply: () => new Date(moved()).toString(),
  });
}

const marks = globalThis as unknown as Record<symbol, boolean | undefined>;
if (file !== undefined && !marks[installed]) {
  marks[installed] = true;
  handOnThroughFork(fileURLToPath(import.meta.url), library === undefined ? {} : { LD_PRELOAD: library });
  if (library === undefined) moveDate(file);
}
