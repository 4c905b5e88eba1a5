import type { Provider } from './definition.ts';

/** What of a provider decides where a person signs in and who gets what comes of it. */
export type Destination = Pick<Provider, 'issuer' | 'metadataUrl' | 'endpoints' | 'redirect'>;

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
