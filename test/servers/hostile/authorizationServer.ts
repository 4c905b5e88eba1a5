import { createHash, randomBytes } from 'node:crypto';
import type { Departure, Endpoint, Json, Situation } from './departure.ts';
import type { KeyName, ServerKey } from './keys.ts';
import { json, redirectTo, type Answer } from './replies.ts';
import { accessTokenHash, sign } from './tokens.ts';

/** The person who signs in: there is one, and nobody asks for a password. */
export const subject = 'alice-1';

export const paths: Readonly<Record<Endpoint, string>> = {
  metadata: '/.well-known/openid-configuration',
  keys: '/keys',
  authorize: '/authorize',
  token: '/token',
  userInfo: '/userinfo',
  revoke: '/revoke',
  endSession: '/end-session',
  register: '/register',
  device: '/device',
  webFinger: '/.well-known/webfinger',
  pushed: '/par',
  introspect: '/introspect',
  resource: '/.well-known/oauth-protected-resource',
};

/** What a request brings besides its parameters. */
export interface RequestParts {
  readonly authorization: string | undefined;
  readonly body: string;
}

export type AnswerRight = (
  endpoint: Endpoint,
  situation: Situation,
  request: RequestParts,
) => Promise<Answer>;

export interface AuthorizationServerOptions {
  readonly issuer: string;
  readonly keys: Readonly<Record<KeyName, ServerKey>>;
  departure(): Departure;
  /** Told of each value that is secret, and what it is. */
  keep(value: string | null | undefined, what: string): void;
  readonly violations: string[];
}

interface Code {
  readonly redirectUri: string | undefined;
  readonly challenge: string;
  readonly nonce: string | undefined;
  used: boolean;
}

/** Client id and secret of basic authentication, each form-encoded on its own (RFC 6749 section 2.3.1). */
export function basicPair(authorization: string | undefined): readonly (string | undefined)[] {
  const encoded = /^Basic (\S+)$/.exec(authorization ?? '')?.[1];
  return encoded === undefined ? [] : atob(encoded).split(':').map(decodeURIComponent);
}

const random = (): string => randomBytes(32).toString('base64url');

/** The document of a server that does everything right. */
export const rightMetadata = (issuer: string): Json => ({
  issuer,
  authorization_endpoint: `${issuer}${paths.authorize}`,
  token_endpoint: `${issuer}${paths.token}`,
  jwks_uri: `${issuer}${paths.keys}`,
  userinfo_endpoint: `${issuer}${paths.userInfo}`,
  revocation_endpoint: `${issuer}${paths.revoke}`,
  end_session_endpoint: `${issuer}${paths.endSession}`,
  registration_endpoint: `${issuer}${paths.register}`,
  device_authorization_endpoint: `${issuer}${paths.device}`,
  response_types_supported: ['code'],
  grant_types_supported: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
  id_token_signing_alg_values_supported: ['RS256', 'ES256', 'HS256', 'none'],
  userinfo_signing_alg_values_supported: ['RS256'],
  authorization_response_iss_parameter_supported: true,
});

/**
 * An authorization server that does everything right, but for what changes the members of its documents and
 * tokens. It checks what a client must do: PKCE, exact redirect URIs, codes and refresh tokens used once.
 */
export function createAuthorizationServer({
  issuer,
  keys,
  departure,
  keep,
  violations,
}: AuthorizationServerOptions): AnswerRight {
  const codes = new Map<string, Code>();
  const pushed = new Map<string, URLSearchParams>();
  const refreshTokens = new Set<string>();
  const accessTokens = new Set<string>();
  const registrations = new Map<string, Json>();
  const refuse = (error: string, violation: string): Answer => {
    violations.push(violation);
    return json({ error }, 400);
  };

  const authorize = ({ parameters }: Situation): Answer => {
    const requestUri = parameters.get('request_uri');
    const asked = (requestUri !== null && pushed.get(requestUri)) || parameters;
    const redirectUri = asked.get('redirect_uri');
    const challenge = asked.get('code_challenge');
    keep(asked.get('state'), 'state');
    keep(asked.get('nonce'), 'nonce');
    if (redirectUri === null || challenge === null || asked.get('code_challenge_method') !== 'S256') {
      return refuse('invalid_request', 'an authorization request without redirect URI or PKCE S256');
    }
    const code = random();
    keep(code, 'code');
    codes.set(code, { redirectUri, challenge, nonce: asked.get('nonce') ?? undefined, used: false });
    const end = new URL(redirectUri);
    const response = { code, state: asked.get('state') ?? '', iss: issuer };
    for (const [name, value] of Object.entries(response)) end.searchParams.set(name, value);
    return redirectTo(end.href);
  };

  const redeem = ({ parameters }: Situation): Code | Answer => {
    const code = codes.get(parameters.get('code') ?? '');
    keep(parameters.get('code_verifier'), 'code verifier');
    if (!code) return refuse('invalid_grant', 'a code that this server never gave');
    if (code.used) return refuse('invalid_grant', 'a code sent twice');
    code.used = true;
    if (parameters.get('redirect_uri') !== code.redirectUri) {
      return refuse('invalid_grant', 'another redirect URI with the code');
    }
    const verifier = createHash('sha256')
      .update(parameters.get('code_verifier') ?? '')
      .digest('base64url');
    return verifier === code.challenge ? code : refuse('invalid_grant', 'a wrong code verifier');
  };

  const token = async (situation: Situation, authorization: string | undefined): Promise<Answer> => {
    const { clientSecret, tokenLifetime = 300 } = departure();
    const { parameters } = situation;
    if (departure().knowsClient?.(situation) === false) return json({ error: 'invalid_client' }, 401);
    if (clientSecret !== undefined) {
      keep(clientSecret, 'client secret');
      if (basicPair(authorization)[1] !== clientSecret) return json({ error: 'invalid_client' }, 401);
    }
    let nonce: string | undefined;
    if (parameters.get('grant_type') === 'refresh_token') {
      // Rotation: each refresh token is good for one refresh.
      if (!refreshTokens.delete(parameters.get('refresh_token') ?? '')) {
        return refuse('invalid_grant', 'a refresh token sent twice');
      }
    } else if (parameters.get('grant_type') === 'authorization_code') {
      const code = redeem(situation);
      if ('status' in code) return code;
      nonce = code.nonce;
    }
    keep(parameters.get('code_verifier'), 'code verifier');
    const now = Math.floor(Date.now() / 1000) + (departure().clockAhead ?? 0);
    const [accessToken, refreshToken] = [random(), random()];
    accessTokens.add(accessToken);
    refreshTokens.add(refreshToken);
    const idToken = await sign(
      {
        iss: issuer,
        sub: subject,
        aud: situation.clientId,
        iat: now,
        exp: now + tokenLifetime,
        preferred_username: 'alice',
        at_hash: accessTokenHash(accessToken),
        ...(nonce !== undefined && { nonce }),
      },
      departure().idToken,
      situation,
    );
    keep(accessToken, 'access token');
    keep(refreshToken, 'refresh token');
    keep(idToken, 'ID token');
    const body = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: tokenLifetime,
      refresh_token: refreshToken,
      id_token: idToken,
    };
    return json(departure().token?.(body, situation) ?? body);
  };

  const userInfo = async (situation: Situation, authorization: string | undefined): Promise<Answer> => {
    if (!accessTokens.has(authorization?.replace(/^(?:Bearer|DPoP) /, '') ?? '')) {
      return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: '' };
    }
    const right = {
      sub: subject,
      preferred_username: 'alice',
      name: 'Alice Liddell',
      email: 'a@example.com',
    };
    const claims = departure().userInfo?.(right, situation) ?? right;
    const { signedUserInfo } = departure();
    if (!signedUserInfo) return json(claims);
    const signed = { ...(claims as Json), iss: issuer, aud: situation.clientId };
    const body = await sign(signed, signedUserInfo, situation);
    return { status: 200, headers: { 'content-type': 'application/jwt' }, body };
  };

  const register = (body: string, authorization: string | undefined): Answer => {
    const known = registrations.get(authorization?.replace(/^Bearer /, '') ?? '');
    if (body === '') return known ? json(known) : json({ error: 'invalid_token' }, 401);
    const registrationToken = random();
    keep(registrationToken, 'registration access token');
    const wanted = JSON.parse(body) as Json;
    const method = wanted['token_endpoint_auth_method'];
    const hasSecret = method === 'client_secret_basic' || method === 'client_secret_post';
    const clientSecret = hasSecret ? (departure().clientSecret ?? random()) : undefined;
    keep(clientSecret, 'client secret');
    const registration = {
      ...wanted,
      ...(clientSecret !== undefined && { client_secret: clientSecret }),
      client_id: `registered-${random().slice(0, 8)}`,
      registration_client_uri: `${issuer}${paths.register}`,
      registration_access_token: registrationToken,
    };
    registrations.set(registrationToken, registration);
    return json(registration, 201);
  };

  const device = (): Answer => {
    const deviceCode = random();
    keep(deviceCode, 'device code');
    return json({
      device_code: deviceCode,
      user_code: 'WDJB-MJHT',
      verification_uri: `${issuer}/enter`,
      expires_in: 600,
      interval: 5,
    });
  };

  const push = ({ parameters }: Situation): Answer => {
    const uri = `urn:ietf:params:oauth:request_uri:${random()}`;
    pushed.set(uri, parameters);
    return json({ request_uri: uri, expires_in: 60 }, 201);
  };

  return async (endpoint, situation, { authorization, body }) => {
    const now = departure();
    switch (endpoint) {
      case 'metadata':
        return json(now.metadata?.(rightMetadata(issuer), situation) ?? rightMetadata(issuer));
      case 'keys': {
        const published = [keys.rsa.jwk, keys.ec.jwk];
        return json(now.keys?.(published, situation) ?? { keys: published });
      }
      case 'authorize': {
        const answer = authorize(situation);
        const { location } = answer.headers;
        if (location === undefined || !now.authorize) return answer;
        const end = new URL(location);
        now.authorize(end.searchParams, situation);
        return redirectTo(end.href);
      }
      case 'token':
        return token(situation, authorization);
      case 'userInfo':
        return userInfo(situation, authorization);
      case 'revoke':
        return json({});
      case 'endSession': {
        const target = situation.parameters.get('post_logout_redirect_uri');
        keep(situation.parameters.get('state'), 'logout state');
        if (target === null) return { status: 200, headers: {}, body: 'You are signed out.' };
        const state = situation.parameters.get('state');
        return redirectTo(`${target}?${state === null ? '' : new URLSearchParams({ state }).toString()}`);
      }
      case 'register':
        return register(body, authorization);
      case 'device':
        return device();
      case 'pushed':
        return push(situation);
      case 'introspect': {
        const active = accessTokens.has(situation.parameters.get('token') ?? '');
        return json({ active, sub: subject, scope: 'openid', groups: ['staff'] });
      }
      case 'resource':
        if (!now.isApi) return json({}, 404);
        return json({
          resource: new URL(issuer).origin,
          authorization_servers: [issuer],
          scopes_supported: ['read'],
        });
      case 'webFinger': {
        const rel = 'http://openid.net/specs/connect/1.0/issuer';
        const links = [{ rel, href: issuer }];
        return json({ subject: situation.parameters.get('resource'), links });
      }
    }
  };
}
