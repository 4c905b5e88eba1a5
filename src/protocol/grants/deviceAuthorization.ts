import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import * as v from 'valibot';
import { wait } from '../../platform/abort.ts';
import { Secret, secret } from '../../platform/secret.ts';
import { serverAddressProblem } from '../http/internalHost.ts';
import type { Connection } from '../client/client.ts';
import { setScopes } from '../server/dialect.ts';
import { Failure } from '../failures/failure.ts';
import { jsonAnswer } from '../http/jsonResponse.ts';
import { requestTokens, type Tokens } from '../tokens/tokens.ts';
import { checkSuccess } from '../http/oauthError.ts';

/** A device authorization (RFC 8628 section 3.2): what to show, and what to ask with. */
export interface DeviceAuthorization {
  readonly deviceCode: Secret;
  /** The code that the user enters. */
  readonly userCode: string;
  /** Where they enter it: https, or http to this computer where the provider is allowed that. */
  readonly verificationUri: string;
  /** The same with the code in it, for a QR code. */
  readonly verificationUriComplete: string | undefined;
  /** When the code ends, in milliseconds since the epoch. */
  readonly expiresAt: number;
  /** The wait between two polls, in seconds, within {@link shortestInterval} and {@link longestInterval}. */
  readonly interval: number;
  /** PKCE, where the server takes it: a device code that is overheard is of no use then. */
  readonly codeVerifier: Secret | undefined;
  /** Sent with the token request: what the access token is for (RFC 8707 section 2.2). */
  readonly tokenResources: readonly string[];
}

export interface DeviceAuthorizationRequest {
  readonly scopes: readonly string[];
  /** What access tokens are wanted for (RFC 8707 section 2.1). */
  readonly resources?: readonly string[];
  /** The resources that the first access token is for. Defaults to all of them. */
  readonly tokenResources?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Bounds of the wait between two polls, in seconds, whatever a server asks for. */
export const shortestInterval = 1;
export const longestInterval = 60;

/** RFC 8628 section 3.5. */
const defaultInterval = 5;
const slowDownStep = 5;

/**
 * The assumed lifetime of a code, in seconds, if the server doesn't send one: the server itself reports an expired
 * code.
 */
const assumedLifetime = 900;

/** No code is waited for longer than this, in seconds. */
const longestLifetime = 3600;

export const authorized = {
  forms: {
    device_code: 'text',
    user_code: 'text',
    verification_uri: 'text',
    verification_url: 'text',
    verification_uri_complete: 'text',
    expires_in: 'number',
    interval: 'number',
  },
  schema: v.object({
    device_code: v.pipe(v.string(), v.nonEmpty(), v.maxLength(8192)),
    // Printable and short: it is read aloud, copied and typed.
    user_code: v.pipe(v.string(), v.regex(/^[\x21-\x7E](?:[\x20-\x7E]{0,62}[\x21-\x7E])?$/)),
    verification_uri: v.optional(v.pipe(v.string(), v.maxLength(2048))),
    /** What drafts of the standard called it. */
    verification_url: v.optional(v.pipe(v.string(), v.maxLength(2048))),
    verification_uri_complete: v.optional(v.pipe(v.string(), v.maxLength(2048))),
    expires_in: v.optional(v.pipe(v.number(), v.gtValue(0)), assumedLifetime),
    interval: v.optional(v.number(), defaultInterval),
  }),
} as const;

/**
 * Requests a device code and a user code (RFC 8628 section 3.1).
 *
 * @throws Failure `method-unsupported`, `response-invalid` for a response that is incomplete or contains an unsafe
 * URL, or those of the HTTP client and of {@link tokenEndpointFailure}.
 */
export async function requestDeviceAuthorization(
  connection: Connection,
  { scopes, resources = [], tokenResources = resources, parameters = {} }: DeviceAuthorizationRequest,
): Promise<DeviceAuthorization> {
  const { client, metadata, server, oauthClient, authenticate, options, httpContext } = connection;
  const endpoint = metadata.device_authorization_endpoint;
  if (!endpoint || !metadata.token_endpoint) {
    const missing = endpoint ? l10n.t('a token endpoint') : l10n.t('a device authorization endpoint');
    throw new Failure('method-unsupported', { issuer: client.issuer, missing });
  }
  const { host } = new URL(endpoint);
  const body = new URLSearchParams(parameters);
  setScopes(body, scopes, client.dialect ?? {});
  for (const resource of resources) body.append('resource', resource);
  const takesPkce = metadata.code_challenge_methods_supported?.includes('S256') === true;
  const codeVerifier = takesPkce ? new Secret(oauth.generateRandomCodeVerifier()) : undefined;
  if (codeVerifier) {
    body.set('code_challenge', await oauth.calculatePKCECodeChallenge(codeVerifier.reveal()));
    body.set('code_challenge_method', 'S256');
  }

  const response = await oauth.deviceAuthorizationRequest(server, oauthClient, authenticate, body, options);
  await checkSuccess(response, host);
  const note = httpContext.blemishes.at(client.issuer);
  const answer = await jsonAnswer(response, host, authorized, note);
  if (answer.verification_uri === undefined) note('device.verification-url', 'verification_uri');
  const named = answer.verification_uri ?? answer.verification_url ?? '';
  const verificationUri = checkVerificationUri(connection, named, host);
  const complete = answer.verification_uri_complete;
  return {
    deviceCode: secret(answer.device_code),
    userCode: answer.user_code,
    verificationUri,
    verificationUriComplete:
      complete === undefined ? undefined : completeUri(connection, complete, verificationUri),
    expiresAt: httpContext.clock.now() + Math.min(answer.expires_in, longestLifetime) * 1000,
    interval: withinBounds(answer.interval),
    codeVerifier,
    tokenResources,
  };
}

const withinBounds = (interval: number): number =>
  Math.min(Math.max(interval, shortestInterval), longestInterval);

/** Rejects URLs that a user must not open: `javascript:`, plain http to another host, or with a password. */
function checkVerificationUri({ client }: Connection, address: string, host: string): string {
  const problem = serverAddressProblem(address, client.policy, new URL(client.issuer).hostname);
  if (problem === undefined) return new URL(address).href;
  throw new Failure('response-invalid', {
    host,
    reason: l10n.t('its URL for entering the code {0}', problem),
  });
}

/**
 * Returns the complete URL only if it has the same host as the displayed one, and leaves it out if it is invalid or
 * on another host.
 */
function completeUri(
  { client, httpContext }: Connection,
  address: string,
  shown: string,
): string | undefined {
  const isUsable =
    serverAddressProblem(address, client.policy, new URL(client.issuer).hostname) === undefined;
  if (isUsable && new URL(address).origin === new URL(shown).origin) return new URL(address).href;
  httpContext.blemishes.at(client.issuer)('device.complete-uri', 'verification_uri_complete');
  return undefined;
}

export type PollState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'slowed-down'; readonly interval: number }
  | { readonly kind: 'retrying'; readonly reason: Failure; readonly seconds: number };

export interface PollOptions {
  readonly signal: AbortSignal;
  onState(state: PollState): void;
}

/**
 * Polls for the tokens of a device authorization until there is a result (RFC 8628 section 3.5). Never polls before
 * the interval has passed, adds five seconds permanently each time the server asks to slow down, and doubles the wait
 * after each attempt without a response, to at least `Retry-After`.
 *
 * @param signal ends the wait at once. A pending request completes, because its response might contain the tokens. So
 * the connection is created without the signal.
 * @throws Failure `device-code-expired`, `access-denied`, the final ones of {@link requestTokens}, or the signal's
 * reason.
 */
export async function pollForTokens(
  connection: Connection,
  authorization: DeviceAuthorization,
  { signal, onState }: PollOptions,
): Promise<Tokens> {
  const { clock } = connection.httpContext;
  const { issuer } = connection.client;
  const expired = (): Failure => new Failure('device-code-expired', { host: new URL(issuer).host });
  let { interval } = authorization;
  let unanswered = 0;
  let pause = interval;
  for (;;) {
    const left = (authorization.expiresAt - clock.now()) / 1000;
    await wait(clock, Math.max(0, Math.min(pause, left)) * 1000, signal);
    if (clock.now() >= authorization.expiresAt) throw expired();
    try {
      return await requestOnce(connection, authorization);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Failure)) throw error;
      switch (error.oauthError) {
        case 'authorization_pending':
          unanswered = 0;
          pause = interval;
          onState({ kind: 'waiting' });
          continue;
        case 'slow_down':
          unanswered = 0;
          interval = interval + slowDownStep;
          pause = Math.max(interval, error.retryAfter ?? 0);
          onState({ kind: 'slowed-down', interval });
          continue;
        case 'expired_token':
          throw expired();
        case 'access_denied':
          throw new Failure('access-denied', { issuer, said: String(error.details['said'] ?? '') });
        default:
      }
      if (!error.passing) throw error;
      unanswered++;
      pause = Math.max(Math.min(interval * 2 ** unanswered, longestPause), interval, error.retryAfter ?? 0);
      onState({ kind: 'retrying', reason: error, seconds: Math.ceil(pause) });
    }
  }
}

/** The longest wait after attempts without a response, in seconds, unless the server asks for more. */
const longestPause = 120;

function requestOnce(connection: Connection, authorization: DeviceAuthorization): Promise<Tokens> {
  const { server, oauthClient, authenticate, options } = connection;
  const additionalParameters = new URLSearchParams();
  for (const resource of authorization.tokenResources) additionalParameters.append('resource', resource);
  if (authorization.codeVerifier) {
    additionalParameters.set('code_verifier', authorization.codeVerifier.reveal());
  }
  return requestTokens(
    connection,
    () =>
      oauth.deviceCodeGrantRequest(server, oauthClient, authenticate, authorization.deviceCode.reveal(), {
        ...options,
        additionalParameters,
      }),
    (answer, judging) => oauth.processDeviceCodeResponse(server, judging, answer),
  );
}
