import type { OidcAuthenticationApi, SessionFacts } from '../client/facts.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { AccessToken } from '../sessions/grant/derived.ts';
import { expiryOf } from '../sessions/grant/freshness.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { parseSessionId } from '../sessions/grant/scopes.ts';

export interface ExportsContext {
  readonly cache: GrantCache;
  readonly providers: ConfiguredProviders;
}

export function createExports({ cache, providers }: ExportsContext): OidcAuthenticationApi {
  return Object.freeze({
    version: 1,
    async describe(session: unknown): Promise<SessionFacts> {
      const held = heldSession(session);
      const grant = held && (await cache.get(parseSessionId(held.id).grantId).catch(() => undefined));
      const provider = grant && providers.of(grant);
      // The token is what only the editor can have given them. An id alone may be guessed or overheard.
      const token = grant && held && tokenIn(grant, held.accessToken);
      if (!provider || !token) {
        throw new Error('This session has been renewed or ended: ask the editor for it again.');
      }
      return {
        account: { ...grant.account },
        provider: { id: provider.id, label: provider.label, issuer: provider.issuer },
        grantedScopes: [...grant.grantedScopes],
        receivedAt: token.receivedAt,
        expiresAt: expiryOf(token, provider.assumedTokenLifetime),
        signInNeeded: grant.signInNeeded?.reason,
        // A copy: what an extension does to it must not reach the others.
        claims: structuredClone(grant.claims),
      };
    },
  } as const);
}

function heldSession(session: unknown): { id: string; accessToken: string } | undefined {
  if (typeof session !== 'object' || session === null) return undefined;
  const { id, accessToken } = session as Record<string, unknown>;
  return typeof id === 'string' && typeof accessToken === 'string' ? { id, accessToken } : undefined;
}

/** The access token of the grant that this is. */
const tokenIn = (grant: Grant, given: string): AccessToken | undefined =>
  [grant.tokens, ...grant.derived.filter(entry => entry.kind === 'token')].find(({ accessToken }) =>
    isSame(accessToken.reveal(), given),
  );

/** Compares in a time that does not tell how much of it is right. */
function isSame(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length;
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}
