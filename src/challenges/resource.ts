import { isWithin } from '../platform/clock.ts';
import { l10n } from '../platform/shown.ts';
import { withDeadline } from '../platform/deadline.ts';
import { putNewest } from '../platform/lru.ts';
import type { HttpContext } from '../protocol/server/httpContext.ts';
import { readProtectedResource, type ProtectedResource } from '../protocol/server/protectedResource.ts';
import { isFromIssuer } from '../protocol/server/tenantIssuer.ts';
import { quoteServerText } from '../protocol/http/serverText.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { accessTokenOf, derivedScopes } from '../sessions/grant/derived.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import { isPseudoScope, resourcePrefix, resourcesOfToken, targetOf } from '../sessions/grant/pseudoScopes.ts';
import { sessionId } from '../sessions/grant/scopes.ts';
import { matchingGrants } from '../sessions/grant/sessions.ts';
import { ChallengeRefused, sha256, type Demand } from './demand.ts';
import { readableClaims } from './claimsRequest.ts';

/** So long the metadata of an API is waited for, in seconds: an extension waits, and everybody after it. */
const timeout = 5;

/**
 * Reads the metadata of an API that refused a token (RFC 9728), with a request that carries no token.
 *
 * @param refused where the refused request went, if that is certain. An API on this computer can use plain http, like
 * the request with the refused token.
 * @returns undefined if it says nothing usable.
 * @throws those of the HTTP client, and an error after five seconds.
 */
function readResource(
  { clock, http, blemishes }: HttpContext,
  provider: Provider,
  address: string,
  refused: URL | undefined,
): Promise<ProtectedResource | undefined> {
  const policy = { allowLoopbackHttp: true };
  const late = (): Error => new Error('The API did not answer in time.');
  const written = new URL(provider.issuer).hostname;
  const note = blemishes.at(provider.issuer);
  return withDeadline({ clock, seconds: timeout, late }, within =>
    readProtectedResource(http(policy, within), address, policy, refused, written, note),
  );
}

/** How long a result is used again, in seconds: the editor asks twice for one challenge. */
const memory = 60;
const capacity = 50;

/** After this time, in seconds, an unavailable resource is requested again: the provider might have been down. */
const forgetting = 300;

export type Resources = ReturnType<typeof createResources>;

export function createResources(context: HttpContext) {
  const { clock, log } = context;
  const known = new Map<string, { readonly at: number; readonly found: ReturnType<typeof readResource> }>();
  /** By issuer, the resources that no token was issued for, and when: otherwise they would be requested forever. */
  const unavailable = new Map<string, number>();
  const targetKey = ({ issuer }: Provider, { scopes }: Demand): string =>
    JSON.stringify([issuer, targetOf(scopes)]);

  const read = (provider: Provider, address: string, refused: URL | undefined) => {
    const key = JSON.stringify([provider.issuer, address, refused?.href]);
    const earlier = known.get(key);
    if (earlier && isWithin(memory * 1000, earlier.at, clock.now())) return earlier.found;
    const host = URL.parse(address)?.host;
    const found = readResource(context, provider, address, refused).then(
      resource => {
        if (!resource) log.info('what a challenge names as metadata of its API is none', { host });
        return resource;
      },
      () => {
        log.info('the metadata that a challenge names could not be read', { host });
        return undefined;
      },
    );
    putNewest(known, key, { at: clock.now(), found }, capacity);
    return found;
  };

  return {
    /**
     * Completes a demand with the API's metadata, if its challenge names the URL. Each document is read once for
     * successive questions. Unavailable metadata counts as none.
     *
     * @param all the provider's grants.
     * @param forSignIn true if a user is about to sign in for it.
     * @throws ChallengeRefused if the API accepts no tokens from the provider.
     */
    async understand(
      provider: Provider,
      demand: Demand,
      all: readonly Grant[],
      forSignIn: boolean,
    ): Promise<Demand> {
      if (demand.resourceMetadata === undefined) return demand;
      const sent = await provenRequest(all, demand);
      const resource = await read(provider, demand.resourceMetadata, sent?.address);
      if (!resource) return demand;
      checkAuthorizationServers(provider, resource);
      const scoped = withSupportedScopes(demand, resource);
      // Without the request, it is uncertain that the token will be sent to this API.
      const aimed = sent ? aimedAt(resource, scoped, provider, sent.grant, all, forSignIn) : scoped;
      const failedAt = unavailable.get(targetKey(provider, aimed));
      return isWithin(forgetting * 1000, failedAt ?? Infinity, clock.now()) ? scoped : aimed;
    },
    /** A sign-in for a demand failed, and the user didn't cancel it: its resource isn't requested again. */
    failed(provider: Provider, demand: Demand) {
      const isAsked = targetOf(demand.fallbackScopes ?? []).length > 0;
      if (targetOf(demand.scopes).length > 0 && !isAsked)
        unavailable.set(targetKey(provider, demand), clock.now());
    },
  };
}

/** Where a request went and with whose token, if it is proven that the caller says so, and not the server. */
async function provenRequest(
  grants: readonly Grant[],
  { request, fallbackScopes = [] }: Demand,
): Promise<{ readonly address: URL; readonly grant: Grant } | undefined> {
  const address = request && URL.parse(request.address);
  if (!request || !address) return undefined;
  for (const grant of grants) {
    const proof = await sha256(`${sessionId(grant.id, fallbackScopes)} ${request.address}`);
    if (proof === request.proof) return { address, grant };
  }
  return undefined;
}

/** `a/` and `a` are one place, and servers write both. */
const bare = (address: string): string => address.replace(/\/$/, '');

/**
 * Checks that an API accepts tokens from the provider. An API that names no authorization servers accepts any.
 *
 * @throws ChallengeRefused
 */
function checkAuthorizationServers(
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
      '{0} accepts access tokens from {1}, but not from {2} ({3}). Sign in to a provider that it accepts, or contact its administrator.',
      quoteServerText(resource) ?? '“”',
      named.join(', '),
      label,
      issuer,
    ),
  );
}

/**
 * Uses the scopes that an API supports if neither its challenge, which knows better, nor the extension names any. An
 * extension is never given more than it requested.
 */
function withSupportedScopes(demand: Demand, { scopes }: ProtectedResource): Demand {
  const isOpen = demand.fallbackScopes === undefined && demand.scopes.length === 0;
  // Only the extension says whom a token is for.
  return isOpen ? { ...demand, scopes: scopes.filter(scope => !isPseudoScope(scope)).slice(0, 100) } : demand;
}

/** Leaves out the resource that only an earlier refusal named: another API might lie below its URL. */
function withoutLearned(demand: Demand): Demand {
  const learned = `${resourcePrefix}${demand.request?.learned ?? ''}`;
  return { ...demand, scopes: demand.scopes.filter(scope => scope !== learned) };
}

/**
 * Requests a token for the API itself (`resource`, RFC 8707) if the refused one is for something else, or if that is
 * unknown and all else has been tried.
 *
 * @param refused what the refused token was for, and what its refusal demands.
 * @param grant whose token was sent.
 * @param all the provider's grants.
 * @param forSignIn true if no other token was available.
 */
function aimedAt(
  { resource }: ProtectedResource,
  refused: Demand,
  provider: Provider,
  grant: Grant,
  all: readonly Grant[],
  forSignIn: boolean,
): Demand {
  const demand = withoutLearned(refused);
  // A server that asks for more has accepted the token as one for it (RFC 6750 section 3.1).
  const isAboutToken = demand.kind === 'new-token' || demand.kind === 'token';
  // A caller that names a resource knows best. An expired sign-in has to be renewed first.
  const isSettled = targetOf(demand.scopes).length > 0 || grant.signInNeeded !== undefined;
  if (!provider.resourceOfChallenge || !isAboutToken || isSettled) return refused;
  if (resourcesOfToken(provider, demand.scopes).some(known => bare(known) === bare(resource))) return demand;
  const aimed = { ...demand, scopes: [...demand.scopes, `${resourcePrefix}${resource}`] };
  const audiences = audiencesOf(grant, derivedScopes(provider, grant, refused.scopes));
  if (audiences) return audiences.some(known => bare(known) === bare(resource)) ? refused : aimed;
  return forSignIn || matchingGrants(provider, all, aimed.scopes, grant.account).length > 0 ? aimed : refused;
}

/** Whom a token is for, if that can be read. */
function audiencesOf(grant: Grant, derived: readonly string[] | undefined): string[] | undefined {
  const token = accessTokenOf(grant, derived);
  const { aud } = (token && readableClaims(token.accessToken.reveal())) ?? {};
  if (typeof aud === 'string') return [aud];
  return Array.isArray(aud) ? aud.filter(entry => typeof entry === 'string') : undefined;
}
