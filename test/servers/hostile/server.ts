import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import { listen, loopback, stop } from '../listening.ts';
import { recordArrival, type RecordedRequest } from '../recordedRequests.ts';
import type { Departure, Endpoint, Json, Situation } from './departure.ts';
import { sharedKeys } from './keys.ts';
import { json, redirectTo, type Answer, type Reply } from './replies.ts';
import { accessTokenHash, sign } from './tokens.ts';

/** The person who signs in: there is one, and nobody asks for a password. */
export const subject = 'alice-1';

/** The public client that is registered. */
export const clientId = 'editor';

/** A server that is correct but for what a departure says, and talks HTTP over real sockets. */
export interface HostileServer {
  readonly issuer: string;
  readonly requests: readonly RecordedRequest[];
  /** What the client did that no client may: a code sent twice, a wrong verifier, … */
  readonly violations: readonly string[];
  /** Every secret value that was sent or received, with what it is. */
  readonly secrets: ReadonlyMap<string, string>;
  /** How many connections are open now. */
  readonly connections: number;
  /** May be changed while it runs. */
  departure: Departure;
  requestsTo(endpoint: Endpoint): RecordedRequest[];
  /** Resolves when an endpoint gets its next request. */
  asked(endpoint: Endpoint): Promise<void>;
  /** Resolves when no connection is left. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

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
};

interface Code {
  readonly redirectUri: string | undefined;
  readonly challenge: string;
  readonly nonce: string | undefined;
  used: boolean;
}

const random = (): string => randomBytes(32).toString('base64url');

export async function startHostileServer(departure: Departure = {}): Promise<HostileServer> {
  const keys = await sharedKeys();
  const http = createServer();
  const sockets = new Set<Socket>();
  http.on('connection', socket => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const resolve of quiet.splice(0)) resolve();
    });
  });
  const quiet: (() => void)[] = [];
  const waiting = new Map<Endpoint, (() => void)[]>();
  await listen(http);
  const { port } = http.address() as AddressInfo;
  const origin = `http://${loopback}:${port}`;
  const issuer = `${origin}${departure.path ?? ''}`;

  const requests: RecordedRequest[] = [];
  const violations: string[] = [];
  const secrets = new Map<string, string>();
  const codes = new Map<string, Code>();
  const pushed = new Map<string, URLSearchParams>();
  const refreshTokens = new Set<string>();
  const accessTokens = new Set<string>();
  const keep = (value: string | null | undefined, what: string): void => {
    if (value) secrets.set(value, what);
  };
  const refuse = (error: string, violation?: string): Answer => {
    if (violation !== undefined) violations.push(violation);
    return json({ error }, 400);
  };

  const metadata = (): Json => ({
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
    const response = new URLSearchParams({ code, state: asked.get('state') ?? '', iss: issuer });
    return redirectTo(`${redirectUri}?${response.toString()}`);
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
    const { clientSecret, tokenLifetime = 300 } = server.departure;
    const { parameters } = situation;
    if (clientSecret !== undefined) {
      keep(clientSecret, 'client secret');
      const basic = `Basic ${btoa(`${situation.clientId}:${encodeURIComponent(clientSecret)}`)}`;
      if (authorization !== basic) return json({ error: 'invalid_client' }, 401);
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
    const now = Math.floor(Date.now() / 1000);
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
      server.departure.idToken,
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
    return json(server.departure.token?.(body, situation) ?? body);
  };

  const userInfo = async (situation: Situation, authorization: string | undefined): Promise<Answer> => {
    if (!accessTokens.has(authorization?.replace(/^Bearer /, '') ?? '')) {
      return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: '' };
    }
    const right = {
      sub: subject,
      preferred_username: 'alice',
      name: 'Alice Liddell',
      email: 'a@example.com',
    };
    const claims = server.departure.userInfo?.(right, situation) ?? right;
    const { signedUserInfo } = server.departure;
    if (!signedUserInfo) return json(claims);
    const signed = { ...(claims as Json), iss: issuer, aud: situation.clientId };
    const body = await sign(signed, signedUserInfo, situation);
    return { status: 200, headers: { 'content-type': 'application/jwt' }, body };
  };

  const register = (body: string): Answer => {
    const asked = JSON.parse(body) as Json;
    const registrationToken = random();
    keep(registrationToken, 'registration access token');
    return json({ ...asked, client_id: `registered-${random().slice(0, 8)}` }, 201);
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

  const rightAnswer = async (
    endpoint: Endpoint,
    situation: Situation,
    request: IncomingMessage,
    body: string,
  ): Promise<Answer> => {
    const { departure: now } = server;
    const { authorization } = request.headers;
    switch (endpoint) {
      case 'metadata':
        return json(now.metadata?.(metadata(), situation) ?? metadata());
      case 'keys': {
        const published = [keys.rsa.jwk, keys.ec.jwk];
        return json(now.keys?.(published, situation) ?? { keys: published });
      }
      case 'authorize': {
        const answer = authorize(situation);
        const { location } = answer.headers;
        if (location === undefined || !now.authorize) return answer;
        const [redirectUri = '', query] = location.split('?');
        const response = new URLSearchParams(query);
        now.authorize(response, situation);
        return redirectTo(`${redirectUri}?${response.toString()}`);
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
        return register(body);
      case 'device':
        return device();
      case 'pushed':
        return push(situation);
      case 'webFinger': {
        const rel = 'http://openid.net/specs/connect/1.0/issuer';
        const links = [{ rel, href: issuer }];
        return json({ subject: situation.parameters.get('resource'), links });
      }
    }
  };

  const endpointOf = (path: string): Endpoint | undefined => {
    const own = path.startsWith(departure.path ?? '') ? path.slice((departure.path ?? '').length) : path;
    if (path === paths.webFinger) return 'webFinger';
    return (Object.keys(paths) as Endpoint[]).find(endpoint => paths[endpoint] === own);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const record = recordArrival(request.method, request.url, request.headers.authorization);
    requests.push(record);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    const parameters = new URLSearchParams(isForm ? body : new URL(request.url ?? '/', origin).search);
    record.body = Object.fromEntries(parameters);
    const endpoint = endpointOf(record.path);
    if (!endpoint) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
    const count = server.requestsTo(endpoint).length;
    const asking = parameters.get('client_id') ?? clientId;
    const situation: Situation = { issuer, clientId: asking, keys, parameters, count };
    const right = await rightAnswer(endpoint, situation, request, body);
    for (const resolve of waiting.get(endpoint)?.splice(0) ?? []) resolve();
    const reply: Reply = server.departure.replies?.[endpoint]?.(right, situation) ?? right;
    if (typeof reply === 'function') return reply(request, response);
    record.status = reply.status;
    response.writeHead(reply.status, reply.headers).end(reply.body);
  };

  const server: HostileServer = {
    issuer,
    requests,
    violations,
    secrets,
    departure,
    get connections() {
      return sockets.size;
    },
    requestsTo: endpoint => requests.filter(({ path }) => endpointOf(path) === endpoint),
    asked: endpoint =>
      new Promise(resolve => waiting.set(endpoint, [...(waiting.get(endpoint) ?? []), resolve])),
    quiet: () => new Promise(resolve => (sockets.size === 0 ? resolve() : quiet.push(resolve))),
    close: () => stop(http),
  };
  http.on('request', (request, response) => {
    handle(request, response).catch((error: unknown) => {
      violations.push(`the server failed: ${String(error)}`);
      response.destroy();
    });
  });
  return server;
}
