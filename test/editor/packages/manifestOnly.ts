import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from './packageFolder.ts';

const source = join(import.meta.dirname, '..', '..', 'manifestOnly');

interface Manifest {
  publisher: string;
  version: string;
  contributes: { oidcProviders: Record<string, unknown> };
}

/**
 * Packages the extension in `test/manifestOnly`, which brings a provider without code.
 *
 * @param providers by id: what it brings in the place of its own.
 * @param publisher by default its own; another one makes another extension of it.
 * @param version by default its own; a higher one replaces what is installed.
 * @returns the path of the VSIX.
 */
export async function packageManifestOnly(
  providers: Readonly<Record<string, unknown>>,
  publisher?: string,
  version?: string,
): Promise<string> {
  const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as Manifest;
  manifest.contributes.oidcProviders = { ...providers };
  manifest.publisher = publisher ?? manifest.publisher;
  manifest.version = version ?? manifest.version;
  // Tests that run side by side would package it over one another.
  return packageFolder(`${manifest.publisher}.manifest-only-${process.pid}`, async folder => {
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
    await copyFile(join(source, 'README.md'), join(folder, 'README.md'));
  });
}

/** Packages the extension in `test/manifestOnly/policy` as it is: it allows certain issuers, without code. */
export const packagePolicy = (): Promise<string> =>
  packageFolder('example-acme.acme-sign-in-policy', async folder => {
    for (const name of ['package.json', 'README.md'])
      await copyFile(join(source, 'policy', name), join(folder, name));
  });
