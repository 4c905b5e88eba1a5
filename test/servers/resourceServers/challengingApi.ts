import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  bearerChallenge,
  bearerTokenIn,
  judgeTokens,
  type BearerTokenOptions,
  type Caller,
} from './bearerTokens.ts';
import { goldAcr } from '../identityProvider/configuration.ts';
import { listen, loopback, stop } from '../listening.ts';

/** A request as the API saw it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** The token that came with it. */
  readonly token: string | undefined;
  readonly cookie: string | undefined;
  readonly body: string;
  readonly status: number;
}

/** A running API whose places ask for different things. */
export interface ChallengingApi {
  readonly url: string;
  /** Every request so far, once it was answered. */
  readonly requests: readonly ApiRequest[];
  /** Accepts this token no longer, as if it had been revoked. */
  refuse(token: string): void;
  close(): Promise<void>;
}

type Verdict = { readonly status: number; readonly challenge?: string } | 'ok';

const refusal = (status: number, parameters: Readonly<Record<string, string>>): Verdict => ({
  status,
  challenge: bearerChallenge(parameters),
});

const entraClaims = JSON.stringify({ id_token: { acr: { essential: true, values: [goldAcr] } } });
/** The provider of the tests takes no request that has nothing for the ID token. */
const claimsOfToken = (wanted: object): string =>
  JSON.stringify({ id_token: { auth_time: null }, access_token: wanted });
const claimsChallenge = (claims: string): Verdict =>
  refusal(401, { error: 'insufficient_claims', claims: Buffer.from(claims).toString('base64url') });
const stepUp = { error: 'insufficient_user_authentication', error_description: 'Sign in, better' };

/** What each place needs beyond a valid token. */
const places: Readonly<Record<string, (caller: Caller, now: number) => Verdict>> = {
  '/whoami': () => 'ok',
  '/write': ({ scopes }) =>
    scopes.includes('api:write') ? 'ok' : refusal(403, { error: 'insufficient_scope', scope: 'api:write' }),
  '/admin': ({ scopes }) =>
    scopes.includes('admin') ? 'ok' : refusal(403, { error: 'insufficient_scope', scope: 'admin' }),
  '/vault': ({ acr }) => (acr === goldAcr ? 'ok' : refusal(401, { ...stepUp, acr_values: goldAcr })),
  '/unreachable-vault': () => refusal(401, { ...stepUp, acr_values: 'urn:example:platinum' }),
  '/recent': ({ authTime }, now) =>
    authTime !== undefined && now - authTime <= 60 ? 'ok' : refusal(401, { ...stepUp, max_age: '60' }),
  '/claims': ({ acr }) =>
    acr === goldAcr
      ? 'ok'
      : refusal(401, {
          error: 'insufficient_claims',
          claims: Buffer.from(entraClaims).toString('base64'),
        }),
  '/unreachable-claims': () =>
    claimsChallenge(claimsOfToken({ client_id: { essential: true, value: 'another-editor' } })),
  // Each time with another time, as Entra does where it evaluates access continuously.
  '/always-later': () =>
    claimsChallenge(claimsOfToken({ nbf: { essential: true, value: String(process.hrtime.bigint()) } })),
  '/never': () => refusal(401, { error: 'invalid_token' }),
  '/never-says-why': () => ({ status: 401 }),
  '/not-for-you': () => ({ status: 403 }),
  '/basic': () => ({ status: 401, challenge: 'Basic realm="x"' }),
};

/**
 * Starts an API that asks for more: `GET` or `POST` to one of its places echoes the caller and the body. Besides,
 * `/redirect?status=…&to=…` redirects, and `/challenge?header=…` answers 401 with any header.
 */
export async function startChallengingApi(options: BearerTokenOptions): Promise<ChallengingApi> {
  const judge = judgeTokens(options);
  const now = options.now ?? Date.now;
  const refused = new Set<string>();
  const requests: ApiRequest[] = [];

  const verdict = async (path: string, token: string | undefined): Promise<[Verdict, Caller | undefined]> => {
    if (token === undefined) return [refusal(401, {}), undefined];
    const caller = refused.has(token) ? undefined : await judge(token);
    if (!caller) {
      // Some servers do not say what is wrong.
      return [path === '/silent' ? { status: 401 } : refusal(401, { error: 'invalid_token' }), undefined];
    }
    const place = path === '/silent' ? places['/whoami'] : places[path];
    return [place ? place(caller, now() / 1000) : { status: 404 }, caller];
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const token = bearerTokenIn(request.headers.authorization);
    if (path === '/circle') {
      response.writeHead(302, { location: path }).end();
    } else if (path === '/redirect') {
      response
        .writeHead(Number(searchParams.get('status')), { location: searchParams.get('to') ?? '' })
        .end();
    } else if (path === '/challenge') {
      response.writeHead(401, { 'www-authenticate': searchParams.get('header') ?? '' }).end();
    } else {
      const [found, caller] = await verdict(path, token);
      const { status, challenge } = found === 'ok' ? { status: 200, challenge: undefined } : found;
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(challenge !== undefined && { 'www-authenticate': challenge }),
      });
      response.end(JSON.stringify({ caller, body, method: request.method }));
    }
    const { method = '', headers } = request;
    requests.push({ method, path, token, cookie: headers.cookie, body, status: response.statusCode });
  };

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(503).end());
  });
  const port = await listen(server);
  return {
    url: `http://${loopback}:${port}`,
    requests,
    refuse: token => void refused.add(token),
    close: () => stop(server),
  };
}
