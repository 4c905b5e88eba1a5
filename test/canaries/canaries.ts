import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formsOf } from './forms.ts';

/** Secret values of a run, each with what it is: `code`, `access token`, … */
export type Secrets = ReadonlyMap<string, string>;

/** A text that must hold no secret: lines of a log, a message, the standard output of a process. */
export interface ScannedText {
  readonly where: string;
  readonly text: string | Buffer;
}

/** A secret that was found where it must not be. The value itself is not repeated. */
export interface Find {
  /** What the secret is. */
  readonly what: string;
  /** How it was spelled there: `plain`, `first half, base64`, … */
  readonly form: string;
  readonly where: string;
  /** In bytes from the start of the text or file. */
  readonly offset: number;
}

/** Finds every secret that occurs in the texts, in any spelling of {@link formsOf}; each once per text. */
export function findSecrets(secrets: Secrets, texts: Iterable<ScannedText>): Find[] {
  const wanted = [...secrets].map(([value, what]) => ({ what, forms: formsOf(value) }));
  const found: Find[] = [];
  for (const { where, text } of texts) {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    for (const { what, forms } of wanted) {
      const find = firstOf(bytes, forms);
      if (find) found.push({ what, where, ...find });
    }
  }
  return found;
}

function firstOf(bytes: Buffer, forms: ReturnType<typeof formsOf>): Omit<Find, 'what' | 'where'> | undefined {
  for (const { name, text } of forms) {
    for (const encoding of ['utf8', 'utf16le'] as const) {
      const offset = bytes.indexOf(Buffer.from(text, encoding));
      if (offset >= 0) return { form: encoding === 'utf8' ? name : `${name}, UTF-16`, offset };
    }
  }
  return undefined;
}

/**
 * Scans every file below the folders. Files that are compressed or encrypted keep what they hold to
 * themselves.
 *
 * @param isAllowed tells which files may hold secrets: those of the editor's secret storage.
 * @throws Error if nothing was scanned: a scan of the wrong folder finds nothing either.
 */
export async function findSecretsInFolders(
  secrets: Secrets,
  folders: readonly string[],
  isAllowed: (path: string) => boolean = () => false,
): Promise<{ readonly files: number; readonly found: readonly Find[] }> {
  const found: Find[] = [];
  let files = 0;
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || isAllowed(path)) continue;
      files++;
      found.push(...findSecrets(secrets, [{ where: path, text: await readFile(path) }]));
    }
  }
  if (files === 0) throw new Error(`There is no file to scan in ${folders.join(', ')}`);
  return { files, found };
}

/** What was found as one readable line each, or an empty text. */
export const describeFinds = (found: readonly Find[]): string =>
  found.map(({ what, form, where, offset }) => `${what} (${form}) in ${where} at ${offset}`).join('\n');
