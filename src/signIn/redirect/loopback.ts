import { l10n } from '../../platform/shown.ts';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Failure } from '../../protocol/failures/failure.ts';
import { createPendingResponses } from './pendingResponses.ts';
import type { OpenRedirect, Redirect, RedirectRequest } from './redirect.ts';
import type { LoopbackPages } from './redirects.ts';

/** How long a connection can take to send its request, in milliseconds. */
const timeout = 5000;

/** The most connections that are held at a time. */
const mostConnections = 128;

/**
 * Receives an authorization response on this computer (RFC 8252 section 7.3): a web server on the loopback interface
 * that lives as long as one sign-in, serves one path, takes one response and then closes.
 */
export function loopbackRedirect(pages: () => Promise<LoopbackPages>): Redirect {
  return {
    async open(request) {
      const html = await pages();
      for (const port of portsFor(request)) {
        const opened = await openAt(port, request, html);
        if (opened) return opened;
      }
      throw new Failure('port-taken', {
        ports: request.provider.redirect.loopbackPorts?.join(', ') ?? l10n.t('any port'),
      });
    },
  };
}

/** The ports to try, in order. Without fixed ones, a port that is registered already is best. */
function portsFor({
  provider: { redirect },
  loopbackHost: host,
  registered,
  path,
}: RedirectRequest): number[] {
  if (redirect.loopbackPorts) return [...redirect.loopbackPorts];
  const known = registered
    .map(uri => URL.parse(uri))
    .filter(url => url?.protocol === 'http:' && url.hostname === host && url.pathname === path)
    .map(url => Number(url?.port));
  return [...known.filter(port => port > 0), 0];
}

async function openAt(
  port: number,
  { nonce, path, loopbackHost: hostName, onStray }: RedirectRequest,
  html: LoopbackPages,
): Promise<OpenRedirect | undefined> {
  const pending = createPendingResponses();
  const expected = pending.expect(nonce, path, onStray);
  const servers: Server[] = [];
  /** Resolves when the page was sent: the end of the sign-in can't cut it off then. */
  const shown = Promise.withResolvers<void>();
  const close = (): void => {
    expected.drop();
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  };
  let host = '';
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const status = judge(request, host, path);
    if (status !== 200) return refuse(response, status);
    const { searchParams } = new URL(request.url ?? '', `http://${host}`);
    if (!pending.deliver(path, searchParams)) {
      pending.stray(path, searchParams);
      response.writeHead(400, pageHeaders(html.stray)).end(html.stray);
      return;
    }
    for (const server of servers) server.close();
    response.once('close', shown.resolve);
    response.writeHead(200, pageHeaders(html.answered)).end(html.answered);
  };

  const first = await listen('127.0.0.1', port, handle);
  if (!first) return undefined;
  servers.push(first);
  const actual = (first.address() as AddressInfo).port;
  host = `${hostName}:${actual}`;
  if (hostName === 'localhost') {
    // A browser tries `localhost` over IPv6 first: a program with that port there would get the response.
    const second = await listen('::1', actual, handle).catch(() => 'none' as const);
    if (second === undefined) {
      close();
      return undefined;
    }
    if (second !== 'none') servers.push(second);
  }
  const response = expected.response.then(async parameters => {
    await shown.promise;
    return parameters;
  });
  return { redirectUri: `http://${host}${path}`, state: nonce, response, close };
}

/** Decides the status: 200 only for the one request that a browser makes for the redirect URI. */
function judge({ method, url = '', headers }: IncomingMessage, host: string, path: string): number {
  // A page that gets a name of its own to point here (DNS rebinding) still sends that name.
  if (headers.host !== host) return 421;
  if (url.split('?')[0] !== path) return 404;
  return method === 'GET' ? 200 : 405;
}

function refuse(response: ServerResponse, status: number): void {
  const headers = { ...commonHeaders, ...(status === 405 && { allow: 'GET' }) };
  response.writeHead(status, headers).end();
}

const commonHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
};

function pageHeaders(html: string): Record<string, string> {
  return {
    ...commonHeaders,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src ${styleHash(html)}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  };
}

/** The page's one style sheet, by its hash: nothing else can be injected. */
function styleHash(html: string): string {
  const [, style] = html.split(/<\/?style>/);
  if (style === undefined) return "'none'";
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

/** @returns undefined if the port is taken. */
function listen(
  address: string,
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server | undefined> {
  const server = createServer(
    {
      headersTimeout: timeout,
      requestTimeout: timeout,
      connectionsCheckingInterval: timeout,
      maxHeaderSize: 32 * 1024,
      keepAlive: false,
    },
    handle,
  );
  endOldestConnections(server);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    // `exclusive`: a cluster would otherwise share the port with another process.
    server.listen({ host: address, port, exclusive: true }, () => resolve(server));
  });
}

/**
 * Ends the oldest connection when there are too many. The browser sends its request as soon as it has connected, so it
 * is served even if others open many connections without a request.
 */
function endOldestConnections(server: Server): void {
  const open = new Set<Socket>();
  server.on('connection', socket => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const [oldest] = open;
    if (open.size > mostConnections) oldest?.destroy();
  });
}
