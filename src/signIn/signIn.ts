import type { Clock } from '../platform/clock.ts';
import { untilAborted } from '../platform/abort.ts';
import type { Log } from '../platform/log.ts';
import type { Secret } from '../platform/secret.ts';
import { createAuthorizationRequest, createState } from '../protocol/authorizationRequest.ts';
import { connect, type Connection } from '../protocol/client.ts';
import { Failure } from '../protocol/failure.ts';
import { exchangeAuthorizationCode } from '../protocol/grants.ts';
import type { Wire } from '../protocol/wire.ts';
import { defaultScopes, type Provider } from '../providers/definition.ts';
import type { Grant } from '../sessions/grant.ts';
import { union } from '../sessions/scopes.ts';
import { clientOf } from './client.ts';
import { newGrant } from './newGrant.ts';
import { redirectPath, type OpenRedirect, type Redirect } from './redirect/redirect.ts';

/** Where a sign-in is, in the order in which a person sees it. */
export type SignInStage = 'asking-provider' | 'opening-browser' | 'waiting-for-person' | 'exchanging-code';

/** What a sign-in needs from outside. */
export interface SignInContext {
  readonly wire: Wire;
  readonly redirect: Redirect;
  readonly log: Log;
  /** Opens an address in the person's browser. Resolves with false if that was not possible or not wanted. */
  openBrowser(address: Secret): Promise<boolean>;
  /** How long the person may take in the browser, in seconds. */
  readonly timeout: number;
}

/** One sign-in: who, for what, and how it is told of and ended. */
export interface SignInRequest {
  readonly provider: Provider;
  /** The scopes that were asked for, in the caller's order; the session will carry exactly these. */
  readonly scopes: readonly string[];
  /** Scopes the account has been granted already, to be kept. */
  readonly grantedScopes?: readonly string[];
  /** The account that shall sign in, if one was named. */
  readonly loginHint?: string | undefined;
  readonly signal: AbortSignal;
  progress(stage: SignInStage): void;
}

/**
 * Signs a person in with the browser: authorization code with PKCE (RFC 8252). It always settles: with a
 * grant, a failure, the signal's reason, or a time-out. Nothing of it is left behind then.
 *
 * @throws Failure
 */
export async function signIn(context: SignInContext, request: SignInRequest): Promise<Grant> {
  const { provider, scopes, signal, progress } = request;
  const { wire, redirect, log } = context;

  progress('asking-provider');
  const connection = await connect(wire, clientOf(provider), signal);
  const requested = requestedScopes(connection, request);

  const state = createState();
  const open = await redirect.open(state, redirectPath(connection.metadata));
  try {
    signal.throwIfAborted();
    const authorization = await createAuthorizationRequest(connection, {
      state,
      redirectUri: open.redirectUri,
      scopes: requested,
      loginHint: request.loginHint,
      parameters: provider.authorizationParameters,
    });

    progress('opening-browser');
    log.info('opening the browser', { provider: provider.id, scopes: requested });
    const opened = await untilAborted(context.openBrowser(authorization.url), signal);
    if (!opened) throw new Failure('browser-not-opened', { host: new URL(provider.issuer).host });

    progress('waiting-for-person');
    const response = await responseWithin(context, wire.clock, open, signal);

    progress('exchanging-code');
    const tokens = await exchangeAuthorizationCode(connection, authorization, response);
    return await newGrant(connection, { provider, scopes, requested, tokens });
  } finally {
    open.close();
  }
}

async function responseWithin(
  { timeout }: SignInContext,
  clock: Clock,
  open: OpenRedirect,
  signal: AbortSignal,
): Promise<URLSearchParams> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(timeout * 1000, () =>
    late.reject(
      new Failure('no-response', {
        minutes: Math.max(1, Math.round(timeout / 60)),
        redirectUri: open.redirectUri,
      }),
    ),
  );
  try {
    return await untilAborted(Promise.race([open.response, late.promise]), signal);
  } finally {
    cancel();
  }
}

/**
 * The scopes of the authorization request: those of the provider's settings, those asked for, and those the
 * account already has. Of our own defaults, only what the server says it knows.
 */
function requestedScopes(
  { metadata }: Connection,
  { provider, scopes, grantedScopes = [] }: Pick<SignInRequest, 'provider' | 'scopes' | 'grantedScopes'>,
): string[] {
  const known = (scope: string): boolean =>
    scope === 'openid' || (metadata.scopes_supported?.includes(scope) ?? true);
  return union(provider.scopes ?? defaultScopes.filter(known), scopes, grantedScopes);
}
