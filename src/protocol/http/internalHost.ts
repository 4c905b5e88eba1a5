import { l10n } from '../../platform/shown.ts';
import { KnownFailure } from '../failures/knownFailure.ts';
import { bareHost, checkAddress, isLoopbackHost, type AddressPolicy } from './address.ts';

/** Names of this computer in the hosts files of common systems. Another system can resolve them to anything. */
const localNames = new Set([
  ...['localhost.localdomain', 'localhost4', 'localhost4.localdomain4'],
  ...['localhost6', 'localhost6.localdomain6', 'ip6-localhost', 'ip6-loopback'],
]);

/** True for a host that is this computer, by any name or by an IPv6 address that contains an IPv4 address. */
export function isThisComputer(hostname: string): boolean {
  const host = bareHost(hostname);
  return (
    isLoopbackHost(host) || localNames.has(host) || embeddedIn(host).some(address => address.startsWith('7f'))
  );
}

/** Names of the services that tell a cloud machine its own credentials. */
const metadataServiceNames = new Set([
  ...['metadata', 'metadata.goog', 'metadata.google.internal', 'metadata.azure.internal'],
  ...['metadata.tencentyun.com', 'instance-data', 'instance-data.ec2.internal'],
]);

/** In hexadecimal digits, the prefixes of IP addresses that no server can have, or that trust any caller. */
const forbiddenIPv4 = [
  '00', // 0.0.0.0/8: this host (RFC 791)
  'a9fe', // 169.254.0.0/16: link-local (RFC 3927), among them the metadata services of most clouds
  'c00000', // 192.0.0.0/24: protocol assignments (RFC 6890), among them the metadata service of Oracle
  ...['e', 'f'], // 224.0.0.0/3: multicast, reserved, broadcast (RFC 5771, 1112, 919)
  '646464c8', // 100.100.100.200: the metadata service of Alibaba
  'a83f8110', // 168.63.129.16: that of Azure
];

const zeros = (groups: number): string => '0000'.repeat(groups);

/** As {@link forbiddenIPv4}. */
const forbiddenIPv6 = [
  zeros(8), // ::: this host
  ...['fe8', 'fe9', 'fea', 'feb'], // fe80::/10: link-local (RFC 4291)
  'ff', // ff00::/8: multicast
  `01000000${zeros(1)}`, // 100::/48: discarded (RFC 6666, 9780)
  '0064ff9b0001', // 64:ff9b:1::/48: a translator of the own network (RFC 8215)
  `fd000ec2${zeros(5)}0254`, // the metadata services of AWS,
  `fd2000ce${zeros(5)}0254`, // Google,
  `fd000042${zeros(5)}0042`, // Scaleway,
  `fd0000c1${zeros(4)}a9fea9fe`, // and Oracle
];

/**
 * True for a host that a provider must not send us to: link-local IP addresses, those that no server can have, and the
 * metadata services of clouds, which respond to and trust any process on the computer. Checks only IP addresses,
 * because name resolution isn't known here.
 */
export function isForbiddenHost(hostname: string): boolean {
  const host = bareHost(hostname);
  if (host.endsWith('.metadata.google.internal') || metadataServiceNames.has(host)) return true;
  const address = hexadecimal(host);
  if (address === undefined) return false;
  const starts = address.length === 8 ? forbiddenIPv4 : forbiddenIPv6;
  return (
    starts.some(start => address.startsWith(start)) ||
    embeddedIn(host).some(inner => forbiddenIPv4.some(start => inner.startsWith(start)))
  );
}

/** The digits of an IP address as in `URL.hostname`: 8 for IPv4, 32 for IPv6. Undefined for a name. */
function hexadecimal(host: string): string | undefined {
  if (!host.startsWith('[')) {
    if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) return undefined;
    return host
      .split('.')
      .map(octet => Number(octet).toString(16).padStart(2, '0'))
      .join('');
  }
  const groups = (text = ''): string[] => text.split(':').filter(Boolean);
  const [first, last] = host.slice(1, -1).split('::');
  const [before, after] = [groups(first), groups(last)];
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...between, ...after].map(group => group.padStart(4, '0')).join('');
}

/** Lists the IPv4 addresses that an IPv6 address maps to or can mean, as hexadecimal digits. */
function embeddedIn(host: string): string[] {
  const address = host.startsWith('[') ? hexadecimal(host) : undefined;
  if (address === undefined || address === hexadecimal('[::1]')) return [];
  const at = (group: number): string => address.slice(group * 4, group * 4 + 8);
  // Compatible and mapped (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052), ISATAP in any network (RFC 5214).
  const ends = [zeros(6), `${zeros(5)}ffff`, `${zeros(4)}ffff${zeros(1)}`, `0064ff9b${zeros(4)}`];
  const isISATAP = /^0[02]005efe$/.test(at(4));
  if (isISATAP || ends.some(start => address.startsWith(start))) return [at(6)];
  // 6to4 (RFC 3056).
  if (address.startsWith('2002')) return [at(1)];
  // Teredo (RFC 4380): the server, and the client with each bit turned over.
  if (!address.startsWith(`2001${zeros(1)}`)) return [];
  const client = (0xffffffff - parseInt(at(6), 16)).toString(16).padStart(8, '0');
  return [at(2), client];
}

/** Matches a URL exactly as in RFC 3986, with square brackets only in the host. */
const urlText =
  /^https?:\/\/(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~]+)(?::\d+)?(?:[/?][A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*)?$/;

/**
 * Explains why a URL from a server can't be used, or returns undefined if it can. A server is trusted less than the
 * user who wrote the provider's settings: in addition to {@link checkAddress}, it must not send us to link-local hosts
 * and cloud metadata services, nor to this computer unless it runs there itself.
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
    if (!(error instanceof KnownFailure)) throw error;
    return error.code === 'address-insecure'
      ? l10n.t('doesn’t use https')
      : l10n.t('can’t be used: {0}', error.details['reason'] ?? '');
  }
  if (!urlText.test(address)) return l10n.t('can’t be used: it has characters that aren’t allowed in a URL');
  if (bareHost(url.hostname) === bareHost(written)) return undefined;
  if (isForbiddenHost(url.hostname))
    return l10n.t('leads to an internal host of this computer or its network');
  if (isThisComputer(url.hostname) && !isThisComputer(written))
    return l10n.t('leads to this computer, where the provider isn’t running');
  return undefined;
}
