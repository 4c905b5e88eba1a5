import { Failure } from './failure.ts';
import { quoteServerText } from './serverText.ts';

/** True for a host that always is this computer: 127.0.0.0/8, ::1, and `localhost` names (RFC 6761, 6.3). */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '');
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
  );
}

/** Which addresses may be used for a provider. */
export interface AddressPolicy {
  /** Plain http is allowed to this computer only; the provider's setting `allowLoopbackHttp`. */
  readonly allowLoopbackHttp: boolean;
}

/**
 * Checks an address of a provider before anything is sent there or opened in a browser.
 *
 * @throws Failure `address-invalid` if it is not an absolute http(s) URL, carries user information or a
 * fragment; `address-insecure` if it is plain http to anywhere but, where allowed, this computer.
 */
export function checkAddress(address: string, policy: AddressPolicy): URL {
  const shown = quoteServerText(address) ?? '“”';
  const url = URL.parse(address);
  if (!url) throw new Failure('address-invalid', { address: shown, reason: 'it is not a complete URL' });
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Failure('address-invalid', { address: shown, reason: 'it does not start with https://' });
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('address-invalid', {
      address: 'The address',
      reason: 'it carries a user name or password',
    });
  }
  if (url.hash !== '' || address.includes('#')) {
    throw new Failure('address-invalid', { address: shown, reason: 'it has a fragment (#…)' });
  }
  if (url.protocol === 'http:' && !(policy.allowLoopbackHttp && isLoopbackHost(url.hostname))) {
    throw new Failure('address-insecure', { address: shown });
  }
  return url;
}
