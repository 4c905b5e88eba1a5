import * as l10n from '@vscode/l10n';
import { Failure } from '../failures/failure.ts';
import { quoteServerText } from './serverText.ts';

/** The name of a host as `URL.hostname` gives it, without a dot at its end. */
const bare = (hostname: string): string => hostname.toLowerCase().replace(/\.$/, '');

/** True for a host that always is this computer: 127.0.0.0/8, ::1, and `localhost` names (RFC 6761, 6.3). */
export function isLoopbackHost(hostname: string): boolean {
  const host = bare(hostname);
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
  );
}

/** Names of the services that tell a cloud machine its own credentials. */
const metadataServiceNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
]);

/** Link-local (RFC 3927, 6890), "this host", and the metadata services that are not link-local. */
const forbiddenIPv4 =
  /^(169\.254\.\d+\.\d+|0\.\d+\.\d+\.\d+|100\.100\.100\.200|168\.63\.129\.16|192\.0\.0\.192)$/;

/** fe80::/10, "this host", and the metadata services of AWS and Google, as `URL` writes them. */
const forbiddenIPv6 = /^(fe[89ab][0-9a-f]:.*|::|fd00:ec2::254|fd20:ce::254)$/;

/**
 * True for a host that no provider may send us to: link-local addresses and the metadata services of clouds,
 * which answer anybody on the machine and trust whoever asks. Addresses only: what a name resolves to is not
 * known here.
 */
export function isForbiddenHost(hostname: string): boolean {
  const host = bare(hostname);
  if (host.endsWith('.metadata.google.internal') || metadataServiceNames.has(host)) return true;
  if (!host.startsWith('[')) return forbiddenIPv4.test(host);
  const address = host.slice(1, -1);
  return forbiddenIPv6.test(address) || forbiddenIPv4.test(embeddedIPv4(address) ?? '');
}

/** True for an IPv6 address that is this computer by way of IPv4 (`::ffff:127.0.0.1`), which `::1` is not. */
function isEmbeddedLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return host.startsWith('[') && isLoopbackHost(embeddedIPv4(host.slice(1, -1)) ?? '');
}

/** The IPv4 address inside an IPv6 one: mapped (::ffff:0:0/96), compatible (::/96), NAT64 (64:ff9b::/96). */
function embeddedIPv4(address: string): string | undefined {
  const found = /^(?:::|::ffff:|::ffff:0:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (!found) return undefined;
  const [high, low] = [parseInt(found[1] ?? '', 16), parseInt(found[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Which addresses may be used for a provider. */
export interface AddressPolicy {
  /** Plain http is allowed to this computer only; the provider's setting `allowLoopbackHttp`. */
  readonly allowLoopbackHttp: boolean;
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
  if (!url) throw invalid(l10n.t('it is not a complete URL'));
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalid(l10n.t('it does not start with https://'));
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(l10n.t('it carries a user name or password'));
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
      ? l10n.t('is not https')
      : l10n.t('cannot be used: {0}', error.details['reason'] ?? '');
  }
  if (!urlText.test(address)) return l10n.t('cannot be used: it has characters that no URL has');
  if (bare(url.hostname) === bare(written)) return undefined;
  if (isForbiddenHost(url.hostname))
    return l10n.t('leads to an internal address of this machine or its network');
  const isHere = isLoopbackHost(url.hostname) || isEmbeddedLoopback(url.hostname);
  if (isHere && !isLoopbackHost(written)) return l10n.t('leads to this computer, where the provider is not');
  return undefined;
}
