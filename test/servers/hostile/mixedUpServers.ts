import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listen, loopback, stop } from '../listening.ts';

/** A server of OAuth 2.0 that does not name itself in its responses, and gives a code to whoever comes. */
export interface UnnamedServer {
  readonly issuer: string;
  /** The bodies of its token requests. */
  readonly tokenRequests: readonly URLSearchParams[];
  readonly code: string;
  close(): Promise<void>;
}

/** An authorization request, as far as it decides where its response goes. */
export interface Onward {
  readonly redirectUri: string;
  readonly state: string;
}

type Authorize = (query: URLSearchParams) => string | undefined;

async function start(
  code: string,
  authorize: Authorize,
  further: () => object = () => ({}),
): Promise<UnnamedServer> {
  const tokenRequests: URLSearchParams[] = [];
  let issuer = '';
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
    const json = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (pathname.startsWith('/.well-known/')) {
      json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        ...further(),
      });
    } else if (pathname === '/authorize') {
      const location = authorize(searchParams);
      response
        .writeHead(location === undefined ? 400 : 302, location === undefined ? {} : { location })
        .end();
    } else if (pathname === '/token') {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      tokenRequests.push(new URLSearchParams(body));
      json(400, { error: 'invalid_grant' });
    } else response.writeHead(404).end();
  };
  const server: Server = createServer((request, response) => void respond(request, response));
  issuer = `http://${loopback}:${await listen(server)}`;
  return { issuer, tokenRequests, code, close: () => stop(server) };
}

/** @param isRegistered whether its client has registered a redirect URI. */
export function startHonest(isRegistered: (redirectUri: string) => boolean): Promise<UnnamedServer> {
  const code = 'the-code-of-the-honest-one';
  return start(code, query => {
    const redirectUri = query.get('redirect_uri') ?? '';
    if (!isRegistered(redirectUri)) return undefined;
    const end = new URL(redirectUri);
    end.searchParams.set('code', code);
    end.searchParams.set('state', query.get('state') ?? '');
    return end.href;
  });
}

/**
 * Sends a person who came to sign in on to another server, with the PKCE challenge that it was given.
 *
 * @param attack the redirect URI and `state` that it asks the other one to answer with.
 * @param further what else is in its metadata, each time.
 */
export const startHostile = (
  honest: () => UnnamedServer,
  attack: (request: Onward) => Onward,
  further?: () => object,
): Promise<UnnamedServer> =>
  start(
    'a-code-of-its-own',
    query => {
      const onward = attack({
        redirectUri: query.get('redirect_uri') ?? '',
        state: query.get('state') ?? '',
      });
      const next = new URL(`${honest().issuer}/authorize`);
      for (const [name, value] of query) next.searchParams.set(name, value);
      next.searchParams.set('redirect_uri', onward.redirectUri);
      next.searchParams.set('state', onward.state);
      return next.href;
    },
    further,
  );
