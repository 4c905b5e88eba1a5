import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { secondsNow } from '../../platform/clock.ts';
import { secret, type Secret } from '../../platform/secret.ts';
import type { AddressPolicy } from '../http/address.ts';
import { serverAddressProblem } from '../http/internalHost.ts';
import { isLoopbackHost } from '../http/address.ts';
import type { NoteBlemish } from '../http/blemishes.ts';
import { publicKeySet, type ClientKey } from './keys/clientKey.ts';
import type { RegisteredAuthentication } from './clientAuthentication.ts';
import { Failure } from '../failures/failure.ts';
import { jsonAnswer } from '../http/jsonResponse.ts';
import type { Metadata } from '../server/metadata.ts';
import { readRefusal } from '../http/oauthError.ts';
import type { HttpContext } from '../server/httpContext.ts';
import type { Sending } from '../server/sendings.ts';
import type { Consent } from './consent.ts';
import { agreedMetadata, gated, ownRegistration } from './gate.ts';

/** This editor as a server has registered it (RFC 7591 section 3.2.1). */
export interface Registration {
  readonly clientId: string;
  readonly authentication: RegisteredAuthentication;
  /** The algorithm by which ID tokens for it are signed, if the server said so. */
  readonly idTokenAlgorithm?: string | undefined;
  /** The only scopes that the server allows the client. Undefined if it didn't say. */
  readonly scopes?: readonly string[] | undefined;
  /** When the client secret expires, in seconds since the epoch. Undefined if never, or if there is none. */
  readonly expiresAt: number | undefined;
  /** Where the registration can be read and changed (RFC 7592), and the token for that. */
  readonly management: { readonly address: string; readonly token: Secret } | undefined;
}

/** How a client can prove who it is that registers itself. */
export type RegisteredMethod = RegisteredAuthentication['method'];

export interface RegistrationForm {
  /** Undefined for a client that only uses device codes. */
  readonly redirectUri: string | undefined;
  /** None: the server's default scopes. */
  readonly scopes: readonly string[];
  readonly deviceGrant: boolean;
  /** With its key, where it has one. */
  readonly method: RegisteredMethod;
  readonly key: ClientKey | undefined;
}

export interface RegistrationRequest {
  readonly metadata: Metadata;
  /** To the sign-in that the registration is for. */
  readonly consent: Consent;
  readonly policy: AddressPolicy & { readonly issuer: string };
  readonly form: RegistrationForm;
  /** RFC 7591 section 3: for servers that restrict registration. */
  readonly initialAccessToken?: Secret | undefined;
  readonly signal?: AbortSignal | undefined;
}

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export const registered = {
  forms: {
    client_id: 'text',
    client_secret: 'text',
    client_secret_expires_at: 'number',
    token_endpoint_auth_method: 'text',
    redirect_uris: 'list',
    scope: 'words',
    id_token_signed_response_alg: 'text',
    registration_access_token: 'text',
    registration_client_uri: 'text',
  },
  schema: v.object({
    client_id: v.pipe(v.string(), v.nonEmpty(), v.maxLength(2000)),
    client_secret: v.optional(v.pipe(v.string(), v.maxLength(4000))),
    client_secret_expires_at: v.optional(v.number()),
    token_endpoint_auth_method: v.optional(v.string()),
    redirect_uris: v.optional(v.array(v.string())),
    scope: v.optional(v.string()),
    id_token_signed_response_alg: v.optional(v.pipe(v.string(), v.maxLength(20))),
    registration_access_token: v.optional(v.pipe(v.string(), v.maxLength(4000))),
    registration_client_uri: v.optional(v.string()),
  }),
} as const;

/**
 * Registers this editor as a native client (RFC 7591, RFC 8252 section 8.4).
 *
 * @throws Failure `method-unsupported`, `registration-closed` (an initial access token is required, or the current
 * one was rejected), `redirect-refused`, `registration-refused`, or passing ones of the HTTP client and of {@link
 * readRefusal}.
 */
export async function registerClient(
  httpContext: HttpContext,
  request: RegistrationRequest,
): Promise<Registration> {
  const { policy, form, initialAccessToken, signal } = request;
  const metadata = agreedMetadata(request.metadata, policy.issuer, request.consent);
  const address = metadata.registration_endpoint;
  if (!address) {
    throw new Failure('method-unsupported', {
      issuer: metadata.issuer,
      missing: l10n.t('a registration endpoint'),
    });
  }
  const { host } = new URL(address);
  const init = {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(initialAccessToken && { authorization: `Bearer ${initialAccessToken.reveal()}` }),
    },
    body: JSON.stringify(clientMetadata(form)),
  };
  const onSent = noting(httpContext, metadata.issuer);
  const response = await gated(httpContext, metadata, { policy, signal, onSent })(address, init);
  await checkRegistered(response, host, request);
  const note = httpContext.blemishes.at(metadata.issuer);
  const answer = await jsonAnswer(response, host, registered, note);
  if (form.redirectUri !== undefined) checkRedirectUri(form.redirectUri, answer, host, note);
  return {
    clientId: answer.client_id,
    authentication: authenticationOf(answer, host, form.key),
    idTokenAlgorithm: answer.id_token_signed_response_alg,
    // What it lists without having been asked need not be all.
    scopes: form.scopes.length > 0 ? answer.scope?.split(' ').filter(Boolean) : undefined,
    expiresAt: expiryOf(answer),
    management: managementOf(answer, policy, metadata.issuer),
  };
}

/** There is no grant yet: what is sent goes into the activity with the sign-in at this issuer. */
const noting =
  ({ sendings }: HttpContext, issuer: string) =>
  (sending: Sending): void => {
    if (sending.kinds.length > 0) sendings.add(issuer, sending);
  };

function clientMetadata({ redirectUri, scopes, deviceGrant, method, key }: RegistrationForm): object {
  const device = deviceGrant ? [deviceCodeGrant] : [];
  const code = redirectUri === undefined ? [] : ['authorization_code'];
  return {
    client_name: 'OpenID Connect Authentication for VS Code',
    application_type: redirectUri === undefined || isNative(redirectUri) ? 'native' : 'web',
    token_endpoint_auth_method: method,
    ...(key && { jwks: publicKeySet(key), token_endpoint_auth_signing_alg: key.algorithm }),
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
  { form: { redirectUri }, initialAccessToken }: RegistrationRequest,
): Promise<void> {
  const refusal = await readRefusal(response, host);
  if (!refusal) return;
  if (refusal.busy) throw refusal.busy;
  const { status, said } = refusal;
  const error = refusal.error ?? l10n.t('status {0}', status);
  const options = { status, oauthError: refusal.error };
  if (status === 401 || (status === 403 && !initialAccessToken))
    throw new Failure('registration-closed', { host, said }, options);
  if (error === 'invalid_redirect_uri' && redirectUri !== undefined) {
    throw new Failure('redirect-refused', { host, redirectUri, said }, options);
  }
  throw new Failure('registration-refused', { host, error, said }, options);
}

type Answer = v.InferOutput<typeof registered.schema>;

/** 0 is for a secret that doesn't expire (RFC 7591 section 3.2.1). */
const expiryOf = ({ client_secret: text, client_secret_expires_at: at = 0 }: Answer): number | undefined =>
  text !== undefined && at > 0 ? at : undefined;

/** The server can omit the port of a loopback URI, which it then ignores (RFC 8252 section 7.3). */
function checkRedirectUri(
  redirectUri: string,
  { redirect_uris: uris }: Answer,
  host: string,
  note: NoteBlemish,
): void {
  if (!uris || uris.includes(redirectUri)) return;
  const wanted = new URL(redirectUri);
  const registered = uris.map(uri => URL.parse(uri)?.href);
  // Some servers return a URI as they spell it.
  if (registered.includes(wanted.href)) return;
  if (wanted.protocol === 'http:') wanted.port = '';
  if (!registered.includes(wanted.href)) throw new Failure('redirect-refused', { host, redirectUri });
  note('registration.port', 'redirect_uris');
}

/** Returns the server's result for the requested method: it might issue a secret anyway. */
function authenticationOf(
  answer: Answer,
  host: string,
  key: ClientKey | undefined,
): RegisteredAuthentication {
  const { client_secret: text, token_endpoint_auth_method: named } = answer;
  const unusual = (): Failure =>
    new Failure('response-invalid', {
      host,
      reason: l10n.t('it requires an unknown client authentication method'),
    });
  if (key && (named ?? 'private_key_jwt') === 'private_key_jwt') return { method: 'private_key_jwt', key };
  if (text === undefined) return { method: 'none' };
  const method = named ?? 'client_secret_basic';
  switch (method) {
    case 'none':
      return { method };
    case 'client_secret_basic':
    case 'client_secret_post':
      return { method, secret: secret(text) };
    default:
      throw unusual();
  }
}

function managementOf(answer: Answer, policy: AddressPolicy, issuer: string): Registration['management'] {
  const { registration_client_uri: address, registration_access_token: token } = answer;
  if (address === undefined || token === undefined) return undefined;
  // The registration is good without it: it can then not be asked after.
  if (serverAddressProblem(address, policy, new URL(issuer).hostname) !== undefined) return undefined;
  return { address, token: secret(token) };
}

/** True if a registration can be used at this time, going by what is known of it here. */
export const isCurrent = (registration: Registration, httpContext: HttpContext): boolean =>
  registration.expiresAt === undefined || registration.expiresAt > secondsNow(httpContext.clock) + 60;

/**
 * Asks whether the server still knows a registration (RFC 7592 section 2.1), before sending a browser to an error
 * page. Only a clear no counts: if the server can't say, the sign-in finds out.
 *
 * @returns the registration, with the new token and client secret if the server issued any: the earlier ones are of no
 * use then. Undefined if it is gone.
 */
export async function confirmRegistration(
  httpContext: HttpContext,
  registration: Registration,
  policy: AddressPolicy & { readonly issuer: string },
  signal?: AbortSignal,
): Promise<Registration | undefined> {
  const { management } = registration;
  if (!management) return registration;
  try {
    const headers = { accept: 'application/json', authorization: `Bearer ${management.token.reveal()}` };
    const onSent = noting(httpContext, policy.issuer);
    const http = gated(httpContext, ownRegistration(management), { policy, signal, onSent });
    const response = await http(management.address, { headers });
    if ([401, 403, 404, 410].includes(response.status)) return undefined;
    if (!response.ok) return registration;
    const note = (): void => undefined;
    const answer = await jsonAnswer(response, new URL(management.address).host, registered, note);
    const { registration_access_token: token, client_secret: text } = answer;
    const { authentication } = registration;
    const isOther = (now: string | undefined, before: Secret): now is string =>
      now !== undefined && now !== before.reveal();
    const changes = {
      ...(isOther(token, management.token) && { management: { ...management, token: secret(token) } }),
      ...('secret' in authentication &&
        isOther(text, authentication.secret) && {
          authentication: { ...authentication, secret: secret(text) },
          expiresAt: expiryOf(answer),
        }),
    };
    return Object.keys(changes).length > 0 ? { ...registration, ...changes } : registration;
  } catch (error) {
    if (error instanceof Failure) return registration;
    throw error;
  }
}
