import { secondsNow, type Clock } from '../platform/clock.ts';
import type { OidcAuthenticationApi, SessionInfo } from '../client/sessionInfo.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import { fateOf } from '../sessions/grant/fate.ts';
import { blank, type Which } from '../sessions/grant/memory.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { notGranted } from '../sessions/grant/granted.ts';
import { parseSessionId } from '../sessions/grant/scopes.ts';

export interface ExportsContext {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly providers: ConfiguredProviders;
}

export function createExports({ cache, clock, providers }: ExportsContext): OidcAuthenticationApi {
  return Object.freeze({
    version: 1,
    async describe(session: unknown): Promise<SessionInfo> {
      const held = heldSession(session);
      const grant = held && (await cache.get(parseSessionId(held.id).grantId).catch(() => undefined));
      const provider = grant && providers.of(grant);
      // Only the editor can have given them the token. An ID alone could be guessed or overheard.
      const found = grant && held && tokenIn(grant, held.accessToken);
      if (!provider || !found || !held) {
        const message = 'This session has been renewed or ended: ask the editor for it again.';
        throw Object.assign(new Error(message), { code: provider ? 'session-renewed' : 'session-ended' });
      }
      const { until, nextAt } = fateOf(grant, provider, blank, secondsNow(clock), found.which);
      return {
        account: { ...grant.account },
        provider: { id: provider.id, label: provider.label, issuer: provider.issuer },
        grantedScopes: [...grant.grantedScopes],
        missingScopes: notGranted(grant, parseSessionId(held.id).scopes),
        receivedAt: found.receivedAt,
        expiresAt: until,
        refreshAt: nextAt,
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

function tokenIn(grant: Grant, given: string): { which: Which; receivedAt: number } | undefined {
  const derived = grant.derived.filter(entry => entry.kind === 'token');
  const all = [{ ...grant.tokens, scopes: undefined }, ...derived];
  const found = all.find(({ accessToken }) => isSame(accessToken.reveal(), given));
  return found && { which: found.scopes, receivedAt: found.receivedAt };
}

/** Compares in constant time: timing doesn't reveal how much is right. */
function isSame(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length;
  for (let i = 0; i < expected.length; i++) difference |= expected.charCodeAt(i) ^ given.charCodeAt(i);
  return difference === 0;
}
