import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  claimAfter,
  earlierClaimantLives,
  isLatest,
  latestTerm,
  readClaim,
  removeOldClaims,
} from '../../../src/windows/sockets/claims.ts';
import { temporaryDirectory } from '../../windows/surroundings.ts';

describe('claims', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  beforeEach(() => {
    directory = temporaryDirectory();
  });
  afterEach(() => directory.remove());

  const claim = (after: number) =>
    claimAfter(directory.path, after, undefined) ?? assert.fail(`no claim after ${after}`);

  it('are made once per term', () => {
    assert.equal(latestTerm(directory.path), 0);
    const first = claim(0);
    assert.deepEqual([first.term, first.pid], [1, process.pid]);
    assert.equal(claimAfter(directory.path, 0, undefined), undefined);
    assert.equal(latestTerm(directory.path), 1);
    assert.deepEqual(readClaim(directory.path, 1), first);
    const elsewhere = claimAfter(directory.path, 1, '/run/user/1 000/sockets');
    assert.deepEqual(readClaim(directory.path, 2), elsewhere);
  });

  it('end with the next one', () => {
    const first = claim(0);
    assert.equal(isLatest(directory.path, first), true);
    const second = claim(1);
    assert.equal(isLatest(directory.path, first), false);
    assert.equal(isLatest(directory.path, second), true);
  });

  it('tell whether another process that made one before still lives', async () => {
    const claimOf = (term: number, pid: number) =>
      writeFileSync(join(directory.path, `term-${term}`), `${pid} 0123456789ab\n`);
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    claimOf(1, child.pid ?? 0);
    assert.equal(earlierClaimantLives(directory.path, claim(1)), false, 'it has ended');
    assert.equal(earlierClaimantLives(directory.path, claim(2)), false, 'it was this one');
    claimOf(4, process.ppid);
    assert.equal(earlierClaimantLives(directory.path, claim(4)), true);
    writeFileSync(join(directory.path, 'term-4'), 'damaged');
    assert.equal(earlierClaimantLives(directory.path, claim(5)), false, 'nobody knows who that was');
  });

  it('are ordered as numbers', () => {
    writeFileSync(join(directory.path, 'term-9'), '');
    const tenth = claim(9);
    assert.equal(latestTerm(directory.path), 10);
    assert.equal(isLatest(directory.path, tenth), true);
  });

  it('cannot be made by a process that slept while its term was used up and removed', () => {
    claim(0);
    for (let term = 1; term < 20; term++) claim(term);
    removeOldClaims(directory.path, readClaim(directory.path, 20) ?? assert.fail());
    assert.equal(readClaim(directory.path, 2), undefined);
    assert.equal(claimAfter(directory.path, 1, undefined), undefined);
    assert.equal(latestTerm(directory.path), 20);
  });

  it('end when the directory is emptied, even if the same number is claimed again', () => {
    const first = claim(0);
    rmSync(join(directory.path, 'term-1'));
    assert.equal(isLatest(directory.path, first), false);
    const again = claim(0);
    assert.equal(isLatest(directory.path, first), false);
    assert.equal(isLatest(directory.path, again), true);
  });

  it('end when the directory is gone', () => {
    const first = claim(0);
    directory.remove();
    assert.equal(isLatest(directory.path, first), false);
  });

  it('are not known, rather than lost, when the directory cannot be read', () => {
    const first = claim(0);
    directory.remove();
    writeFileSync(directory.path, 'a file');
    assert.throws(() => isLatest(directory.path, first), { code: 'ENOTDIR' });
  });

  it('that are not completely written are nobody', () => {
    for (const content of [
      '',
      '12',
      '12 0123456789ab',
      '12 0123456789ab ',
      '12 0123456789ab /run',
      '12 0123456789abc\n',
      'x 0123456789ab\n',
      '\0'.repeat(99),
    ]) {
      writeFileSync(join(directory.path, 'term-1'), content);
      assert.equal(readClaim(directory.path, 1), undefined, JSON.stringify(content));
    }
    assert.equal(readClaim(directory.path, 2), undefined);
    mkdirSync(join(directory.path, 'term-3'));
    assert.equal(readClaim(directory.path, 3), undefined);
    assert.equal(claim(3).term, 4);
  });

  it('do not run out unnoticed', () => {
    writeFileSync(join(directory.path, 'term-999999999999999'), '');
    assert.equal(latestTerm(directory.path), 999_999_999_999_999);
    assert.throws(() => claimAfter(directory.path, 999_999_999_999_999, undefined), /No term is left/);
  });

  it('keep the files of those just before, and nothing that is not a claim is touched', () => {
    const others = ['term-', 'term-0', 'term-01', 'term-1x', 'term-1234567890123456', 'key'];
    for (const name of others) writeFileSync(join(directory.path, name), '');
    assert.equal(latestTerm(directory.path), 0);
    for (let term = 0; term < 12; term++) claim(term);
    removeOldClaims(directory.path, readClaim(directory.path, 12) ?? assert.fail());
    const left = [4, 5, 6, 7, 8, 9, 10, 11, 12].map(term => `term-${term}`);
    assert.deepEqual(readdirSync(directory.path).sort(), [...left, ...others].sort());
  });
});
