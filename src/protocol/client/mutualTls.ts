import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { l10n } from '../../platform/shown.ts';
import { secret } from '../../platform/secret.ts';
import { CertificateProblem, type ClientCertificate, type MutualTls } from '../http/clientCertificate.ts';
import { Failure } from '../failures/failure.ts';

/** Node's TLS, with which the editor shows a client certificate. Loaded when a client has one. */
export const mutualTls: MutualTls = { read, publicKeys, fetch: fetchWith };

/** The longest text that is read, in characters. A chain of certificates has some thousand. */
const longestText = 256 * 1024;

interface PemBlock {
  readonly kind: string;
  readonly text: string;
}

/** Extracts the blocks of a PEM. A single-line input replaces line breaks by spaces, so this restores them. */
function pemBlocks(text: string): PemBlock[] {
  const parts = text.split('-----');
  return parts.flatMap((part, at) => {
    const kind = /^BEGIN ([A-Z0-9 ]+)$/.exec(part)?.[1];
    if (kind === undefined || parts[at + 2] !== part.replace('BEGIN', 'END')) return [];
    const body = parts[at + 1]?.replace(/\s+/g, '') ?? '';
    const lines = (body.match(/.{1,64}/g) ?? []).join('\n');
    return { kind, text: `-----BEGIN ${kind}-----\n${lines}\n-----END ${kind}-----\n` };
  });
}

function read(text: string): ClientCertificate {
  if (text.length > longestText) throw new CertificateProblem(l10n.t('This is too long for a certificate.'));
  // The headers of an older form of encrypted keys, which would be lost with the line breaks.
  const isEncrypted =
    text.includes('-----BEGIN ENCRYPTED PRIVATE KEY') || /Proc-Type: *4, *ENCRYPTED/.test(text);
  if (isEncrypted) {
    throw new CertificateProblem(l10n.t('The private key is encrypted. Decrypt it with “openssl pkey”.'));
  }
  const blocks = pemBlocks(text);
  const keys = blocks.filter(({ kind }) => kind.endsWith('PRIVATE KEY'));
  const certificates = blocks.filter(({ kind }) => kind === 'CERTIFICATE').map(asCertificate);
  if (certificates.length === 0) {
    throw new CertificateProblem(
      l10n.t(
        'The input doesn’t contain a PEM with “BEGIN CERTIFICATE”. To convert a .p12 or .pfx file, use “openssl pkcs12 -nodes”.',
      ),
    );
  }
  const [pem, ...more] = keys;
  if (!pem) throw new CertificateProblem(l10n.t('The input doesn’t contain a PEM with “BEGIN PRIVATE KEY”.'));
  if (more.length > 0) throw new CertificateProblem(l10n.t('Enter exactly one private key.'));
  const key = asKey(pem);
  const own = certificates.find(certificate => certificate.checkPrivateKey(key));
  if (!own) throw new CertificateProblem(l10n.t('The private key doesn’t match the certificate.'));
  const chain = [own, ...certificates.filter(certificate => certificate !== own)];
  return {
    certificates: chain.map(certificate => certificate.toString()).join(''),
    privateKey: secret(key.export({ type: 'pkcs8', format: 'pem' }).toString()),
  };
}

function asCertificate({ text }: PemBlock): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new CertificateProblem(l10n.t('The certificate is damaged.'));
  }
}

function asKey({ text }: PemBlock): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw new CertificateProblem(l10n.t('The private key is damaged, or its type isn’t supported.'));
  }
}

const chainOf = ({ certificates }: ClientCertificate): X509Certificate[] =>
  pemBlocks(certificates).map(({ text }) => new X509Certificate(text));

function publicKeys(certificate: ClientCertificate): { readonly keys: readonly object[] } {
  const chain = chainOf(certificate);
  const x5c = chain.map(({ raw }) => raw.toString('base64'));
  return {
    keys: chain.slice(0, 1).map(({ publicKey, raw }) => ({
      ...publicKey.export({ format: 'jwk' }),
      'x5t#S256': createHash('sha256').update(raw).digest('base64url'),
      x5c,
    })),
  };
}

/** @throws Failure `certificate-unusable` for one that no server would accept now. */
function checkTime(certificate: ClientCertificate, host: string, now: number): void {
  const [own] = chainOf(certificate);
  const unusable = (reason: string): Failure => new Failure('certificate-unusable', { host, reason });
  if (!own) throw unusable(l10n.t('it is damaged'));
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const [from, until] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  if (until < now) throw unusable(l10n.t('it expired on {0}', day(until)));
  if (from > now) throw unusable(l10n.t('it isn’t valid until {0}', day(from)));
}

/**
 * Sends a client certificate through `node:https`, because the platform's `fetch` doesn't support one. The editor
 * applies its proxy and certificates there too.
 */
function fetchWith(certificate: ClientCertificate, clock: { now(): number }): typeof globalThis.fetch {
  return async (input, init) => {
    const asked = new Request(input, init);
    const url = new URL(asked.url);
    if (url.protocol !== 'https:') {
      const reason = l10n.t('it can only be sent over https');
      throw new Failure('certificate-unusable', { host: url.host, reason });
    }
    checkTime(certificate, url.host, clock.now());
    const { certificates: cert, privateKey: key } = certificate;
    const { nodeFetch } = await import('./nodeFetch.ts');
    return nodeFetch(httpsRequest, url, asked, { cert, key: key.reveal() }).catch((error: unknown) => {
      throw withoutAnswer(error as NodeJS.ErrnoException);
    });
  };
}

/** Servers that reject a certificate often end the connection without a message. */
const withoutAnswer = (error: NodeJS.ErrnoException): Error =>
  error.code === 'ECONNRESET' || error.code === 'EPIPE'
    ? Object.assign(new Error('The connection ended without an answer.'), { code: 'CLOSED_ON_CERTIFICATE' })
    : error;
