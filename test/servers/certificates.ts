// The next one asks for it.
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';

/** A certificate with its private key, both PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface CertificateOptions {
  /** In days from now; negative: in the past. */
  readonly from?: number;
  readonly until?: number;
  /** IPv4 addresses and names that a server's certificate is for. */
  readonly hosts?: readonly string[];
}

/** Somebody who issues certificates. */
export interface CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly certificate: string;
  issue(name: string, options?: CertificateOptions): Promise<TestCertificate>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const newKeys = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);

async function pemOf({ privateKey }: CryptoKeyPair, certificate: X509Certificate): Promise<TestCertificate> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
  const lines = der.replace(/(.{64})(?=.)/g, '$1\n');
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
  };
}

export async function createCertificateAuthority(name: string): Promise<CertificateAuthority> {
  const keys = await newKeys();
  const subject = `CN=${name}`;
  const own = await X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
    notBefore: inDays(-30),
    notAfter: inDays(30),
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  });
  return {
    certificate: `${own.toString('pem')}\n`,
    async issue(commonName, { from = -1, until = 1, hosts = [`${commonName}.example.com`] } = {}) {
      const theirs = await newKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: subject,
        publicKey: theirs.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        notBefore: inDays(from),
        notAfter: inDays(until),
        extensions: [
          new SubjectAlternativeNameExtension(
            hosts.map(value => ({
              type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const),
              value,
            })),
          ),
        ],
      });
      return pemOf(theirs, certificate);
    },
  };
}

/** A certificate that nobody but its owner vouches for. */
export async function selfSignedCertificate(name: string): Promise<TestCertificate> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: inDays(-1),
    notAfter: inDays(1),
  });
  return pemOf(keys, certificate);
}
