import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';

/**
 * Elects the leader: one file per term, `term-<n>`, in a directory that all windows share.
 *
 * - A term is claimed by creating its file exclusively, so it is claimed at most once.
 * - Only the claimant of the highest term is the leader: creating the next file ends a lease. At any moment one file
 *   is the highest, so at most one process can find its own there.
 * - Files are only removed far below the highest (`kept`). A process that was stopped between reading the highest
 *   number and claiming the next might recreate a removed term. It then sees a higher one and knows that it lost. The
 *   distance also keeps a directory listing that isn't a snapshot from hiding every higher file at once.
 * - The nonce makes each claim, and the address derived from it, unique, even after the directory was emptied. So no
 *   window can ever unlink, rebind or respond at the address of another claim.
 */
export interface Claim {
  /** 1 or more. */
  readonly term: number;
  /** 12 hexadecimal digits, random. */
  readonly nonce: string;
  /** The folder of its socket, if that isn't in the directory itself. */
  readonly folder: string | undefined;
  /** Process that made the claim. Only a hint that saves waiting: never taken as proof that it lives. */
  readonly pid: number;
}

const kept = 8;
const highestPossible = 999_999_999_999_999;
const fileName = /^term-([1-9][0-9]{0,14})$/;
const content = /^([0-9]{1,10}) ([0-9a-f]{12})(?: ([^\n]+))?\n$/;

const fileOf = (directory: string, term: number) => join(directory, `term-${term}`);
const written = ({ pid, nonce, folder }: Claim) =>
  `${pid} ${nonce}${folder === undefined ? '' : ` ${folder}`}\n`;

function termsIn(directory: string): number[] {
  return readdirSync(directory).flatMap(name => {
    const digits = fileName.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

/** The highest term claimed so far, 0 if none. Throws what reading the directory throws. */
export function latestTerm(directory: string): number {
  return Math.max(0, ...termsIn(directory));
}

/** Reads the claim of a term. Returns undefined if it is gone or incomplete (not yet written, or never). */
export function readClaim(directory: string, term: number): Claim | undefined {
  let text: string;
  try {
    text = readFileSync(fileOf(directory, term), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EISDIR') return undefined;
    throw error;
  }
  const [, pid, nonce, folder] = content.exec(text) ?? [];
  return pid === undefined || nonce === undefined ? undefined : { term, nonce, folder, pid: Number(pid) };
}

/**
 * Claims the term after `term`. Returns undefined if another process was quicker. Throws if the file can't be
 * written, or if no numbers are left. An incomplete file counts as a claim whose process died.
 */
export function claimAfter(directory: string, term: number, folder: string | undefined): Claim | undefined {
  if (term >= highestPossible) throw new Error(`No term is left after ${term}; empty the directory.`);
  const claim = { term: term + 1, nonce: randomBytes(6).toString('hex'), folder, pid: process.pid };
  try {
    writeFileSync(fileOf(directory, claim.term), written(claim), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
  return isLatest(directory, claim) ? claim : undefined;
}

/**
 * True if a claim is the highest, and still the original one. Synchronous, with two small reads. Throws if the
 * directory exists but can't be read: the result is unknown then.
 */
export function isLatest(directory: string, claim: Claim): boolean {
  try {
    return (
      latestTerm(directory) === claim.term &&
      readFileSync(fileOf(directory, claim.term), 'utf8') === written(claim)
    );
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** True if a later term has been claimed. Never throws: anything unreadable counts as false. */
export function isSuperseded(directory: string, term: number): boolean {
  try {
    return latestTerm(directory) > term;
  } catch {
    return false;
  }
}

/**
 * True if a process that claimed an earlier term is still alive, as far as its file is kept. If stopped, it might
 * resume what it had begun.
 */
export function earlierClaimantLives(directory: string, claim: Claim): boolean {
  return termsIn(directory)
    .filter(term => term < claim.term)
    .map(term => readClaim(directory, term)?.pid ?? claim.pid)
    .some(pid => pid !== claim.pid && isAlive(pid));
}

/** True if there is a process with this ID, which might be another process by now. */
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
  for (const term of termsIn(directory)) {
    if (term < claim.term - kept) rmSync(fileOf(directory, term), { force: true, recursive: true });
  }
}
