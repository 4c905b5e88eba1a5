import { l10n } from '../../platform/shown.ts';
import { type KnownFailure, StartFailure } from '../failures/knownFailure.ts';
import { quoteServerText } from './serverText.ts';

/** The name of a host as `URL.hostname` gives it, without dots at its end. */
export function bareHost(hostname: string): string {
  let end = hostname.length;
  while (hostname.charAt(end - 1) === '.') end--;
  return hostname.slice(0, end).toLowerCase();
}

/**
 * True for a host that always is this computer: 127.0.0.0/8, ::1, and `localhost` names (RFC 6761 section 6.3).
 */
export function isLoopbackHost(hostname: string): boolean {
  const host = bareHost(hostname);
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
  );
}

/**
 * The URL by which plain http is sent to this computer. Of all its names, the editor keeps only `localhost`, 127.0.0.1
 * and ::1 off its proxy (`http.proxy`, or an environment variable), which reads plain http. Undefined for a host that
 * can't be reached without the proxy.
 */
export function withoutProxy(url: URL): URL | undefined {
  const host = bareHost(url.hostname);
  if (host === '127.0.0.1' || host === '[::1]') return url;
  if (host !== 'localhost' && !host.endsWith('.localhost')) return undefined;
  const direct = new URL(url);
  direct.hostname = 'localhost';
  return direct;
}

export interface AddressPolicy {
  /** Plain http is allowed only to this computer. From the provider's setting `allowLoopbackHttp`. */
  readonly allowLoopbackHttp: boolean;
  /** `unverified`: the user agreed to servers whose certificate isn't verified (client/verification.ts). */
  readonly certificates?: 'unverified' | undefined;
  /** The time limit for a response, in seconds. If undefined, see {@link answerTimeout}. */
  readonly requestTimeout?: number | undefined;
}

/**
 * The time limit for a response, in seconds, from the request to the last byte of its body. Code that waits for the
 * result of a request waits a multiple of it (sessions/grant/fate.ts), so it is bounded, and this is the only place
 * that defines it.
 */
export const answerTimeout = { usual: 15, least: 5, most: 60 } as const;

/** Where a URL comes from, and so where to correct it. */
const codes = {
  typed: 'entry-invalid',
  provider: 'named-address-invalid',
} as const;

/**
 * Checks a URL of a provider before a request is sent to it or it opens in a browser.
 *
 * @throws Failure `entry-invalid` or `named-address-invalid`, depending on its source, if it isn't
 * an absolute http(s) URL, or contains user information or a fragment. `address-insecure` if it is plain http, except
 * to this computer where allowed.
 */
export function checkAddress(
  address: string,
  policy: AddressPolicy,
  origin: keyof typeof codes = 'provider',
): URL {
  // The part before an @ might be a password, even if the rest isn't a URL.
  const shown = (): string => (address.includes('@') ? '“…”' : (quoteServerText(address) ?? '“”'));
  const url = URL.parse(address);
  const invalid = (reason: string): KnownFailure =>
    new StartFailure(codes[origin], { address: shown(), reason });
  if (!url) throw invalid(l10n.t('it isn’t a complete URL'));
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(l10n.t('it doesn’t start with https://'));
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(l10n.t('it contains a user name or password'));
  }
  if (url.hash !== '' || address.includes('#')) {
    throw invalid(l10n.t('it has a fragment (#…)'));
  }
  if (url.protocol === 'http:' && !(policy.allowLoopbackHttp && withoutProxy(url))) {
    throw new StartFailure('address-insecure', { address: shown() });
  }
  return url;
}
