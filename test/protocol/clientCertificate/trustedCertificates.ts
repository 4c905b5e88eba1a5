import assert from 'node:assert/strict';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { ClientCertificate } from '../../../src/protocol/http/clientCertificate.ts';
import { Failure, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import { mutualTls } from '../../../src/protocol/client/mutualTls.ts';
import type { ClientCredential } from '../../../src/signIn/client/clientSecrets.ts';
import {
  createCertificateAuthority,
  selfSignedCertificate,
  type CertificateAuthority,
  type TestCertificate,
} from '../../servers/certificates.ts';
import { loopback } from '../../servers/listening.ts';

export interface MadeCertificates {
  /** Trusted by this process while the tests run. */
  authority: CertificateAuthority;
  stranger: CertificateAuthority;
  /** The server's. */
  own: TestCertificate;
  /** A client's, by the authority. */
  robot: TestCertificate;
  /** A client's, by itself. */
  alone: TestCertificate;
}

/** Certificates for the tests of a suite; they are there when its first test begins. */
export function trustedCertificates(): MadeCertificates {
  const defaults = getCACertificates('default');
  const made = {} as MadeCertificates;
  before(async () => {
    made.authority = await createCertificateAuthority('Test Authority');
    made.stranger = await createCertificateAuthority('Stranger');
    setDefaultCACertificates([...defaults, made.authority.certificate]);
    made.own = await made.authority.issue('server', { hosts: [loopback] });
    made.robot = await made.authority.issue('robot');
    made.alone = await selfSignedCertificate('alone');
  });
  after(() => setDefaultCACertificates(defaults));
  return made;
}

export const entered = ({ certificate, privateKey }: TestCertificate): ClientCertificate =>
  mutualTls.read(`${certificate}${privateKey}`);

export const failsWith = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

export const credential = (certificate: TestCertificate): ClientCredential => ({
  kind: 'certificate',
  certificate: entered(certificate),
});
