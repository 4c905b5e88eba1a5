import { secondsNow, type Clock } from '../platform/clock.ts';
import type { DescribedElsewhere, OidcAuthenticationApi, SessionInfo } from '../client/sessionInfo.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import { fateOf } from '../sessions/grant/fate.ts';
import { blank, type Which } from '../sessions/grant/memory.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { notGranted } from '../sessions/grant/sessions.ts';
import { parseSessionId } from '../sessions/grant/scopes.ts';

export interface ExportsContext {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly providers: ConfiguredProviders;
}

export function createExports(context: ExportsContext): OidcAuthenticationApi {
  return Object.freeze({
    version: 1,
    async describe(session: unknown): Promise<SessionInfo> {
      const { id, accessToken } = Object(session) as Record<string, unknown>;
      const digest = typeof accessToken === 'string' ? await digestOf(accessToken) : undefined;
      const described = await describeHeld(context, id, digest);
      if ('info' in described) return described.info;
      throw Object.assign(new Error(described.message), { code: described.code });
    },
  } as const);
}

/**
 * Describes a session to an extension that proves, by the digest of the access token, that the editor gave it the session.
 * An ID alone can be guessed or overheard.
 */
export async function describeHeld(
  { cache, clock, providers }: ExportsContext,
  id: unknown,
  digest: unknown,
): Promise<DescribedElsewhere> {
  const { grantId, scopes } = parseSessionId(typeof id === 'string' ? id : '');
  const grant = await cache.get(grantId).catch(() => undefined);
  const provider = grant && providers.of(grant);
  const found = grant && provider && (await tokenWith(grant, digest));
  if (!found) {
    const message = 'This session has been renewed or ended: ask the editor for it again.';
    return { code: provider ? 'session-renewed' : 'session-ended', message };
  }
  const { until, nextAt } = fateOf(grant, provider, blank, secondsNow(clock), found.which);
  return {
    info: {
      account: { ...grant.account },
      provider: { id: provider.id, label: provider.label, issuer: provider.issuer },
      grantedScopes: [...grant.grantedScopes],
      missingScopes: notGranted(grant, scopes),
      receivedAt: found.receivedAt,
      expiresAt: until,
      refreshAt: nextAt,
      signInNeeded: grant.signInNeeded?.reason,
      // A copy: what an extension does to it must not reach the others.
      claims: structuredClone(grant.claims),
    },
  };
}

interface HeldToken extends Pick<Grant['tokens'], 'accessToken' | 'receivedAt'> {
  readonly which: Which;
}

const tokensOf = (grant: Grant): HeldToken[] => [
  { ...grant.tokens, which: undefined },
  ...grant.derived.flatMap(entry => (entry.kind === 'token' ? { ...entry, which: entry.scopes } : [])),
];

async function tokenWith(grant: Grant, digest: unknown): Promise<HeldToken | undefined> {
  for (const token of tokensOf(grant)) {
    if ((await digestOf(token.accessToken.reveal())) === digest) return token;
  }
  return undefined;
}

/** SHA-256, in hexadecimal digits. */
async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
