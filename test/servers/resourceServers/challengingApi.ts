import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bearerTokenIn, judgeTokens, type BearerTokenOptions, type Caller } from './bearerTokens.ts';
import { allowOrigins } from './cors.ts';
import { listen, loopback, stop } from '../listening.ts';
import { places, refusal, type Verdict } from './places.ts';

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

/**
 * Starts an API that asks for more: `GET` or `POST` to one of its places echoes the caller and the body. Besides,
 * `/redirect?status=…&to=…` redirects, and `/challenge?header=…` answers 401 with any header. Extensions in a browser may
 * call it, too (CORS), and read its challenges.
 *
 * @param options.place `/whoami` asks for what this place asks for.
 */
export async function startChallengingApi(
  options: BearerTokenOptions & { readonly port?: number; readonly place?: string | undefined },
): Promise<ChallengingApi> {
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
    const place =
      places[path === '/silent' ? '/whoami' : path === '/whoami' ? (options.place ?? path) : path];
    return [place ? place(caller, now() / 1000) : { status: 404 }, caller];
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (allowOrigins(request, response)) return;
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
  const port = await listen(server, options.port);
  return {
    url: `http://${loopback}:${port}`,
    requests,
    refuse: token => void refused.add(token),
    close: () => stop(server),
  };
}
