import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { createServer, type ServerResponse } from 'node:http';
import { listen, loopback, stop } from '../listening.ts';
import { recordArrival, type RecordedRequest } from '../recordedRequests.ts';
import { apiResource } from '../identityProvider/resources.ts';

export interface ResourceServerOptions {
  /** Whose access tokens are accepted. */
  readonly issuer: string;
  /** Who the access tokens must be for; by default the identity provider's default resource. */
  readonly audience?: string;
  /** Where the issuer's metadata is read, if its own name does not resolve in this process. */
  readonly issuerAddress?: string;
  /** 0, the default, lets the operating system choose. */
  readonly port?: number;
  /** The time at which tokens are judged, milliseconds since the epoch. */
  readonly now?: () => number;
}

/** What `/whoami` and `/admin` answer to an accepted token. */
export interface Caller {
  readonly sub: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

/** A running resource server. */
export interface ResourceServer {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  readonly requestsTo: (path: string) => RecordedRequest[];
  /** Stops listening and ends all connections. */
  readonly close: () => Promise<void>;
}

/** What may be asked for, and the scope it needs beyond a valid token. */
const neededScope = new Map<string, string | undefined>([
  ['/whoami', undefined],
  ['/admin', 'admin'],
]);

/** Errors of `jose` that say nothing about the token: the issuer's keys could not be read. */
const issuerProblems = new Set([errors.JOSEError.code, errors.JWKSTimeout.code, errors.JWKSInvalid.code]);

/** The challenge of RFC 6750, 3: no error code when the request carried no token. */
function challenge(parameters: Record<string, string>): string {
  const all = { realm: 'test', ...parameters };
  return `Bearer ${Object.entries(all)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;
}

function answer(response: ServerResponse, status: number, body: unknown, wwwAuthenticate?: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(wwwAuthenticate === undefined ? {} : { 'www-authenticate': wwwAuthenticate }),
  });
  response.end(JSON.stringify(body));
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

function callerIn(claims: JWTPayload): Caller {
  const sub = claims.sub ?? '';
  return {
    sub,
    name: text(claims['name']) || text(claims['preferred_username']) || sub,
    scopes: text(claims['scope']).split(' ').filter(Boolean),
  };
}

/**
 * Starts a resource server that knows the issuer's public keys and nothing else: it verifies JWT access tokens
 * (RFC 9068) by itself. `GET /whoami` says who is calling; `GET /admin` does too but needs the scope `admin`.
 */
export async function startResourceServer(options: ResourceServerOptions): Promise<ResourceServer> {
  const now = options.now ?? Date.now;
  const audience = options.audience ?? apiResource;
  let keys: Promise<JWTVerifyGetKey> | undefined;

  const loadKeys = async () => {
    const base = options.issuerAddress ?? options.issuer;
    const response = await fetch(`${base}/.well-known/openid-configuration`);
    const { jwks_uri: jwksUri } = (await response.json()) as { jwks_uri: string };
    // No cooldown: an issuer that changes its keys must not make a test wait.
    return createRemoteJWKSet(new URL(jwksUri), { cooldownDuration: 0 });
  };

  /** The issuer's keys; a failed attempt to get them is not remembered. */
  const issuerKeys = () => {
    keys ??= loadKeys().catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };

  const verify = async (token: string) => {
    const { payload } = await jwtVerify(token, await issuerKeys(), {
      issuer: options.issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['RS256', 'ES256'],
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(now()),
    });
    return callerIn(payload);
  };

  const respond = async (path: string, authorization: string | undefined, response: ServerResponse) => {
    const token = /^Bearer +([\w~+/.-]+=*) *$/i.exec(authorization ?? '')?.[1];
    if (!neededScope.has(path)) {
      answer(response, 404, { error: 'not_found' });
      return;
    }
    if (token === undefined) {
      answer(response, 401, { error: 'unauthorized' }, challenge({}));
      return;
    }
    let caller: Caller;
    try {
      caller = await verify(token);
    } catch (error) {
      if (error instanceof errors.JOSEError && !issuerProblems.has(error.code)) {
        const problem = {
          error: 'invalid_token',
          error_description: 'The access token is expired or not valid here',
        };
        answer(response, 401, problem, challenge(problem));
      } else {
        answer(response, 503, { error: 'temporarily_unavailable' });
      }
      return;
    }
    const scope = neededScope.get(path);
    if (scope !== undefined && !caller.scopes.includes(scope)) {
      const problem = { error: 'insufficient_scope', scope };
      answer(response, 403, problem, challenge(problem));
      return;
    }
    answer(response, 200, caller);
  };

  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    const record = recordArrival(request.method, request.url, request.headers.authorization);
    requests.push(record);
    request.resume();
    void respond(record.path, request.headers.authorization, response).then(() => {
      record.status = response.statusCode;
    });
  });
  const port = await listen(server, options.port);

  return {
    url: `http://${loopback}:${port}`,
    requests,
    requestsTo: path => requests.filter(request => request.path === path),
    close: () => stop(server),
  };
}
