import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { secondsNow } from '../../platform/clock.ts';
import { secret, type Secret } from '../../platform/secret.ts';
import { serverAddressProblem, type AddressPolicy } from '../http/address.ts';
import { isLoopbackHost } from '../http/internalHost.ts';
import type { SharedSecretAuthentication } from './clientAuthentication.ts';
import { Failure } from '../failures/failure.ts';
import { jsonAnswer } from '../http/jsonResponse.ts';
import type { Metadata } from '../server/metadata.ts';
import { tokenEndpointFailure } from '../http/oauthError.ts';
import type { HttpContext } from '../server/httpContext.ts';

/** This editor as a server has registered it (RFC 7591 section 3.2.1). */
export interface Registration {
  readonly clientId: string;
  readonly authentication: SharedSecretAuthentication;
  /** The algorithm by which ID tokens for it are signed, if the server said so. */
  readonly idTokenAlgorithm?: string | undefined;
  /** When the client secret ends, in seconds since the epoch; undefined if never, or if there is none. */
  readonly expiresAt: number | undefined;
  /** Where the registration can be read and changed (RFC 7592), and the token for that. */
  readonly management: { readonly address: string; readonly token: Secret } | undefined;
}

export interface RegistrationRequest {
  readonly metadata: Metadata;
  readonly policy: AddressPolicy;
  /** Undefined for a client that only uses device codes. */
  readonly redirectUri: string | undefined;
  readonly scopes: readonly string[];
  /** RFC 7591 section 3: for servers that do not let everybody register. */
  readonly initialAccessToken?: Secret | undefined;
  readonly signal?: AbortSignal | undefined;
}

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const registered = v.object({
  client_id: v.pipe(v.string(), v.nonEmpty(), v.maxLength(2000)),
  client_secret: v.nullish(v.pipe(v.string(), v.maxLength(4000))),
  client_secret_expires_at: v.nullish(v.pipe(v.number(), v.finite())),
  token_endpoint_auth_method: v.nullish(v.string()),
  redirect_uris: v.nullish(v.array(v.string())),
  id_token_signed_response_alg: v.nullish(v.pipe(v.string(), v.maxLength(20))),
  registration_access_token: v.nullish(v.pipe(v.string(), v.maxLength(4000))),
  registration_client_uri: v.nullish(v.string()),
});

/**
 * Registers this editor as a public native client (RFC 7591, RFC 8252 section 8.4).
 *
 * @throws Failure `method-unsupported`, `registration-closed` (an initial access token is needed, or the one
 * given is not accepted), `redirect-refused`, `registration-refused`, or those of the http client and of
 * {@link tokenEndpointFailure} that are passing.
 */
export async function registerClient(
  httpContext: HttpContext,
  request: RegistrationRequest,
): Promise<Registration> {
  const { metadata, policy, redirectUri, initialAccessToken, signal } = request;
  const address = metadata.registration_endpoint;
  if (!address) {
    throw new Failure('method-unsupported', {
      issuer: metadata.issuer,
      missing: l10n.t('a registration endpoint'),
    });
  }
  const { host } = new URL(address);
  const response = await httpContext.http(policy, signal)(address, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(initialAccessToken && { authorization: `Bearer ${initialAccessToken.reveal()}` }),
    },
    body: JSON.stringify(clientMetadata(request)),
  });
  await checkRegistered(response, host, redirectUri);
  const answer = await jsonAnswer(response, host, registered);
  if (redirectUri !== undefined && answer.redirect_uris && !answer.redirect_uris.includes(redirectUri)) {
    throw new Failure('redirect-refused', { host, redirectUri });
  }
  const expiresAt = answer.client_secret_expires_at ?? 0;
  return {
    clientId: answer.client_id,
    authentication: authenticationOf(answer, host),
    idTokenAlgorithm: answer.id_token_signed_response_alg ?? undefined,
    expiresAt: answer.client_secret && expiresAt > 0 ? expiresAt : undefined,
    management: managementOf(answer, policy, metadata.issuer),
  };
}

function clientMetadata({ metadata, redirectUri, scopes }: RegistrationRequest): object {
  const device = metadata.device_authorization_endpoint ? [deviceCodeGrant] : [];
  const code = redirectUri === undefined ? [] : ['authorization_code'];
  return {
    client_name: 'OpenID Connect Authentication for VS Code',
    application_type: redirectUri === undefined || isNative(redirectUri) ? 'native' : 'web',
    token_endpoint_auth_method: 'none',
    grant_types: [...code, 'refresh_token', ...device],
    response_types: redirectUri === undefined ? [] : ['code'],
    redirect_uris: redirectUri === undefined ? [] : [redirectUri],
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  };
}

/** OpenID Connect Registration 1.0 section 2: native clients use their own scheme or http on this computer. */
function isNative(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri);
  return protocol === 'http:' ? isLoopbackHost(hostname) : protocol !== 'https:';
}

async function checkRegistered(
  response: Response,
  host: string,
  redirectUri: string | undefined,
): Promise<void> {
  if (response.status === 401 || response.status === 403) throw new Failure('registration-closed', { host });
  const failure = await tokenEndpointFailure(response, host);
  if (!failure || failure.passing) {
    if (failure) throw failure;
    return;
  }
  const error = String(failure.details['error'] ?? l10n.t('an unreadable error'));
  if (error === 'invalid_redirect_uri' && redirectUri !== undefined) {
    throw new Failure('redirect-refused', { host, redirectUri });
  }
  throw new Failure('registration-refused', { host, error, said: String(failure.details['said'] ?? '') });
}

type Answer = v.InferOutput<typeof registered>;

/** What the server made of the wish for no authentication; it may give a secret all the same. */
function authenticationOf(answer: Answer, host: string): SharedSecretAuthentication {
  if (!answer.client_secret) return { method: 'none' };
  const method = answer.token_endpoint_auth_method ?? 'client_secret_basic';
  switch (method) {
    case 'none':
      return { method };
    case 'client_secret_basic':
    case 'client_secret_post':
      return { method, secret: secret(answer.client_secret) };
    default:
      throw new Failure('response-invalid', {
        host,
        reason: l10n.t('it asks for an unknown client authentication'),
      });
  }
}

function managementOf(answer: Answer, policy: AddressPolicy, issuer: string): Registration['management'] {
  const { registration_client_uri: address, registration_access_token: token } = answer;
  if (!address || !token) return undefined;
  // The registration is good without it: it can then not be asked after.
  if (serverAddressProblem(address, policy, new URL(issuer).hostname) !== undefined) return undefined;
  return { address, token: secret(token) };
}

/** True if a registration can be used at this time, going by what is known of it here. */
export const isCurrent = (registration: Registration, httpContext: HttpContext): boolean =>
  registration.expiresAt === undefined || registration.expiresAt > secondsNow(httpContext.clock) + 60;

/**
 * Asks whether the server still knows a registration (RFC 7592 section 2.1), so that a browser is not sent to
 * an error page. Only a clear no counts as one: a server that cannot say is asked by the sign-in itself.
 *
 * @returns the registration, with a new token if the server gave one; undefined if it is gone.
 */
export async function confirmRegistration(
  httpContext: HttpContext,
  registration: Registration,
  policy: AddressPolicy,
  signal?: AbortSignal,
): Promise<Registration | undefined> {
  const { management } = registration;
  if (!management) return registration;
  try {
    const response = await httpContext.http(policy, signal)(management.address, {
      headers: { accept: 'application/json', authorization: `Bearer ${management.token.reveal()}` },
    });
    if ([401, 403, 404, 410].includes(response.status)) return undefined;
    if (response.status !== 200) return registration;
    const answer = await jsonAnswer(response, new URL(management.address).host, registered);
    const token = answer.registration_access_token;
    if (!token || token === management.token.reveal()) return registration;
    return { ...registration, management: { ...management, token: secret(token) } };
  } catch (error) {
    if (error instanceof Failure) return registration;
    throw error;
  }
}
