import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { createLocalJWKSet, jwtVerify, SignJWT, type JWK } from 'jose';
import { sharedKeys } from './hostile/keys.ts';
import { json, redirectTo, type Answer } from './hostile/replies.ts';
import { listen, loopback, stop } from './listening.ts';
import { recordArrival, type RecordedRequest } from './recordedRequests.ts';

type Json = Record<string, unknown>;

/** The client as it is registered at the provider. */
export interface QuirkyClient {
  readonly id: string;
  readonly authentication: 'none' | 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt';
  readonly secret?: string;
  readonly keys?: () => { readonly keys: readonly JWK[] };
  /** To whom an assertion must be addressed. */
  readonly assertionAudience?: string;
  readonly redirectUris: readonly RegExp[];
}

/** How a real provider behaves, at its real addresses. */
export interface Quirks {
  readonly client: QuirkyClient;
  readonly at: {
    readonly authorization: string;
    readonly token: string;
    readonly keys?: string;
    readonly user?: string;
    readonly device?: string;
    readonly introspection?: string;
    readonly revocation?: string;
    readonly metadata?: string;
  };
  /** The metadata document, if there is one. */
  readonly metadata?: Json;
  /** What the ID token says besides the obvious; undefined: there are no ID tokens. */
  readonly idToken?: Json;
  /** What the user endpoint answers. */
  readonly user?: Json;
  readonly introspection?: Json;
  /** What each authorization request must bring besides what every one must. */
  readonly wants?: Readonly<Record<string, string>>;
  /** What each refresh must bring. */
  readonly refreshWants?: readonly string[];
  readonly scopeParameter?: string;
  readonly scopeSeparator?: string;
  /** No more scopes than these are granted. */
  readonly grants?: readonly string[];
  readonly refresh: 'rotates' | 'rotates and ends the access token' | 'stays' | 'no refresh token';
  readonly ignoresPkce?: boolean;
  /** In seconds; undefined: the answer does not say. */
  readonly lifetime?: number;
  /** Brings a right token answer into the provider's form. */
  answer?(body: Json): Json;
  /** An error in the provider's form. */
  refuse?(error: string, description: string): Answer;
  readonly formEncoded?: boolean;
  /** Codes of errors where they are not the standard ones. */
  readonly errorCodes?: Readonly<Record<string, string>>;
  /** Changes the device authorization answer. */
  device?(body: Json): Json;
  /** The status of "authorization_pending". */
  readonly pendingStatus?: number;
}

/** A server that behaves as a real provider does, reachable under the real provider's addresses. */
export interface QuirkyProvider {
  /** Sends requests for the provider's hosts to this server, and no request anywhere else. */
  readonly fetch: typeof fetch;
  readonly requests: readonly RecordedRequest[];
  /** What no client may do, and requests to addresses that the provider does not have. */
  readonly violations: string[];
  quirks: Quirks;
  isValid(accessToken: string): boolean;
  /** The person enters the code of the device authorization under way. */
  approveDevice(): void;
  /** Does what a browser and a person do: returns the redirect URI with the response. */
  signIn(address: string): Promise<URL>;
  requestsTo(address: string): RecordedRequest[];
  close(): Promise<void>;
}

const originalTarget = 'x-original-url';

const random = (): string => randomBytes(24).toString('base64url');
const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

interface Code {
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly scopes: readonly string[];
}

export async function startQuirkyProvider(initial: Quirks): Promise<QuirkyProvider> {
  const keys = await sharedKeys();
  const http = createServer();
  const port = await listen(http);
  const requests: RecordedRequest[] = [];
  const addresses = new WeakMap<RecordedRequest, string>();
  const violations: string[] = [];
  const codes = new Map<string, Code>();
  const refreshTokens = new Map<string, { accessToken: string; scopes: readonly string[] }>();
  const accessTokens = new Set<string>();
  let device:
    { code: string; approved: boolean; scopes: readonly string[]; challenge: string | null } | undefined;

  const quirks = (): Quirks => provider.quirks;
  const refuse = (error: string, description = ''): Answer => {
    const named = quirks().errorCodes?.[error] ?? error;
    const own = quirks().refuse?.(named, description);
    return (
      own ?? json({ error: named, error_description: description }, error === 'invalid_client' ? 401 : 400)
    );
  };
  const violate = (what: string): Answer => {
    violations.push(what);
    return refuse('invalid_request', what);
  };
  const scopesOf = (parameters: URLSearchParams): string[] => {
    const { scopeParameter = 'scope', scopeSeparator = ' ', grants } = quirks();
    const asked = (parameters.get(scopeParameter) ?? '').split(scopeSeparator).filter(Boolean);
    return grants ? asked.filter(scope => grants.includes(scope)) : asked;
  };

  const authorize = (parameters: URLSearchParams): Answer => {
    const { client, wants = {}, ignoresPkce } = quirks();
    const redirectUri = parameters.get('redirect_uri') ?? '';
    if (parameters.get('client_id') !== client.id) return violate('an unknown client');
    if (!client.redirectUris.some(pattern => pattern.test(redirectUri))) {
      return violate(`the redirect URI ${redirectUri} is not registered`);
    }
    for (const [name, value] of Object.entries(wants)) {
      if (parameters.get(name) !== value) return violate(`${name} is not ${value}`);
    }
    if ((parameters.get('state') ?? '').length < 8) return violate('no state');
    const challenge = parameters.get('code_challenge');
    if (!ignoresPkce && (challenge === null || parameters.get('code_challenge_method') !== 'S256')) {
      return violate('no PKCE with S256');
    }
    const code = random();
    const nonce = parameters.get('nonce');
    codes.set(code, {
      redirectUri,
      challenge: ignoresPkce ? null : challenge,
      nonce,
      scopes: scopesOf(parameters),
    });
    const response = new URLSearchParams({ code, state: parameters.get('state') ?? '' });
    return redirectTo(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${response.toString()}`);
  };

  /** @returns why the client is not who it says it is. */
  const clientProblem = async (
    parameters: URLSearchParams,
    authorization: string | undefined,
  ): Promise<string | undefined> => {
    const { client } = quirks();
    if (client.authentication === 'client_secret_basic') {
      const [, encoded = ''] = /^Basic (\S+)$/.exec(authorization ?? '') ?? [];
      const [id, secret] = atob(encoded)
        .split(':')
        .map(part => decodeURIComponent(part.replaceAll('+', ' ')));
      return id === client.id && secret === client.secret ? undefined : 'wrong basic authentication';
    }
    if (parameters.get('client_id') !== client.id && client.authentication !== 'private_key_jwt') {
      return 'another client';
    }
    if (client.authentication === 'client_secret_post') {
      return parameters.get('client_secret') === client.secret ? undefined : 'a wrong client secret';
    }
    if (client.authentication === 'none') {
      return parameters.has('client_secret') ? 'a secret of a client that has none' : undefined;
    }
    const assertion = parameters.get('client_assertion') ?? '';
    try {
      const options = { audience: client.assertionAudience ?? '', subject: client.id, issuer: client.id };
      const known = client.keys?.() ?? { keys: [] };
      await jwtVerify(assertion, createLocalJWKSet({ keys: [...known.keys] }), options);
      return undefined;
    } catch (error) {
      return `a wrong assertion: ${String(error)}`;
    }
  };

  const issue = async (scopes: readonly string[], nonce: string | null): Promise<Answer> => {
    const {
      idToken,
      client,
      refresh,
      lifetime,
      metadata,
      answer,
      formEncoded,
      scopeSeparator = ' ',
    } = quirks();
    const accessToken = random();
    const refreshToken = refresh === 'no refresh token' ? undefined : random();
    accessTokens.add(accessToken);
    if (refreshToken !== undefined) refreshTokens.set(refreshToken, { accessToken, scopes });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: String(metadata?.['issuer']),
      aud: client.id,
      iat: now,
      exp: now + 3600,
      ...(nonce !== null && { nonce }),
      ...idToken,
    };
    const body: Json = {
      access_token: accessToken,
      token_type: 'Bearer',
      scope: scopes.join(scopeSeparator),
      ...(lifetime !== undefined && { expires_in: lifetime }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      ...(idToken && {
        id_token: await new SignJWT(claims)
          .setProtectedHeader({ alg: 'RS256', kid: keys.rsa.jwk.kid ?? '' })
          .sign(keys.rsa.privateKey),
      }),
    };
    const own = answer?.(body) ?? body;
    if (!formEncoded) return json(own);
    const form = new URLSearchParams(Object.entries(own).map(([name, value]) => [name, String(value)]));
    return {
      status: 200,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    };
  };

  const token = async (parameters: URLSearchParams, authorization: string | undefined): Promise<Answer> => {
    const problem = await clientProblem(parameters, authorization);
    if (problem !== undefined) return refuse('invalid_client', problem);
    const grantType = parameters.get('grant_type');
    if (grantType === 'authorization_code') {
      const key = parameters.get('code') ?? '';
      const code = codes.get(key);
      codes.delete(key);
      if (!code) return refuse('invalid_grant', 'unknown code');
      if (code.redirectUri !== parameters.get('redirect_uri')) return violate('another redirect URI');
      if (code.challenge !== null && challengeOf(parameters.get('code_verifier') ?? '') !== code.challenge) {
        return violate('a wrong code verifier');
      }
      return issue(code.scopes, code.nonce);
    }
    if (grantType === 'refresh_token') {
      const { refresh, refreshWants = [] } = quirks();
      const missing = refreshWants.find(name => !parameters.get(name));
      if (missing !== undefined) return violate(`a refresh without ${missing}`);
      const key = parameters.get('refresh_token') ?? '';
      const known = refreshTokens.get(key);
      if (!known) return refuse('invalid_grant', 'unknown refresh token');
      if (refresh !== 'stays') refreshTokens.delete(key);
      if (refresh === 'rotates and ends the access token') accessTokens.delete(known.accessToken);
      const answer = await issue(known.scopes, null);
      return answer;
    }
    if (grantType === 'urn:ietf:params:oauth:grant-type:device_code') {
      if (!device || parameters.get('device_code') !== device.code)
        return refuse('invalid_grant', 'unknown device code');
      if (!device.approved) {
        const answer = refuse('authorization_pending');
        return { ...answer, status: quirks().pendingStatus ?? answer.status };
      }
      return issue(device.scopes, null);
    }
    return refuse('unsupported_grant_type', String(grantType));
  };

  const startDevice = (parameters: URLSearchParams): Answer => {
    if (parameters.get('client_id') !== quirks().client.id) return violate('an unknown client');
    device = {
      code: random(),
      approved: false,
      scopes: scopesOf(parameters),
      challenge: parameters.get('code_challenge'),
    };
    const body: Json = {
      device_code: device.code,
      user_code: 'WDJB-MJHT',
      verification_uri: new URL('/device', quirks().at.authorization).href,
      expires_in: 900,
      interval: 5,
    };
    const own = quirks().device?.(body) ?? body;
    return json(own);
  };

  const bearer = (authorization: string | undefined): boolean =>
    accessTokens.has(/^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '');

  const answer = async (
    address: string,
    request: IncomingMessage,
    parameters: URLSearchParams,
  ): Promise<Answer> => {
    const { at, metadata, user, introspection } = quirks();
    const { authorization } = request.headers;
    switch (address) {
      case at.metadata:
        return json(metadata);
      case at.keys:
        return json({ keys: [keys.rsa.jwk] });
      case at.authorization:
        return authorize(parameters);
      case at.token:
        return token(parameters, authorization);
      case at.device:
        return startDevice(parameters);
      case at.user:
        return bearer(authorization) ? json(user) : json({ message: 'Bad credentials' }, 401);
      case at.introspection:
        return json({ active: accessTokens.has(parameters.get('token') ?? ''), ...introspection });
      case at.revocation:
        accessTokens.delete(parameters.get('token') ?? '');
        refreshTokens.delete(parameters.get('token') ?? '');
        return json({});
      default:
        if (!address.includes('/.well-known/')) violations.push(`there is no ${address}`);
        return json({ message: 'Not found' }, 404);
    }
  };

  http.on('request', (request, response) => {
    void (async () => {
      const url = new URL(String(request.headers[originalTarget] ?? `http://unknown${request.url ?? ''}`));
      const record = recordArrival(
        request.method,
        `${url.pathname}${url.search}`,
        request.headers.authorization,
      );
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const parameters = new URLSearchParams(request.method === 'POST' ? body : url.search);
      record.body = Object.fromEntries(parameters);
      const address = `${url.origin}${url.pathname}`;
      addresses.set(record, address);
      requests.push(record);
      const { status, headers, body: text } = await answer(address, request, parameters);
      record.status = status;
      response.writeHead(status, headers).end(text);
    })().catch((error: unknown) => {
      violations.push(`the server failed: ${String(error)}`);
      response.destroy();
    });
  });

  const routed: typeof fetch = (input, init) => {
    const target = new URL(input instanceof Request ? input.url : String(input));
    const headers = new Headers(init?.headers);
    headers.set(originalTarget, target.href);
    return fetch(`http://${loopback}:${port}${target.pathname}${target.search}`, { ...init, headers });
  };

  const provider: QuirkyProvider = {
    fetch: routed,
    requests,
    violations,
    quirks: initial,
    isValid: accessToken => accessTokens.has(accessToken),
    approveDevice() {
      if (device) device.approved = true;
    },
    async signIn(address) {
      const answered = await routed(address, { redirect: 'manual' });
      const location = answered.headers.get('location');
      if (location === null) throw new Error(`The provider shows an error: ${await answered.text()}`);
      await answered.body?.cancel();
      const end = new URL(location);
      // A browser visits what is on this computer; anything else the test delivers.
      if (end.protocol === 'http:') await (await fetch(end)).arrayBuffer();
      return end;
    },
    requestsTo: address => requests.filter(request => addresses.get(request) === address),
    close: () => stop(http),
  };
  return provider;
}
