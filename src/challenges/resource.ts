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
 * Reads what an API that refused a token says about itself (RFC 9728), with a request that carries no token.
 *
 * @param refused where the refused request went, if that is known for sure. An API on this computer may be plain
 * http, as the token that it refused was.
 * @returns undefined if it says nothing that can be used.
 * @throws those of the http client, and an error after five seconds.
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

/** How long an answer is used again, in seconds: the editor asks twice for one challenge. */
const memory = 60;
const capacity = 50;

/** After this time, in seconds, what a token could not be had for is tried again: the provider may have been down. */
const forgetting = 300;

export type Resources = ReturnType<typeof createResources>;

export function createResources(context: HttpContext) {
  const { clock, log } = context;
  const known = new Map<string, { readonly at: number; readonly found: ReturnType<typeof readResource> }>();
  /** By issuer, what a token could not be had for, and when: asking for it each time would be asking for ever. */
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
     * A demand with what the API says about itself, if its challenge names the place. Each document is read once for the
     * questions that follow each other; metadata that cannot be had is none.
     *
     * @param all the grants of the provider.
     * @param forSignIn true if a person is about to sign in for it.
     * @throws ChallengeRefused if the API takes no tokens of the provider.
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
      // Without the request, nobody knows that it is this API which the token will be sent to.
      const aimed = sent ? aimedAt(resource, scoped, provider, sent.grant, all, forSignIn) : scoped;
      const failedAt = unavailable.get(targetKey(provider, aimed));
      return isWithin(forgetting * 1000, failedAt ?? Infinity, clock.now()) ? scoped : aimed;
    },
    /** No sign-in came of a demand, and it was not the person who said no: what it names is not asked for again. */
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
 * Checks that an API takes tokens of the provider. An API that names no authorization servers leaves it open.
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
 * The scopes that an API supports take the place of those that nobody has named: neither its challenge, which knows
 * better, nor the extension, which is never given more than it asked for.
 */
function withSupportedScopes(demand: Demand, { scopes }: ProtectedResource): Demand {
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
function aimedAt(
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
