import { l10n } from '../../platform/shown.ts';
import { Failure } from '../failures/failure.ts';
import { bareHost, isForbiddenHost, isLoopbackHost, isThisComputer } from './internalHost.ts';
import { quoteServerText } from './serverText.ts';

export interface AddressPolicy {
  /** Plain http is allowed to this computer only; the provider's setting `allowLoopbackHttp`. */
  readonly allowLoopbackHttp: boolean;
  /** How long an answer may take, in seconds; undefined: see `answerTimeout`. */
  readonly requestTimeout?: number | undefined;
}

/** Where an address comes from: that is where it has to be corrected. */
const codes = {
  settings: 'address-invalid',
  typed: 'entry-invalid',
  provider: 'named-address-invalid',
} as const;

/**
 * Checks an address of a provider before anything is sent there or opened in a browser.
 *
 * @throws Failure `address-invalid`, `entry-invalid` or `named-address-invalid`, as it comes from, if it is not an absolute http(s) URL, carries user information or a
 * fragment; `address-insecure` if it is plain http to anywhere but, where allowed, this computer.
 */
export function checkAddress(
  address: string,
  policy: AddressPolicy,
  origin: keyof typeof codes = 'provider',
): URL {
  // What stands before an @ may be a password, also where the rest is no URL.
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

/** A URL to the letter of RFC 3986, with square brackets in the host only. */
const urlText =
  /^https?:\/\/(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~]+)(?::\d+)?(?:[/?][A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*)?$/;

/**
 * Why an address that a server names cannot be used, or undefined if it can. A server is trusted less than
 * the person who wrote the provider's settings: besides {@link checkAddress}, it may neither send us to
 * link-local addresses and cloud metadata services nor, unless it is there itself, to this computer.
 *
 * @param written the host that the person wrote: whatever it is, it may be used.
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
