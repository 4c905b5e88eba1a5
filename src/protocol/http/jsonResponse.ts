import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { Failure } from '../failures/failure.ts';
import { parseServerJson } from './json.ts';

/**
 * Reads a successful answer that is a JSON object with these members.
 *
 * @throws Failure `intercepted` if a page came instead, `response-invalid` if it is anything else.
 */
export async function jsonAnswer<Schema extends v.GenericSchema>(
  response: Response,
  host: string,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await response.text();
  if (/^\s*</.test(text)) throw new Failure('intercepted', { host, status: response.status });
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  const json = parseServerJson(text);
  if (json.kind === 'text') throw invalid(l10n.t('it is not JSON'));
  if (json.kind === 'refused') throw invalid(l10n.t('it {0}', json.reason));
  const parsed = v.safeParse(schema, json.value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw invalid(
    path === null ? l10n.t('it is not a JSON object') : l10n.t('"{0}" is missing or of the wrong type', path),
  );
}
