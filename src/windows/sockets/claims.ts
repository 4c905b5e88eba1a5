import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';

/**
 * Who owns: one file per generation, `generation-<n>`, in a directory that all windows share.
 *
 * - A generation is claimed by creating its file exclusively, so it is claimed at most once.
 * - The owner is the claimant of the highest generation, and nobody else: creating the next file is what ends
 *   an ownership. At any moment one file is the highest, so at most one process can find its own there.
 * - Files are only ever removed far below the highest (`kept`). A process that was stopped between reading the
 *   highest number and claiming the next may thus re-create a removed generation; it then sees a higher one and
 *   knows that it lost. The distance also keeps a directory listing that is not a snapshot from hiding every
 *   higher file at once.
 * - The nonce makes each claim, and the address that follows from it, unlike every other, even after somebody
 *   emptied the directory. So no window can ever unlink, rebind or answer at the address of another claim.
 */
export interface Claim {
  /** 1 or more. */
  readonly generation: number;
  /** 12 hexadecimal digits, random. */
  readonly nonce: string;
  /** Process that made the claim. Only a hint that saves waiting: never taken as proof that it lives. */
  readonly pid: number;
}

const kept = 8;
const highestPossible = 999_999_999_999_999;
const fileName = /^generation-([1-9][0-9]{0,14})$/;
const content = /^([0-9]{1,10}) ([0-9a-f]{12})\n$/;

const fileOf = (directory: string, generation: number) => join(directory, `generation-${generation}`);
const written = (claim: Claim) => `${claim.pid} ${claim.nonce}\n`;

function generationsIn(directory: string): number[] {
  return readdirSync(directory).flatMap(name => {
    const digits = fileName.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** The highest generation claimed so far, 0 if none. Throws what reading the directory throws. */
export function latestGeneration(directory: string): number {
  return Math.max(0, ...generationsIn(directory));
}

/** The claim of a generation; undefined if it is gone, or not (yet, or ever) completely written. */
export function readClaim(directory: string, generation: number): Claim | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(directory, generation), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EISDIR') return undefined;
    throw error;
  }
  const [, pid, nonce] = content.exec(text) ?? [];
  return pid === undefined || nonce === undefined ? undefined : { generation, nonce, pid: Number(pid) };
}

/**
 * Claims the generation after `generation`. Undefined if another process was quicker. Throws if the file cannot
 * be written, or if the numbers are used up. A file left half-written counts as a claim whose owner died.
 */
export function claimAfter(directory: string, generation: number): Claim | undefined {
  if (generation >= highestPossible)
    throw new Error(`No generation is left after ${generation}; empty the directory.`);
  const claim = { generation: generation + 1, nonce: randomBytes(6).toString('hex'), pid: process.pid };
  try {
    writeFileSync(fileOf(directory, claim.generation), written(claim), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  return isLatest(directory, claim) ? claim : undefined;
}

/**
 * Whether a claim is the highest, and still the one that was made. Synchronous, two small reads. Throws if the
 * directory exists but cannot be read: then nothing is known.
 */
export function isLatest(directory: string, claim: Claim): boolean {
  try {
    return (
      latestGeneration(directory) === claim.generation &&
      readFileSync(fileOf(directory, claim.generation), 'utf8') === written(claim)
    );
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * Whether a process lives that claimed an earlier generation, as far as its file is kept. It may be stopped, and go
 * on with what it had begun.
 */
export function earlierClaimantLives(directory: string, claim: Claim): boolean {
  return generationsIn(directory)
    .filter(generation => generation < claim.generation)
    .map(generation => readClaim(directory, generation)?.pid ?? claim.pid)
    .some(pid => pid !== claim.pid && isAlive(pid));
}

/** Whether there is a process of this number, which may be another one by now. */
export function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** Removes the files of claims long superseded. To be called only by the claimant of `claim`. */
export function removeOldClaims(directory: string, claim: Claim): void {
  for (const generation of generationsIn(directory)) {
    if (generation < claim.generation - kept)
      rmSync(fileOf(directory, generation), { force: true, recursive: true });
  }
}
