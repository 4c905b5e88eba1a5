import type { Provider } from './definition.ts';

/** The settings of a provider that decide where a user signs in and who gets the tokens. */
export type Destination = Pick<Provider, 'issuer' | 'metadataUrl' | 'endpoints' | 'redirect'>;

/** Lists the hosts in a provider's settings, starting with the one where the user signs in. */
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
    redirect.paste,
  ];
  const hosts = addresses.map(address => URL.parse(address ?? '')?.host ?? '');
  return [...new Set(hosts)].filter(host => host !== '');
}
