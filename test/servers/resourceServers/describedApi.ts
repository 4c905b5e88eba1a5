import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { bearerChallenge, bearerTokenIn, judgeTokens, type BearerTokenOptions } from './bearerTokens.ts';
import { listen, loopback, stop } from '../listening.ts';

/** An API that describes itself (RFC 9728), and takes tokens that are for itself only. */
export interface DescribedApi {
  readonly origin: string;
  /** What tokens must be for. */
  readonly resource: string;
  /** Below the resource: says who is calling. */
  readonly url: string;
  readonly metadataUrl: string;
  /** An API of its own below this one. It refuses what is for this one, and the reverse. */
  readonly inner: { readonly resource: string; readonly url: string };
  /** What the API answered to requests so far. */
  readonly statuses: number[];
  /** The `Authorization` headers of requests for the metadata, undefined where there was none. */
  readonly metadataRequests: (string | undefined)[];
  /** Its metadata, which a test may change: sent as JSON. */
  metadata: Record<string, unknown>;
  /** Answers requests for the metadata in the place of {@link metadata}. */
  answerMetadata: ((response: ServerResponse) => void) | undefined;
  /** Further parameters of its challenge, or others. */
  challenge: Record<string, string>;
  /** Stands behind its challenge in the header, as it is. */
  furtherChallenge: string;
  /** Accepts this token no longer, as if it had been revoked. */
  refuse(token: string): void;
  close(): Promise<void>;
}

const path = '/v1';
const innerPath = `${path}/inner`;
const metadataPath = `/.well-known/oauth-protected-resource${path}`;
const innerMetadataPath = `/.well-known/oauth-protected-resource${innerPath}`;

export async function startDescribedApi(options: BearerTokenOptions): Promise<DescribedApi> {
  const refused = new Set<string>();
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname } = new URL(request.url ?? '/', api.origin);
    if (pathname.startsWith('/.well-known/')) {
      api.metadataRequests.push(request.headers.authorization);
      if (![metadataPath, innerMetadataPath].includes(pathname)) response.writeHead(404).end();
      else if (api.answerMetadata) api.answerMetadata(response);
      else {
        response.writeHead(200, { 'content-type': 'application/json' });
        const isInner = pathname === innerMetadataPath;
        response.end(JSON.stringify({ ...api.metadata, ...(isInner && { resource: api.inner.resource }) }));
      }
      return;
    }
    const isInner = pathname.startsWith(innerPath);
    const token = bearerTokenIn(request.headers.authorization);
    const judge = isInner ? judgeInner : judgeOuter;
    const caller = token !== undefined && !refused.has(token) ? await judge(token) : undefined;
    if (caller) response.writeHead(200, { 'content-type': 'application/json' });
    else
      response.writeHead(401, {
        'www-authenticate': `${bearerChallenge(isInner ? innerChallenge : api.challenge)}${api.furtherChallenge}`,
      });
    api.statuses.push(response.statusCode);
    response.end(JSON.stringify({ caller }));
  };
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.writeHead(503).end());
  });
  const origin = `http://${loopback}:${await listen(server)}`;
  const resource = `${origin}${path}`;
  const inner = { resource: `${origin}${innerPath}`, url: `${origin}${innerPath}/whoami` };
  const innerChallenge = { error: 'invalid_token', resource_metadata: `${origin}${innerMetadataPath}` };
  const judgeOuter = judgeTokens({ ...options, audience: options.audience ?? resource });
  const judgeInner = judgeTokens({ ...options, audience: inner.resource });
  const api: DescribedApi = {
    origin,
    resource,
    url: `${resource}/whoami`,
    metadataUrl: `${origin}${metadataPath}`,
    inner,
    statuses: [],
    metadataRequests: [],
    metadata: {
      resource,
      authorization_servers: [options.issuer],
      scopes_supported: ['openid', 'profile', 'api:read', 'admin'],
    },
    answerMetadata: undefined,
    challenge: { error: 'invalid_token', resource_metadata: `${origin}${metadataPath}` },
    furtherChallenge: '',
    refuse: token => void refused.add(token),
    close: () => stop(server),
  };
  return api;
}
