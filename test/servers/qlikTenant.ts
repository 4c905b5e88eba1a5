import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JWK } from 'jose';
import type { TestCertificate } from './certificates.ts';
import { json, redirectTo, type Answer } from './hostile/replies.ts';
import { listen, loopback, stop } from './listening.ts';
import { recordArrival, type RecordedRequest } from './recordedRequests.ts';

/** A client as the administration of the tenant has it. */
export interface QlikClient {
  readonly id: string;
  readonly type: 'native' | 'single-page' | 'web';
  readonly secret?: string;
  readonly keys?: () => { readonly keys: readonly JWK[] };
  readonly redirectUris?: readonly string[];
  /** Besides the authorization code: what a web client is ticked for. */
  readonly service?: boolean;
  readonly impersonation?: boolean;
  readonly scopes: readonly string[];
  /** One that registered itself is of no use until an administrator has connected with it. */
  approved?: boolean;
}

/** A user of the tenant. */
export interface QlikUser {
  readonly id: string;
  readonly subject: string;
  readonly name: string;
  readonly email?: string;
  readonly isAdministrator?: boolean;
  disabled?: boolean;
}

/** What the tenant can be made to do. */
export interface QlikHabits {
  /** Errors of the token endpoint: as a list, which is how its API describes them, or as OAuth has them. */
  errors: 'list' | 'oauth';
  /** Says how long a token lives. */
  saysLifetime: boolean;
  /** Gives a refresh token to those who need none (RFC 6749 section 4.4.3: it should not). */
  alwaysRefreshToken: boolean;
  /** Answers the token endpoint's requests with this. */
  answer: Answer | undefined;
}

export interface QlikTenant {
  readonly host: string;
  /** Sends requests for the tenant's host to this server, and no request anywhere else. */
  readonly fetch: typeof fetch;
  readonly clients: Map<string, QlikClient>;
  readonly users: QlikUser[];
  readonly habits: QlikHabits;
  readonly tokenRequests: {
    readonly contentType: string;
    readonly parameters: Json;
    readonly basic: boolean;
  }[];
  readonly requests: readonly RecordedRequest[];
  /** Who an access token belongs to: a user, or the client itself. */
  ownerOf(accessToken: string): string | undefined;
  /** Does what a browser and this user do: returns the redirect URI with the response. */
  signIn(address: string, userId: string): Promise<URL>;
  close(): Promise<void>;
}

type Json = Record<string, unknown>;

interface Code {
  readonly client: string;
  readonly user: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly scopes: readonly string[];
}

/** Algorithms that the tenant takes for keys of clients. */
const keyAlgorithms = ['RS256', 'RS512', 'ES384'];
const lifetime = 21_600;
const originalTarget = 'x-original-url';
const actingUser = 'x-acting-user';
const random = (): string => randomBytes(24).toString('base64url');

/** An error as the tenant's API describes it, with what OAuth would call it. */
class Refusal extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  constructor([status, error, code, title]: readonly [number, string, string, string], detail: string) {
    super(detail);
    this.status = status;
    this.error = error;
    this.code = code;
    this.title = title;
    this.detail = detail;
  }
}

/** Only OAUTH-1 and OAUTH-14 are known from outside; the others are this server's own. */
const refusals = {
  redirectUri: [400, 'invalid_request', 'OAUTH-1', 'Invalid redirect_uri'],
  client: [400, 'invalid_client', 'OAUTH-14', 'Invalid client_id'],
  credentials: [401, 'invalid_client', 'OAUTH-14', 'Invalid client credentials'],
  grantType: [400, 'unauthorized_client', 'OAUTH-40', 'Grant type not allowed'],
  scope: [400, 'invalid_scope', 'OAUTH-41', 'Invalid scope'],
  request: [400, 'invalid_request', 'OAUTH-42', 'Invalid request'],
  grant: [401, 'invalid_grant', 'OAUTH-43', 'Invalid grant'],
  user: [400, 'invalid_grant', 'OAUTH-44', 'User not found'],
  disabled: [403, 'access_denied', 'OAUTH-45', 'User is disabled'],
  unapproved: [403, 'access_denied', 'OAUTH-46', 'Client is not approved'],
} as const;

/**
 * A tenant that speaks OAuth as Qlik Cloud does, under the name `name`.
 *
 * @param certificate with one, it can be reached by https under that name and its port; without, by `fetch` alone.
 */
export async function startQlikTenant(
  name = 'acme.eu.qlikcloud.example',
  certificate?: TestCertificate,
): Promise<QlikTenant> {
  const http = certificate
    ? createTlsServer({ cert: certificate.certificate, key: certificate.privateKey })
    : createServer();
  const port = await listen(http);
  const host = certificate ? `${name}:${port}` : name;
  const origin = `https://${host}`;
  const tokenEndpoint = `${origin}/oauth/token`;
  const codes = new Map<string, Code>();
  const refreshTokens = new Map<string, Omit<Code, 'redirectUri' | 'challenge'>>();
  const accessTokens = new Map<string, string>();
  const assertions = new Set<string>();
  const requests: RecordedRequest[] = [];

  const refuse = (kind: keyof typeof refusals, detail: string): never => {
    throw new Refusal(refusals[kind], detail);
  };
  const errorAnswer = ({ status, error, code, title, detail }: Refusal): Answer =>
    tenant.habits.errors === 'list'
      ? json(
          { errors: [{ code, title, detail, status: String(status) }], traceId: '00000000d3a2403f' },
          status,
        )
      : json({ error, error_code: code, error_detail: detail }, status);

  const scopesFor = (client: QlikClient, scope: unknown): string[] => {
    const asked = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
    const foreign = asked.filter(one => !client.scopes.includes(one));
    if (foreign.length > 0) refuse('scope', `The client may not have ${foreign.join(' ')}`);
    return asked.length > 0 ? asked : ['user_default'];
  };

  const authorize = (parameters: URLSearchParams, userId: string): Answer => {
    const get = (name: string): string => parameters.get(name) ?? '';
    const client = tenant.clients.get(get('client_id')) ?? refuse('client', 'OAuth client is not authorized');
    const redirectUri = get('redirect_uri');
    if (!client.redirectUris?.includes(redirectUri)) refuse('redirectUri', 'redirect_uri is not registered');
    const back = (response: Record<string, string>): Answer => {
      const query = new URLSearchParams({ ...response, ...(get('state') && { state: get('state') }) });
      return redirectTo(`${redirectUri}?${query.toString()}`);
    };
    try {
      if (get('response_type') !== 'code') refuse('request', 'response_type must be code');
      if (get('state') === '') refuse('request', 'state is required');
      if (get('code_challenge_method') !== 'S256') refuse('request', 'code_challenge_method must be S256');
      const challenge = parameters.get('code_challenge');
      if (client.type !== 'web' && challenge === null) refuse('request', 'code_challenge is required');
      const scopes = scopesFor(client, get('scope'));
      const user = tenant.users.find(({ id }) => id === userId);
      if (!user || user.disabled) return refuse('disabled', 'This user may not sign in');
      if (user.isAdministrator) client.approved = true;
      if (client.approved === false) refuse('unapproved', 'An administrator has to connect first');
      const code = random();
      codes.set(code, { client: client.id, user: user.id, redirectUri, challenge, scopes });
      return back({ code });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return back({ error: error.error, error_code: error.code, error_detail: error.detail });
    }
  };

  const authenticated = async (parameters: Json, authorization: string | undefined): Promise<QlikClient> => {
    const [, basic] = /^Basic (.+)$/.exec(authorization ?? '') ?? [];
    const pair = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString().split(':');
    const [basicId, basicSecret] = (pair ?? []).map(part => decodeURIComponent(part.replaceAll('+', ' ')));
    const id = basicId ?? String(parameters['client_id']);
    const client = tenant.clients.get(id) ?? refuse('credentials', 'No such client');
    const secret = basicSecret ?? parameters['client_secret'];
    const assertion = parameters['client_assertion'];
    if (typeof assertion === 'string') {
      const { alg = '' } = decodeProtectedHeader(assertion);
      if (!keyAlgorithms.includes(alg)) refuse('credentials', `Keys of ${alg} are not supported`);
      const keys = [...(client.keys?.() ?? { keys: [] }).keys];
      const verified = await jwtVerify(assertion, createLocalJWKSet({ keys }), {
        issuer: id,
        subject: id,
        audience: tokenEndpoint,
        requiredClaims: ['jti', 'iat', 'exp'],
      }).catch(() => refuse('credentials', 'The assertion is not valid'));
      const jti = String(verified.payload.jti);
      if (assertions.has(jti)) refuse('credentials', 'The assertion was used before');
      assertions.add(jti);
    } else if (client.type === 'web' || client.secret !== undefined) {
      if (client.secret === undefined || secret !== client.secret)
        refuse('credentials', 'The secret is wrong');
    } else if (secret !== undefined) {
      refuse('credentials', 'A public client has no secret');
    }
    return client;
  };

  const issue = (
    client: QlikClient,
    owner: string,
    scopes: readonly string[],
    refreshes: boolean,
  ): Answer => {
    const accessToken = random();
    accessTokens.set(accessToken, owner);
    const refreshToken = refreshes || tenant.habits.alwaysRefreshToken ? random() : undefined;
    if (refreshToken !== undefined)
      refreshTokens.set(refreshToken, { client: client.id, user: owner, scopes });
    return json({
      access_token: accessToken,
      token_type: 'bearer',
      scope: scopes.join(' '),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(tenant.habits.saysLifetime && {
        expires_in: lifetime,
        expires_at: new Date(Date.now() + lifetime * 1000).toISOString(),
      }),
    });
  };

  const token = async (parameters: Json, authorization: string | undefined): Promise<Answer> => {
    const client = await authenticated(parameters, authorization);
    switch (parameters['grant_type']) {
      case 'authorization_code': {
        const key = String(parameters['code']);
        const code = codes.get(key);
        codes.delete(key);
        if (code?.client !== client.id || code.redirectUri !== parameters['redirect_uri']) {
          return refuse('grant', 'The code is not valid');
        }
        const verifier = createHash('sha256').update(String(parameters['code_verifier'])).digest('base64url');
        if (code.challenge !== null && verifier !== code.challenge) refuse('grant', 'Wrong code_verifier');
        return issue(client, code.user, code.scopes, code.scopes.includes('offline_access'));
      }
      case 'refresh_token': {
        const key = String(parameters['refresh_token']);
        const known = refreshTokens.get(key);
        if (known?.client !== client.id) return refuse('grant', 'The refresh token is not valid');
        refreshTokens.delete(key);
        return issue(client, known.user, known.scopes, true);
      }
      case 'client_credentials':
        if (!client.service) refuse('grantType', 'Machine-to-machine is not enabled for this client');
        return issue(client, client.id, scopesFor(client, parameters['scope']), false);
      case 'urn:qlik:oauth:user-impersonation': {
        if (!client.impersonation) refuse('grantType', 'Impersonation is not enabled for this client');
        const { field, value } = (parameters['user_lookup'] ?? {}) as { field?: unknown; value?: unknown };
        if (typeof value !== 'string' || (field !== 'userId' && field !== 'subject')) {
          return refuse('request', 'user_lookup must be an object with field and value');
        }
        const user = tenant.users.find(one => one[field === 'userId' ? 'id' : 'subject'] === value);
        if (!user) return refuse('user', 'There is no such user in this tenant');
        if (user.disabled) refuse('disabled', 'This user may not sign in');
        return issue(client, user.id, scopesFor(client, parameters['scope']), false);
      }
      default:
        return refuse('grantType', `Unknown grant type ${String(parameters['grant_type'])}`);
    }
  };

  const register = (metadata: Json): Answer => {
    const redirectUris = Array.isArray(metadata['redirect_uris'])
      ? metadata['redirect_uris'].map(String)
      : [];
    const id = random();
    const scopes = ['user_default', 'mcp:execute', 'offline_access'];
    tenant.clients.set(id, { id, type: 'native', redirectUris, scopes, approved: false });
    const own = { client_id: id, redirect_uris: redirectUris, token_endpoint_auth_method: 'none' };
    return json({ ...metadata, ...own, scope: scopes.join(' ') }, 201);
  };

  const userOf = (authorization: string | undefined): Answer => {
    const owner = accessTokens.get(/^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '');
    const user = tenant.users.find(({ id }) => id === owner);
    const client = tenant.clients.get(owner ?? '');
    if (user) return json({ id: user.id, subject: user.subject, name: user.name, email: user.email });
    return client ? json({ id: `qlikbot-${client.id}`, name: client.id }) : json({ errors: [] }, 401);
  };

  const answer = async (url: URL, request: RequestParts): Promise<Answer> => {
    const { parameters, contentType, authorization, user } = request;
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return json({
          issuer: origin,
          authorization_endpoint: `${origin}/oauth/authorize`,
          token_endpoint: tokenEndpoint,
          revocation_endpoint: `${origin}/oauth/revoke`,
          registration_endpoint: `${origin}/oauth/register`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
        });
      case '/oauth/authorize':
        return authorize(url.searchParams, user);
      case '/oauth/token':
        tenant.tokenRequests.push({ contentType, parameters, basic: authorization !== undefined });
        return tenant.habits.answer ?? token(parameters, authorization);
      case '/oauth/revoke':
        await authenticated(parameters, authorization);
        accessTokens.delete(String(parameters['token']));
        refreshTokens.delete(String(parameters['token']));
        return json({});
      case '/oauth/register':
        return register(parameters);
      case '/api/v1/users/me':
        return userOf(authorization);
      default:
        return json({ errors: [{ code: 'HTTP-404', title: 'Not found', status: '404' }] }, 404);
    }
  };

  http.on('request', (request, response) => {
    void (async () => {
      const url = new URL(String(request.headers[originalTarget] ?? `${origin}${request.url}`));
      const { authorization } = request.headers;
      const record = recordArrival(request.method, `${url.pathname}${url.search}`, authorization);
      requests.push(record);
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const contentType = String(request.headers['content-type'] ?? '').split(';')[0] ?? '';
      const parameters =
        contentType === 'application/json'
          ? (JSON.parse(body) as Json)
          : Object.fromEntries(new URLSearchParams(body));
      record.body = parameters;
      const user = String(request.headers[actingUser] ?? '');
      const answered = await answer(url, { parameters, contentType, authorization, user }).catch(
        (error: unknown) => {
          if (error instanceof Refusal) return errorAnswer(error);
          throw error;
        },
      );
      record.status = answered.status;
      response.writeHead(answered.status, answered.headers).end(answered.body);
    })().catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });

  const routed: typeof fetch = (input, init) => {
    const target = new URL(input instanceof Request ? input.url : String(input));
    if (target.host !== host) return Promise.reject(new TypeError(`There is no way to ${target.host}`));
    const headers = new Headers(init?.headers);
    headers.set(originalTarget, target.href);
    return fetch(`http://${loopback}:${port}${target.pathname}${target.search}`, { ...init, headers });
  };

  const tenant: QlikTenant = {
    host,
    fetch: routed,
    clients: new Map(),
    users: [],
    habits: { errors: 'list', saysLifetime: true, alwaysRefreshToken: false, answer: undefined },
    tokenRequests: [],
    requests,
    ownerOf: accessToken => accessTokens.get(accessToken),
    async signIn(address, userId) {
      const answered = await routed(address, { redirect: 'manual', headers: { [actingUser]: userId } });
      const location = answered.headers.get('location');
      if (location === null) throw new Error(`The tenant shows an error: ${await answered.text()}`);
      await answered.body?.cancel();
      const end = new URL(location);
      if (end.protocol === 'http:') await (await fetch(end)).arrayBuffer();
      return end;
    },
    close: () => stop(http),
  };
  return tenant;
}

interface RequestParts {
  readonly parameters: Json;
  readonly contentType: string;
  readonly authorization: string | undefined;
  readonly user: string;
}
