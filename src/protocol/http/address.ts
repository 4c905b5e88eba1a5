import { l10n } from '../../platform/shown.ts';
import { Failure } from '../failures/failure.ts';
import { bareHost, isForbiddenHost, isLoopbackHost, isThisComputer } from './internalHost.ts';
import { quoteServerText } from './serverText.ts';

export interface AddressPolicy {
  /** Plain http is allowed only to this computer. From the provider's setting `allowLoopbackHttp`. */
  readonly allowLoopbackHttp: boolean;
  /** The time limit for a response, in seconds. If undefined, see `answerTimeout`. */
  readonly requestTimeout?: number | undefined;
}

/** Where a URL comes from, and so where to correct it. */
const codes = {
  settings: 'address-invalid',
  typed: 'entry-invalid',
  provider: 'named-address-invalid',
} as const;

/**
 * Checks a URL of a provider before a request is sent to it or it opens in a browser.
 *
 * @throws Failure `address-invalid`, `entry-invalid` or `named-address-invalid`, depending on its source, if it isn't
 * an absolute http(s) URL, or contains user information or a fragment; `address-insecure` if it is plain http, except
 * to this computer where allowed.
 */
export function checkAddress(
  address: string,
  policy: AddressPolicy,
  origin: keyof typeof codes = 'provider',
): URL {
  // The part before an @ might be a password, even if the rest isn't a URL.
  const shown = address.includes('@') ? '“…”' : (quoteServerText(address) ?? '“”');
  const url = URL.parse(address);
  const invalid = (reason: string): Failure => new Failure(codes[origin], { address: shown, reason });
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
  if (url.protocol === 'http:' && !(policy.allowLoopbackHttp && isLoopbackHost(url.hostname))) {
    throw new Failure('address-insecure', { address: shown });
  }
  return url;
}

/** Matches a URL exactly as in RFC 3986, with square brackets only in the host. */
const urlText =
  /^https?:\/\/(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~]+)(?::\d+)?(?:[/?][A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*)?$/;

/**
 * Explains why a URL from a server can't be used, or returns undefined if it can. A server is trusted less than the
 * user who wrote the provider's settings: in addition to {@link checkAddress}, it must not send us to link-local
 * addresses and cloud metadata services, nor to this computer unless it runs there itself.
 *
 * @param written the host that the user entered, which is always allowed.
 */
export function serverAddressProblem(
  address: string,
  policy: AddressPolicy,
  written: string,
): string | undefined {
  let url: URL;
  try {
    url = checkAddress(address, policy);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code === 'address-insecure'
      ? l10n.t('doesn’t use https')
      : l10n.t('can’t be used: {0}', error.details['reason'] ?? '');
  }
  if (!urlText.test(address)) return l10n.t('can’t be used: it has characters that aren’t allowed in a URL');
  if (bareHost(url.hostname) === bareHost(written)) return undefined;
  if (isForbiddenHost(url.hostname))
    return l10n.t('leads to an internal address of this computer or its network');
  if (isThisComputer(url.hostname) && !isThisComputer(written))
    return l10n.t('leads to this computer, where the provider isn’t running');
  return undefined;
}
