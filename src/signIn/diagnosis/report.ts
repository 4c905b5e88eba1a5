import { l10n } from '../../platform/shown.ts';
import { Failure } from '../../protocol/failures/failure.ts';

export interface Finding {
  readonly verdict: 'pass' | 'warn' | 'fail' | 'info';
  /** What was looked at: "Reachability". */
  readonly what: string;
  /** What was found, as a sentence or a list. */
  readonly found: string;
  /** What to do about it, and where. */
  readonly next?: string | undefined;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** A section of findings. Leaves out those without a statement. */
export const section = (title: string, findings: readonly (Finding | undefined)[]): Section => ({
  title,
  findings: findings.filter(finding => finding !== undefined),
});

const finding =
  (verdict: Finding['verdict']) =>
  (what: string, found: string, next?: string): Finding => ({ verdict, what, found, next });

export const pass = finding('pass');
export const info = finding('info');
export const warn = finding('warn');
export const fail = finding('fail');

/** A failure brings its own words for what to do. */
export const failed = (what: string, error: unknown): Finding =>
  fail(
    what,
    error instanceof Failure ? error.message : l10n.t('Something went wrong. See the log for details.'),
  );

/** Words, and not symbols: the editor marks those as suspicious, and not every font has them. */
const words = (): Readonly<Record<Finding['verdict'], string>> => ({
  pass: l10n.t('pass'),
  warn: `**${l10n.t('warn')}**`,
  fail: `**${l10n.t('fail')}**`,
  info: l10n.t('info'),
});

/** The diagnosis as Markdown, to be read as it stands and to be put into a bug report. */
export function diagnosisDocument(
  provider: string,
  head: Readonly<Record<string, string>>,
  sections: readonly Section[],
): string {
  const all = sections.flatMap(({ findings }) => findings);
  const found = (verdict: Finding['verdict']): string[] =>
    all.filter(finding => finding.verdict === verdict).map(({ what }) => inLine(what));
  const [failures, warnings] = [found('fail').join(', '), found('warn').join(', ')];
  const word = words();
  const lines = [
    `# ${l10n.t('Diagnosis of {0}', inLine(provider))}`,
    '',
    l10n.t(
      'Failed: {0}. Warnings: {1}. Passed: {2}. This report contains no secrets.',
      found('fail').length,
      found('warn').length,
      found('pass').length,
    ),
    '',
    ...(failures === '' ? [] : [`- ${l10n.t('Failed: {0}', failures)}`]),
    ...(warnings === '' ? [] : [`- ${l10n.t('Warnings: {0}', warnings)}`]),
    ...Object.entries(head).map(([name, value]) => `- ${name}: ${inLine(value)}`),
  ];
  for (const { title, findings } of sections) {
    lines.push('', `## ${title}`, '');
    for (const { verdict, what, found, next } of findings) {
      const text = next === undefined ? found : `${found.replace(/([^.])$/, '$1.')} **${next}**`;
      lines.push(`- ${word[verdict]} ${inLine(what)}: ${inLine(text)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/**
 * What a server wrote can neither begin a line nor become a link or HTML. Within a word an underscore means nothing, and
 * stays as it is: a list of scopes is read more often as it stands than rendered.
 */
const inLine = (text: string): string =>
  text.replace(/[\\`[\]<>]|\b_\B|\B_\b/g, character => `\\${character}`).replace(/\s+/g, ' ');
