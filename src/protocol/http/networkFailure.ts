import { l10n } from '../../platform/shown.ts';
import { Failure } from '../failures/failure.ts';

/** @param sent false: nothing can have reached the server. */
export const unreachable = ({ host }: URL, reason: string, sent: boolean): Failure =>
  new Failure('unreachable', { host, reason }, { sent });

/**
 * Explains why a request failed, from the error's code only: its text can contain URLs and parameters. The exception
 * is a proxy that opens no tunnel (RFC 9110 section 9.3.6), because its status is only in the text.
 */
export function networkFailure(error: unknown, url: URL): Failure {
  if (error instanceof Failure) return error;
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const refused = /^Proxy response \((\d{3})\)/.exec(at.message)?.[1];
    if (refused !== undefined)
      return new Failure('proxy-refused', { host: url.host, status: refused }, { sent: false });
    const code = 'code' in at ? at.code : undefined;
    if (typeof code !== 'string') continue;
    const neverSent = noConnection(code);
    if (code === 'ANSWER_WITHHELD') return new Failure('answer-withheld', { host: url.host });
    if (neverSent !== undefined) return unreachable(url, neverSent, false);
    const objection = objectionToCertificate(code);
    if (objection !== undefined) {
      return new Failure('certificate-refused', { host: url.host, reason: objection });
    }
    const broken = brokenConnection(code);
    if (broken !== undefined) return unreachable(url, broken, true);
    if (untrustedCertificate.test(code)) {
      return new Failure('server-untrusted', { host: url.host, reason: code }, { sent: true });
    }
    if (/^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return unreachable(url, code, true);
  }
  return unreachable(url, l10n.t('network error'), true);
}

/** Begins the codes by which a server's certificate is turned down. */
const untrustedCertificate = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/;

/** What a code says after which nothing can have been sent: there was no connection. */
function noConnection(code: string): string | undefined {
  switch (code) {
    case 'ENOTFOUND':
      return l10n.t('the host name is unknown');
    case 'EAI_AGAIN':
      return l10n.t('the host name lookup failed');
    case 'ECONNREFUSED':
      return l10n.t('the connection was refused');
    case 'EHOSTUNREACH':
      return l10n.t('there is no route to the host');
    case 'ENETUNREACH':
      return l10n.t('there is no network');
    case 'UND_ERR_CONNECT_TIMEOUT':
      return l10n.t('the connection timed out');
    default:
      return undefined;
  }
}

/**
 * What a server says of the client's certificate while the connection is made (RFC 8446 section 6.2, RFC 5246 section
 * 7.2.2), from the library's name of its alert.
 */
function objectionToCertificate(code: string): string | undefined {
  if (!code.startsWith('ERR_SSL_') || !/ALERT|TLSV1/.test(code)) return undefined;
  const said = /_(CERTIFICATE_[A-Z]+|[A-Z]+_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)$/.exec(code)?.[1];
  if (said === undefined) return undefined;
  switch (said) {
    case 'CERTIFICATE_REQUIRED':
      return l10n.t('it requires one, and none was sent');
    case 'UNKNOWN_CA':
      return l10n.t('it doesn’t trust the certificate’s issuer');
    case 'CERTIFICATE_EXPIRED':
      return l10n.t('it has expired');
    case 'CERTIFICATE_REVOKED':
      return l10n.t('it was revoked');
    default:
      return said;
  }
}

function brokenConnection(code: string): string | undefined {
  if (code === 'ETIMEDOUT') return l10n.t('the connection was lost');
  if (code === 'OFFLINE') return l10n.t('the browser reports no network connection');
  if (code === 'NO_READABLE_ANSWER') {
    return l10n.t(
      'either the host is unreachable, or it doesn’t allow this editor to read its responses (CORS)',
    );
  }
  if (code === 'CLOSED_ON_CERTIFICATE') {
    return l10n.t(
      'the connection was interrupted, possibly because the server rejected the client certificate',
    );
  }
  const interrupted = ['ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE'].includes(code);
  return interrupted ? l10n.t('the connection was interrupted') : undefined;
}
