import type { ServiceSignIn, SubjectSignIn } from '../settings/serviceSettings.ts';
import type { Provider, Terms } from './provider.ts';
import { covers, isUnverified } from './terms.ts';

/** The facts that a grant stores about its provider. */
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

type ServiceOrigin = Exclude<ServiceSignIn, SubjectSignIn> | Pick<SubjectSignIn, 'way' | 'from'>;

/** What a grant is attributed to a provider by. */
export type ProviderIdentity = Pick<Provider, 'id' | 'issuer' | 'clientId' | 'service' | 'terms'>;

/**
 * True if the grant came from the provider as configured now. A grant from an earlier issuer or client, or under
 * other terms than the user agreed to, is kept but neither shown nor used until the settings match again.
 */
export const belongsTo = (grant: GrantOrigin, provider: ProviderIdentity): boolean =>
  isOfProvider(grant, provider) && isCovered(grant.binding.terms, provider.terms);

const isCovered = (agreed: Terms | undefined, terms: Terms): boolean =>
  agreed === undefined ? !isUnverified(terms) : covers(agreed, terms);

/** True if only changed terms keep the grant from being used: it waits for the user's decision. */
export const waitsForAnswer = (grant: GrantOrigin, provider: ProviderIdentity): boolean =>
  isOfProvider(grant, provider) && !belongsTo(grant, provider);

const isOfProvider = (grant: GrantOrigin, provider: ProviderIdentity): boolean =>
  grant.providerId === provider.id &&
  grant.binding.issuer === provider.issuer &&
  // Without a client ID in the settings, the grant's client registered itself with this issuer.
  (provider.clientId === undefined || grant.binding.clientId === provider.clientId) &&
  isSameService(grant.binding.service, provider.service);

/** Never treats a service as a user, nor as a service acting for another user. */
function isSameService(had: ServiceOrigin | undefined, set: ServiceSignIn | undefined): boolean {
  if (had?.way === 'impersonation' && set?.way === 'impersonation') {
    return had.field === set.field && had.value === set.value;
  }
  const isSameSource = (had && 'from' in had && had.from) === (set && 'from' in set && set.from);
  return had?.way === set?.way && isSameSource;
}
