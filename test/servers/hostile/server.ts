import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, loopback, stop } from '../listening.ts';
import { recordArrival, type RecordedRequest } from '../recordedRequests.ts';
import { basicPair, createAuthorizationServer, paths, rightMetadata } from './authorizationServer.ts';
import type { Departure, Endpoint, Json, Situation } from './departure.ts';
import { sharedKeys } from './keys.ts';
import type { Reply } from './replies.ts';

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
  /** How many requests have no whole answer yet, on connections that are still open. */
  readonly unanswered: number;
  /** May be changed while it runs. */
  departure: Departure;
  requestsTo(endpoint: Endpoint): RecordedRequest[];
  /** Resolves when an endpoint gets its next request. */
  asked(endpoint: Endpoint): Promise<void>;
  /** Resolves when no such request is left. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** @param host the name in its issuer, which must mean this computer. */
export async function startHostileServer(
  departure: Departure = {},
  host: string = loopback,
): Promise<HostileServer> {
  const keys = await sharedKeys();
  const http = createServer();
  const unanswered = new Set<ServerResponse>();
  http.on('request', (_, response) => {
    unanswered.add(response);
    // Also when the client closes the connection: nothing else ends a request that gets no answer.
    response.once('close', () => {
      unanswered.delete(response);
      if (unanswered.size === 0) for (const resolve of quiet.splice(0)) resolve();
    });
  });
  const quiet: (() => void)[] = [];
  const waiting = new Map<Endpoint, (() => void)[]>();
  const port = await listen(http);
  const origin = `http://${host}:${port}`;
  const issuer = `${origin}${departure.path ?? ''}`;

  const requests: RecordedRequest[] = [];
  const violations: string[] = [];
  const secrets = new Map<string, string>();
  const keep = (value: string | null | undefined, what: string): void => {
    if (value) secrets.set(value, what);
  };
  const answerRight = createAuthorizationServer({
    issuer,
    keys,
    violations,
    keep,
    departure: () => server.departure,
  });

  const endpointOf = (path: string): Endpoint | undefined => {
    const own = path.startsWith(departure.path ?? '') ? path.slice((departure.path ?? '').length) : path;
    if (path === paths.webFinger) return 'webFinger';
    if (path === paths.resource) return 'resource';
    return (Object.keys(paths) as Endpoint[]).find(endpoint => paths[endpoint] === own);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const record = recordArrival(request.method, request.url, request.headers.authorization);
    requests.push(record);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
    const parameters = new URLSearchParams(isForm ? body : new URL(request.url ?? '/', origin).search);
    const isJson = request.headers['content-type']?.startsWith('application/json');
    record.body = isJson ? (JSON.parse(body) as Json) : Object.fromEntries(parameters);
    const endpoint = endpointOf(record.path);
    const other = server.departure.elsewhere?.[record.path];
    if (other) {
      const { status, headers, body } = other(rightMetadata(issuer));
      return void response.writeHead(status, headers).end(body);
    }
    if (!endpoint) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
    const count = server.requestsTo(endpoint).length;
    const asking = parameters.get('client_id') ?? basicPair(request.headers.authorization)[0] ?? clientId;
    const { authorization, 'content-type': contentType } = request.headers;
    const situation: Situation = {
      issuer,
      clientId: asking,
      keys,
      parameters,
      authorization,
      contentType,
      count,
    };
    const { clockAhead = 0, hidesTime = false } = server.departure;
    response.sendDate = !hidesTime;
    if (!hidesTime) response.setHeader('date', new Date(Date.now() + clockAhead * 1000).toUTCString());
    const intercepted = server.departure.inFront?.[endpoint];
    const right = intercepted ?? (await answerRight(endpoint, situation, { authorization, body }));
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
    get unanswered() {
      return unanswered.size;
    },
    requestsTo: endpoint => requests.filter(({ path }) => endpointOf(path) === endpoint),
    asked: endpoint =>
      new Promise(resolve => waiting.set(endpoint, [...(waiting.get(endpoint) ?? []), resolve])),
    quiet: () => new Promise(resolve => (unanswered.size === 0 ? resolve() : quiet.push(resolve))),
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
