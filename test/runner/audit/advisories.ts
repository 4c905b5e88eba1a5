/** An advisory about a package that we ship, as `npm audit --json` tells it. */
export interface Advisory {
  readonly id: string;
  readonly packageName: string;
  readonly severity: string;
  readonly title: string;
}

export type AuditReport =
  | { readonly kind: 'checked'; readonly advisories: readonly Advisory[] }
  /** Nothing is known: the registry has no advisories, or cannot be reached. */
  | { readonly kind: 'unknown'; readonly why: string };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value : otherwise;

/** Reads what `npm audit --json` has printed. Only a report in the form that we know counts as one. */
export function readAudit(printed: string): AuditReport {
  let report: unknown;
  try {
    report = JSON.parse(printed);
  } catch {
    return { kind: 'unknown', why: 'npm gave no report' };
  }
  if (!isObject(report)) return { kind: 'unknown', why: 'npm gave no report' };
  const { auditReportVersion, vulnerabilities, statusCode } = report;
  if (auditReportVersion !== 2 || !isObject(vulnerabilities)) {
    const status = typeof statusCode === 'number' ? ` (status ${statusCode})` : '';
    return { kind: 'unknown', why: `the registry gives no advisories${status}` };
  }
  const advisories = new Map<string, Advisory>();
  for (const entry of Object.values(vulnerabilities)) {
    const causes = isObject(entry) && Array.isArray(entry['via']) ? entry['via'] : [];
    // A name in place of an advisory is that of another entry.
    for (const cause of causes.filter(isObject)) {
      const { url, name, severity, title } = cause;
      const id = /GHSA(-\w{4}){3}/.exec(textOf(url, ''))?.[0] ?? textOf(url, 'an advisory without an id');
      const advisory = {
        id,
        packageName: textOf(name, 'unknown'),
        severity: textOf(severity, 'unknown'),
        title: textOf(title, ''),
      };
      advisories.set(`${id} ${advisory.packageName}`, advisory);
    }
  }
  return { kind: 'checked', advisories: [...advisories.values()] };
}

/** The severities that must be mended or explained; one that we do not know is among them. */
const isGrave = ({ severity }: Advisory): boolean => !['info', 'low', 'moderate'].includes(severity);

/** @param explained a text that names the advisories that do not concern us, and says why. */
export const unexplained = (advisories: readonly Advisory[], explained: string): readonly Advisory[] =>
  advisories.filter(advisory => isGrave(advisory) && !explained.includes(advisory.id));
