import { readFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { failures } from '../../src/protocol/failures/failure.ts';
import { helpButtons, type FailureText } from '../../src/protocol/failures/text.ts';

const documentFile = new URL('../../docs/errors.md', import.meta.url);

const introduction = `# What can go wrong

<!-- Written by \`npm run generate\` from src/protocol/failures. Change it there. -->

Every failure of a sign-in, a refresh or a sign-out is one of these. Each message says what happened and what you can
do. \`…\` replaces a detail such as the host. A server's own text is quoted and shortened, without control characters and
links. The log shows the code. The button is the first one of the message.

**Passing** means that the same request can succeed later: an existing sign-in is kept and retried automatically.
**Final** means that it can't, until you or an administrator act.
`;

/** docs/errors.md as it is and as it follows from the code. */
export async function generatedErrors(): Promise<{ file: URL; current: string; generated: string }> {
  const current = await readFile(documentFile, 'utf8').catch(() => '');
  const sections = Object.entries(failures)
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([code, text]) => section(code, text));
  const options: prettier.Options = {
    ...(await prettier.resolveConfig(documentFile)),
    parser: 'markdown',
    proseWrap: 'always',
  };
  const generated = await prettier.format(`${introduction}\n${sections.join('\n')}`, options);
  return { file: documentFile, current, generated };
}

function section(code: string, { passing, what, next, button }: FailureText): string {
  const label = helpButtons[button];
  const kind = passing ? 'Passing' : 'Final';
  const [happened, help] = [what, next].map(withoutDetails);
  return `## \`${code}\`

${happened} ${help}

${kind}.${label ? ` The button is **${withoutDetails(label)}**.` : ''}
`;
}

const withoutDetails = (text: string): string => text.replace(/ ?\{said\}/g, '').replace(/\{\w+\}/g, '…');
