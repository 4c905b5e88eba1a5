import { readFile } from 'node:fs/promises';
import type { GeneratedFile } from '../providerDocuments.ts';
import { ourManifest } from './packing.ts';

const documentFile = new URL('../../../docs/extension-authors.md', import.meta.url);

/** docs/extension-authors.md with the names that the two packages of this version have. */
export async function generatedGuide(): Promise<GeneratedFile> {
  const { version } = await ourManifest();
  const current = await readFile(documentFile, 'utf8');
  const tarball = /(oidc-authentication-client|oidc-test-provider)-\d+\.\d+\.\d+\.tgz/g;
  return { file: documentFile, current, generated: current.replaceAll(tarball, `$1-${version}.tgz`) };
}
