import { readdir, readFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import type { Check } from '../../src/protocol/failures/check.ts';
import { checks } from '../../src/protocol/failures/checks.ts';

const documentFile = new URL('../../docs/checks.md', import.meta.url);

const introduction = `# What is checked

<!-- Written by \`npm run generate\` from src/protocol/failures. Change it there. -->

Every check of every response of a provider, and the result if the check fails. The log and the diagnosis show its name.

- **safety**: never loosened.
- **form**: read for its meaning if it has only one. The difference is logged once, and the diagnosis lists it.
- **asking**: the provider doesn't support what the extension requested on its own initiative, so it requests less.
- **ending**: only the provider itself can end a sign-in, in an OAuth error.
- **keeping**: nothing is lost.
`;

/** docs/checks.md as it is and as it follows from the code. */
export async function generatedChecks(): Promise<{ file: URL; current: string; generated: string }> {
  const current = await readFile(documentFile, 'utf8').catch(() => '');
  const rows = Object.entries(checks).map(
    ([id, { kind, of, holds, otherwise }]: [string, Check]) =>
      `| \`${id}\` | ${kind} | ${of} | ${holds} | ${otherwise} |`,
  );
  const head = ['| check | class | applies to | condition | otherwise |', '|---|---|---|---|---|'];
  const options = { ...(await prettier.resolveConfig(documentFile)), parser: 'markdown' };
  const generated = await prettier.format(`${introduction}\n${[...head, ...rows].join('\n')}\n`, options);
  return { file: documentFile, current, generated };
}

const root = new URL('../../src/protocol/', import.meta.url);

/** What is read from a person, and not from a server. */
const ofPersons = /^(failures\/|client\/(keys\/clientKey|mutualTls)\.ts$)/;

/** The reasons and the codes of failures that the code of the protocol refuses answers with, each with its file. */
export async function refusals(): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(root, { recursive: true })).map(file => file.replaceAll('\\', '/'));
  const found = new Map<string, string>();
  for (const file of files.filter(name => name.endsWith('.ts') && !ofPersons.test(name))) {
    const source = await readFile(new URL(file, root), 'utf8');
    for (const [, , text = ''] of source.matchAll(/l10n\.t\(\s*(['"])((?:(?!\1)[^\\]|\\.)*)\1/g))
      found.set(text.replaceAll("\\'", "'"), file);
    for (const [, code = ''] of source.matchAll(/new (?:Start)?Failure\(\s*'([\w-]+)'/g))
      found.set(code, file);
  }
  return found;
}

/** All that the extension consists of, to look for names in. */
export async function sources(): Promise<string> {
  const folder = new URL('../../src/', import.meta.url);
  const files = (await readdir(folder, { recursive: true })).filter(
    file => file.endsWith('.ts') && !/Checks\.ts$|failures.checks\.ts$/.test(file),
  );
  return (await Promise.all(files.map(file => readFile(new URL(file, folder), 'utf8')))).join('\n');
}
