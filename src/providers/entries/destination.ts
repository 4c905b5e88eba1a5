import type { Provider } from './definition.ts';

/** What of a provider decides where a person signs in and who gets what comes of it. */
export type Destination = Pick<
  Provider,
  'contributedBy' | 'issuer' | 'clientId' | 'metadataUrl' | 'discovery' | 'endpoints' | 'service' | 'redirect'
>;

/** The same text for providers that lead to the same place, for the same client. */
export function destinationOf(provider: Destination): string {
  const { contributedBy, issuer, clientId, metadataUrl, discovery, endpoints = {}, service } = provider;
  const { bridge, relay, paste } = provider.redirect;
  const named = Object.entries(endpoints).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    [contributedBy, issuer, clientId, metadataUrl, discovery, named],
    // A page that the answer of the browser passes through, and whose token is sent there.
    [bridge, relay, paste, service],
  ]);
}

/** The hosts that the settings of a provider name, the one where the person signs in first. */
export function hostsOf({ issuer, metadataUrl, endpoints = {}, redirect }: Destination): readonly string[] {
  const { authorization, deviceAuthorization, ...others } = endpoints;
  const addresses = [
    authorization ?? deviceAuthorization ?? issuer,
    issuer,
    metadataUrl,
    deviceAuthorization,
    ...Object.values(others),
    redirect.bridge,
    redirect.relay,
  ];
  const hosts = addresses.map(address => URL.parse(address ?? '')?.host ?? '');
  return [...new Set(hosts)].filter(host => host !== '');
}
