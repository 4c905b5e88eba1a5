import type { Clock } from '../platform/clock.ts';
import type {
  DescribedElsewhere,
  OidcAuthenticationApi,
  ProvedElsewhere,
  SessionInfo,
} from '../client/sessionInfo.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import type { ProvenSession } from '../signIn/after/prove.ts';

export interface ExportsContext {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly providers: ConfiguredProviders;
  /** What most windows do without. */
  parts(this: void): Promise<ProvingParts>;
}

export interface ProvingParts {
  /** See signIn/after/prove.ts. */
  prove(this: void, session: ProvenSession, request: unknown): Promise<ProvedElsewhere>;
}

export function createExports(context: ExportsContext): OidcAuthenticationApi {
  return Object.freeze({
    version: 1,
    async describe(session: unknown): Promise<SessionInfo> {
      const described = await describeHeld(context, ...(await shown(session)));
      if ('info' in described) return described.info;
      throw Object.assign(new Error(described.message), { code: described.code });
    },
    async proof(session: unknown, request: unknown): Promise<string | undefined> {
      const proved = await proveHeld(context, ...(await shown(session)), request);
      if ('proof' in proved) return proved.proof;
      throw Object.assign(new Error(proved.message), { code: proved.code });
    },
  } as const);
}

/** What a caller shows of its session, as over a command. */
async function shown(session: unknown): Promise<[id: unknown, digest: unknown]> {
  const { id, accessToken } = Object(session) as Record<string, unknown>;
  const { digestOf } = await import('./heldSession.ts');
  return [id, typeof accessToken === 'string' ? await digestOf(accessToken) : undefined];
}

/** Describes a session to an extension that holds it. */
export async function describeHeld(
  context: Pick<ExportsContext, 'cache' | 'clock' | 'providers'>,
  id: unknown,
  digest: unknown,
): Promise<DescribedElsewhere> {
  const { describe, findHeld } = await import('./heldSession.ts');
  const held = await findHeld(context, id, digest);
  return 'code' in held ? held : { info: describe(context, held) };
}

/** Proves the key of a session's token for one request, for an extension that holds the session. */
export async function proveHeld(
  context: ExportsContext,
  id: unknown,
  digest: unknown,
  request: unknown,
): Promise<ProvedElsewhere> {
  const { findHeld, isBound } = await import('./heldSession.ts');
  const held = await findHeld(context, id, digest);
  if ('code' in held) return held;
  // Most sessions have bearer tokens, which need none of the rest.
  if (!isBound(held)) return { proof: undefined };
  return (await context.parts()).prove(held, request);
}
