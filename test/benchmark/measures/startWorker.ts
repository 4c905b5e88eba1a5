/**
 * Starts the built extension in this process, as an editor does, with many grants in its secret storage. Prints what
 * that took as JSON. `node --expose-gc startWorker.ts <file> <grants>`
 */
import { dirname, relative } from 'node:path';
import { startBuilt } from '../built/builtExtension.ts';
import { threadTime } from '../figures.ts';
import { storedGrants } from './storedGrants.ts';

export interface Start {
  /** Milliseconds of the thread's processor time for `require` and `activate()`. */
  readonly load: number;
  readonly activate: number;
  /** The same for what follows by itself, until the other windows had been looked for. */
  readonly meeting: number;
  /** Of our files, those that were loaded when `activate()` returned, in the folder `dist`; and later. */
  readonly files: readonly string[];
  readonly filesAtRest: readonly string[];
  /** Secrets read until `activate()` returned, and until the other windows had been looked for. */
  readonly readsAtActivation: number;
  readonly readsAtRest: number;
  /** Grants read for the first answer, and for the next ten. */
  readonly readsForAnswer: number;
  readonly readsForMore: number;
  /** Secrets of any kind read from activation to the end of the first answer. */
  readonly readsUntilAnswer: number;
  /** Milliseconds of the thread's processor time to the first answer. */
  readonly firstAnswer: number;
  /** Megabytes of heap after activation, and after the answers. */
  readonly heapAtRest: number;
  readonly heapAfterAnswer: number;
}

const [main = '', amount = '1'] = process.argv.slice(2);
const { values, definition } = storedGrants(Number(amount));
const grantsRead = (): number => extension.read.filter(key => key.startsWith('grant:')).length;
const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

let before = 0;
const extension = await startBuilt(main, values, definition, () => (before = heap()));
const { load, activate } = extension;
const ownFiles = (): string[] =>
  extension
    .files()
    .map(file => relative(dirname(main), file))
    .filter(file => !file.startsWith('..'));
const files = ownFiles();
const readsAtActivation = extension.read.length;

const met = threadTime();
// Long enough for a socket, a handshake with nobody and becoming the leader.
await new Promise(resolve => setTimeout(resolve, 300));
const meeting = threadTime() - met;
const readsAtRest = grantsRead();
const filesAtRest = ownFiles();
const heapAtRest = heap() - before;

const provider = extension.provider();
const asked = threadTime();
const sessions = await provider.getSessions(undefined, {});
const firstAnswer = threadTime() - asked;
if (sessions.length !== Number(amount)) throw new Error(`${sessions.length} sessions`);
const readsForAnswer = grantsRead() - readsAtRest;
const readsUntilAnswer = extension.read.length;
for (let at = 0; at < 10; at++) await provider.getSessions(at % 2 ? undefined : ['openid', 'profile'], {});
const result: Start = {
  load,
  activate,
  meeting,
  files,
  filesAtRest,
  readsAtActivation,
  readsAtRest,
  readsForAnswer,
  readsUntilAnswer,
  readsForMore: grantsRead() - readsAtRest - readsForAnswer,
  firstAnswer,
  heapAtRest,
  heapAfterAnswer: heap() - before,
};
await extension.deactivate();
console.log(JSON.stringify(result));
process.exit();
