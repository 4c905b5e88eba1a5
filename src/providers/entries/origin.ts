import type { ServiceSignIn, userLookupFields } from '../settings/serviceSettings.ts';
import type { Provider, Terms } from './provider.ts';

/** What a grant says of the provider that it came from. */
export interface GrantOrigin {
  readonly providerId: string;
  readonly binding: {
    readonly issuer: string;
    readonly clientId: string;
    /** Undefined: the grant was stored before terms were. */
    readonly terms?: Terms | undefined;
    readonly service?: ServiceOrigin | undefined;
  };
}

type ServiceOrigin =
  | { readonly way: 'client-credentials' }
  | {
      readonly way: 'impersonation';
      readonly field: (typeof userLookupFields)[number];
      readonly value: string;
    }
  | { readonly way: 'token-exchange'; readonly from: string };

/** What a grant is attributed to a provider by. */
export type ProviderIdentity = Pick<Provider, 'id' | 'issuer' | 'clientId' | 'service' | 'terms'>;

/**
 * True if the grant came from the provider as it is configured now. A grant from an earlier issuer or client, or of
 * other terms than the person agreed to, is kept, but neither shown nor used, until the settings are what they were.
 */
export const belongsTo = (grant: GrantOrigin, provider: ProviderIdentity): boolean =>
  isOfProvider(grant, provider) && (grant.binding.terms ?? provider.terms) === provider.terms;

/** True if nothing but other terms keep the grant from being used: it waits for the person's answer. */
export const waitsForAnswer = (grant: GrantOrigin, provider: ProviderIdentity): boolean =>
  isOfProvider(grant, provider) && !belongsTo(grant, provider);

const isOfProvider = (grant: GrantOrigin, provider: ProviderIdentity): boolean =>
  grant.providerId === provider.id &&
  grant.binding.issuer === provider.issuer &&
  // Without a client id in the settings, the grant's client is one that registered itself at this issuer.
  (provider.clientId === undefined || grant.binding.clientId === provider.clientId) &&
  isSameService(grant.binding.service, provider.service);

/** A client that signs in by itself must never be taken for a person, nor for another user. */
function isSameService(had: ServiceOrigin | undefined, set: ServiceSignIn | undefined): boolean {
  if (had?.way === 'impersonation' && set?.way === 'impersonation') {
    return had.field === set.field && had.value === set.value;
  }
  if (had?.way === 'token-exchange' && set?.way === 'token-exchange') return had.from === set.from;
  return had?.way === set?.way;
}
