/**
 * `npm run test:audit`: fails for an advisory of level high or above about a package that we ship, unless SECURITY.md
 * explains it. Where the registry has no advisories it says so, and checks nothing.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npmCommand } from '../../editor/install/npm.ts';
import { readAudit, unexplained } from './advisories.ts';
import { notChecked } from '../count.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const explanations = /^## Known advisories$([^]*?)(?=^## |$(?![^]))/m;

const { command, args, shell } = npmCommand();
// It ends with an error for what it has found, too: only what it prints counts.
const { stdout } = spawnSync(command, [...args, 'audit', '--omit=dev', '--json'], {
  cwd: repository,
  shell,
  encoding: 'utf8',
  timeout: 120_000,
});
const report = readAudit(stdout);
if (report.kind === 'unknown') {
  console.log(`${notChecked}: ${report.why}.`);
} else {
  const security = await readFile(join(repository, 'SECURITY.md'), 'utf8');
  const explained = explanations.exec(security)?.[1] ?? '';
  for (const { id, packageName, severity, title } of report.advisories) {
    console.log(`${severity.padEnd(10)}${packageName}  ${id}  ${title}`);
  }
  const left = unexplained(report.advisories, explained);
  for (const { id, packageName } of left) {
    console.error(
      `${packageName}: ${id} is neither mended nor explained under "Known advisories" in SECURITY.md.`,
    );
  }
  console.log(`${report.advisories.length} advisories about what is shipped, ${left.length} to be mended.`);
  process.exitCode = left.length > 0 ? 1 : 0;
}
