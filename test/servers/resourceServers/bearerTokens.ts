import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { apiResource } from '../identityProvider/resources.ts';

/** How a resource server judges the access tokens it is sent. */
export interface BearerTokenOptions {
  /** Whose access tokens are accepted. */
  readonly issuer: string;
  /** Where the issuer is reached, if its own name does not resolve in this process. */
  readonly issuerAddress?: string;
  /** Who the access tokens must be for; by default the identity provider's default resource. */
  readonly audience?: string;
  /** Ask the issuer about each token (RFC 7662), so that one that was revoked is refused at once. */
  readonly introspection?: { readonly clientId: string; readonly clientSecret: string };
  /** The time at which tokens are judged, milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What is known about the caller. */
export interface Caller {
  readonly sub: string;
  readonly scopes: readonly string[];
  readonly acr: string | undefined;
  /** Seconds since the epoch. */
  readonly authTime: number | undefined;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Judges a token: the caller it stands for, or undefined if it is not accepted. Rejects if that cannot be told. */
export type JudgeToken = (token: string) => Promise<Caller | undefined>;

/** The token in an `Authorization` header (RFC 6750 section 2.1). */
export const bearerTokenIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +([\w~+/.-]+=*) *$/i.exec(authorization ?? '')?.[1];

/** A `WWW-Authenticate` header (RFC 6750 section 3). */
export const bearerChallenge = (parameters: Readonly<Record<string, string>>): string =>
  `Bearer ${Object.entries({ realm: 'test, of "quoting"', ...parameters })
    .map(([name, value]) => `${name}="${value.replaceAll('"', "'")}"`)
    .join(', ')}`;

/** Errors of `jose` that say nothing about the token: the issuer's keys could not be read. */
const issuerProblems = new Set([errors.JOSEError.code, errors.JWKSTimeout.code, errors.JWKSInvalid.code]);

export function judgeTokens(options: BearerTokenOptions): JudgeToken {
  const { issuer, issuerAddress = issuer, audience = apiResource, introspection, now = Date.now } = options;
  type Metadata = { jwks_uri: string; introspection_endpoint: string };
  const metadata = async () =>
    (await (await fetch(`${issuerAddress}/.well-known/openid-configuration`)).json()) as Metadata;
  const here = (address: string) => address.replace(new URL(address).origin, issuerAddress);
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const issuerKeys = () =>
    (keys ??= metadata().then(({ jwks_uri: jwksUri }) =>
      // No cooldown: an issuer that changes its keys must not make a test wait.
      createRemoteJWKSet(new URL(here(jwksUri)), { cooldownDuration: 0 }),
    ));

  const verify: JudgeToken = async token => {
    try {
      const { payload } = await jwtVerify(token, await issuerKeys(), {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ['RS256', 'ES256'],
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(now()),
      });
      return callerIn(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError && !issuerProblems.has(error.code)) return undefined;
      throw error;
    }
  };

  const introspect: JudgeToken = async token => {
    const { clientId, clientSecret } = introspection ?? { clientId: '', clientSecret: '' };
    const response = await fetch(here((await metadata()).introspection_endpoint), {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    });
    if (!response.ok) throw new Error(`The introspection endpoint answered ${response.status}`);
    const claims = (await response.json()) as Record<string, unknown>;
    const isCurrent = Number(claims['exp']) * 1000 > now();
    return claims['active'] === true && isCurrent ? callerIn(claims) : undefined;
  };

  return introspection ? introspect : verify;
}

function callerIn(claims: Readonly<Record<string, unknown>>): Caller {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined);
  return {
    sub: text('sub') ?? '',
    scopes: (text('scope') ?? '').split(' ').filter(Boolean),
    acr: text('acr'),
    authTime: typeof claims['auth_time'] === 'number' ? claims['auth_time'] : undefined,
    expiresAt: Number(claims['exp']),
  };
}
