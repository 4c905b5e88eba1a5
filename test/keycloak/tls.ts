import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanAtExit } from '../editor/process/leftovers.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../servers/certificates.ts';
import { loopback } from '../servers/listening.ts';

/** What Keycloak's https port needs: it asks each client for a certificate, and takes none as well. */
export interface KeycloakTls {
  /** Has issued the server's certificate, and is trusted to issue those of clients. */
  readonly authority: CertificateAuthority;
  /** Options of Keycloak's command line. */
  readonly options: readonly string[];
  /** Removes the files that the options name. */
  remove(): Promise<void>;
}

/** Writes the certificates of a server of this name to files of this user. */
export async function prepareTls(host: string, port: number): Promise<KeycloakTls> {
  const authority = await createCertificateAuthority('Keycloak Test Authority');
  const own = await authority.issue('keycloak', { hosts: [...new Set([loopback, host])] });
  const folder = await mkdtemp(join(tmpdir(), 'keycloak-tls-'));
  const forget = cleanAtExit(() => rmSync(folder, { recursive: true, force: true }));
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    authority,
    options: [
      `--https-port=${port}`,
      `--https-certificate-file=${await write('own.pem', own.certificate)}`,
      `--https-certificate-key-file=${await write('key.pem', own.privateKey)}`,
      `--truststore-paths=${await write('authority.pem', authority.certificate)}`,
      '--https-client-auth=request',
    ],
    async remove() {
      await rm(folder, { recursive: true, force: true });
      forget();
    },
  };
}
