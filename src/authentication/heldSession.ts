import type { SessionInfo } from '../client/sessionInfo.ts';
import { secondsNow, type Clock } from '../platform/clock.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { fateOf } from '../sessions/grant/fate.ts';
import { blank, type Which } from '../sessions/grant/memory.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import { parseSessionId } from '../sessions/grant/scopes.ts';
import { notGranted, tokenTypeOf } from '../sessions/grant/sessions.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';

export interface HeldToken extends Pick<Grant['tokens'], 'accessToken' | 'receivedAt'> {
  readonly which: Which;
}

/** A session whose access token a caller has shown that it holds. */
export interface HeldSession {
  readonly grant: Grant;
  readonly provider: Provider;
  readonly token: HeldToken;
  readonly scopes: readonly string[];
}

/** Why there is nothing for a caller. */
export interface NotHeld {
  readonly code: 'session-renewed' | 'session-ended';
  readonly message: string;
  /** The IDs of the configured providers, for a caller that names no session. */
  readonly providers?: readonly string[];
}

/**
 * Finds the session of an extension that proves, by the digest of the access token, that the editor gave it the session.
 * An ID alone can be guessed or overheard.
 */
export async function findHeld(
  { cache, providers }: { readonly cache: GrantCache; readonly providers: ConfiguredProviders },
  id: unknown,
  digest: unknown,
): Promise<HeldSession | NotHeld> {
  const { grantId, scopes } = parseSessionId(typeof id === 'string' ? id : '');
  const grant = await cache.get(grantId).catch(() => undefined);
  const provider = grant && providers.of(grant);
  const token = grant && provider && (await tokenWith(grant, digest));
  if (token) return { grant, provider, token, scopes };
  const message = 'This session has been renewed or ended: ask the editor for it again.';
  const ids = id === undefined && { providers: providers.list().map(provider => provider.id) };
  return { code: provider ? 'session-renewed' : 'session-ended', message, ...ids };
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
export async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

/** True if each request with its token needs a proof. */
export const isBound = ({ grant }: HeldSession): boolean => tokenTypeOf(grant) === 'DPoP';

/** Describes it to its holder. No secret is in it. */
export function describe(
  { clock }: { readonly clock: Clock },
  { grant, provider, token, scopes }: HeldSession,
): SessionInfo {
  const { until, nextAt } = fateOf(grant, provider, blank, secondsNow(clock), token.which);
  return {
    account: { ...grant.account },
    provider: { id: provider.id, label: provider.label, issuer: provider.issuer },
    tokenType: tokenTypeOf(grant),
    grantedScopes: [...grant.grantedScopes],
    missingScopes: notGranted(grant, scopes),
    receivedAt: token.receivedAt,
    expiresAt: until,
    refreshAt: nextAt,
    signInNeeded: grant.signInNeeded?.reason,
    // A copy: what an extension does to it must not reach the others.
    claims: structuredClone(grant.claims),
  };
}
