import * as l10n from '@vscode/l10n';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { ProtectedResource } from '../protocol/server/protectedResource.ts';
import { isFromIssuer } from '../protocol/server/serverSource.ts';
import { quoteServerText } from '../protocol/http/serverText.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { accessTokenOf, derivedScopes } from '../sessions/grant/derived.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import { isPseudoScope, resourcePrefix, resourcesOfToken, targetOf } from '../sessions/grant/pseudoScopes.ts';
import { matchingGrants } from '../sessions/grant/sessions.ts';
import { ChallengeRefused, type Demand } from './demand.ts';
import { readableClaims } from './claimsRequest.ts';

/**
 * Reads what an API says about itself, see `readProtectedResource`.
 *
 * @param refused where the request went, if that is known for sure.
 */
export type ReadResource = (
  provider: Provider,
  address: string,
  refused: URL | undefined,
) => Promise<ProtectedResource | undefined>;

/** How long an answer is used again, in seconds: the editor asks twice for one challenge. */
const memory = 60;
const capacity = 50;

/** Reads each document once for the questions that follow each other. Metadata that cannot be had is none. */
export function rememberingResources(read: ReadResource, clock: Clock, log: Log): ReadResource {
  const known = new Map<string, { readonly at: number; readonly found: ReturnType<ReadResource> }>();
  return (provider, address, refused) => {
    const key = JSON.stringify([provider.issuer, address, refused?.href]);
    const earlier = known.get(key);
    if (earlier && clock.now() - earlier.at < memory * 1000) return earlier.found;
    known.delete(key);
    const host = URL.parse(address)?.host;
    const found = read(provider, address, refused).then(
      resource => {
        if (!resource) log.info('what a challenge names as metadata of its API is none', { host });
        return resource;
      },
      () => {
        log.info('the metadata that a challenge names could not be read', { host });
        return undefined;
      },
    );
    known.set(key, { at: clock.now(), found });
    for (const oldest of known.keys()) {
      if (known.size <= capacity) break;
      known.delete(oldest);
    }
    return found;
  };
}

/** `a/` and `a` are one place, and servers write both. */
const bare = (address: string): string => address.replace(/\/$/, '');

/**
 * Checks that an API takes tokens of the provider. An API that names no authorization servers leaves it open.
 *
 * @throws ChallengeRefused
 */
export function checkAuthorizationServers(
  { issuer, label, allowedTenants }: Provider,
  { resource, authorizationServers }: ProtectedResource,
): void {
  if (authorizationServers.length === 0) return;
  const isOurs = (server: string): boolean =>
    bare(server) === bare(issuer) || isFromIssuer(issuer, server, allowedTenants);
  if (authorizationServers.some(isOurs)) return;
  const named = authorizationServers.slice(0, 3).map(server => quoteServerText(server) ?? '“”');
  throw new ChallengeRefused(
    l10n.t(
      '{0} takes access tokens of {1}, and not of {2} ({3}), which was asked for one. Sign in to the identity provider that it names, or ask those who run it.',
      quoteServerText(resource) ?? '“”',
      named.join(', '),
      label,
      issuer,
    ),
  );
}

/**
 * The scopes that an API supports take the place of those that nobody has named: neither its challenge, which knows
 * better, nor the extension, which is never given more than it asked for.
 */
export function withSupportedScopes(demand: Demand, { scopes }: ProtectedResource): Demand {
  const isOpen = demand.fallbackScopes === undefined && demand.scopes.length === 0;
  // Only the extension says whom a token is for.
  return isOpen ? { ...demand, scopes: scopes.filter(scope => !isPseudoScope(scope)).slice(0, 100) } : demand;
}

/**
 * Asks for a token for the API itself (`resource`, RFC 8707) where the one that it refused is for something else, or
 * where nobody can tell and all else has been tried.
 *
 * @param grant whose token was sent.
 * @param all the grants of the provider.
 * @param forSignIn true if no other token could be had.
 */
export function aimedAt(
  { resource }: ProtectedResource,
  demand: Demand,
  provider: Provider,
  grant: Grant,
  all: readonly Grant[],
  forSignIn: boolean,
): Demand {
  // A server that asks for more has accepted the token as one for it (RFC 6750 section 3.1).
  const isAboutToken = demand.kind === 'new-token' || demand.kind === 'token';
  // Whoever names a resource knows; and of a sign-in that has ended a new one is needed first.
  const isSettled = targetOf(demand.scopes).length > 0 || grant.signInNeeded !== undefined;
  if (!provider.resourceOfChallenge || !isAboutToken || isSettled) return demand;
  if (resourcesOfToken(provider, demand.scopes).some(known => bare(known) === bare(resource))) return demand;
  const aimed = { ...demand, scopes: [...demand.scopes, `${resourcePrefix}${resource}`] };
  const audiences = audiencesOf(grant, derivedScopes(provider, grant, demand.scopes));
  if (audiences) return audiences.some(known => bare(known) === bare(resource)) ? demand : aimed;
  return forSignIn || matchingGrants(provider, all, aimed.scopes, grant.account).length > 0 ? aimed : demand;
}

/** Whom a token is for, if that can be read. */
function audiencesOf(grant: Grant, derived: readonly string[] | undefined): string[] | undefined {
  const token = accessTokenOf(grant, derived);
  const { aud } = (token && readableClaims(token.accessToken.reveal())) ?? {};
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) ? aud.filter(entry => typeof entry === 'string') : undefined;
}
