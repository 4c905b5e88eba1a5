import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateAuthority } from '../servers/certificates.ts';
import { temporaryFolder } from './process/temporaryFolder.ts';

/** What makes an editor trust the certificates of an authority. */
export interface TrustedAuthority {
  readonly env: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  remove(): Promise<void>;
}

/**
 * Node trusts what this variable names, and the editor goes by Node where it does not bring the authorities of the
 * operating system itself.
 */
export async function trusting({ certificate }: CertificateAuthority): Promise<TrustedAuthority> {
  const folder = await temporaryFolder('authority');
  const file = join(folder.path, 'authority.pem');
  await writeFile(file, certificate);
  return {
    env: { NODE_EXTRA_CA_CERTS: file },
    settings: { 'http.systemCertificates': false },
    remove: () => folder.remove(),
  };
}
