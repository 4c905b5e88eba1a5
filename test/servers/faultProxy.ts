import { createServer, request as startRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  startIdentityProvider,
  type IdentityProvider,
  type IdentityProviderOptions,
} from './identityProvider/identityProvider.ts';
import { listen, loopback, stop } from './listening.ts';

/** What goes wrong with one request. */
export type Fault =
  /**
   * Nothing moves until `until` settles: before the server sees the request, or (`answer`) before the client sees the
   * answer. The server never sees the request of a client that has gone meanwhile.
   */
  | { readonly kind: 'delay'; readonly until: Promise<unknown>; readonly what?: 'request' | 'answer' }
  /** The connection is reset and the server never saw the request. */
  | { readonly kind: 'resetBeforeForwarding' }
  /** The server did what was asked, but the connection is reset before its answer gets through. */
  | { readonly kind: 'resetAfterAnswer' }
  /** Something in between answers by itself, such as 429 with Retry-After, or 503. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The server's answer gets through with another body, another content type, or both. */
  | {
      readonly kind: 'replace';
      readonly body?: string | ((original: string) => string);
      readonly contentType?: string;
    }
  /** The connection ends after this many bytes of the body, by default half of them; the length promised more. */
  | { readonly kind: 'truncate'; readonly bytes?: number };

export interface FaultOptions {
  /** Whether it goes on until it is removed, rather than happening once. */
  readonly sticky?: boolean;
}

/** A fault that waits for its request. */
export interface ScriptedFault {
  /** How many requests it met so far. */
  readonly hits: number;
  /**
   * Resolves when it meets its first request, or, if it delays an answer, when it holds the first one: the way for
   * a test to wait for that.
   */
  readonly met: Promise<void>;
  /** From now on it meets none. */
  readonly remove: () => void;
}

/** A request as the proxy saw it. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  /** What went wrong with it, if anything. */
  readonly fault: Fault['kind'] | undefined;
}

export interface FaultProxy {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly ProxiedRequest[];
  readonly requestsTo: (path: string) => ProxiedRequest[];
  /** Scripts a fault for the next request to `path` ('*': to any). Several for one path happen in the order they were given. */
  readonly on: (path: string, fault: Fault, options?: FaultOptions) => ScriptedFault;
  /** Removes all faults. */
  readonly heal: () => void;
  /** Where requests go from now on, such as `http://127.0.0.1:8080`. */
  readonly forwardTo: (target: string) => void;
  /** Stops listening and ends all connections, delayed ones included. */
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  /** Name, value, name, value, …: repeated headers stay repeated. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

interface Script extends FaultOptions {
  readonly path: string;
  readonly fault: Fault;
  readonly meet: () => void;
}

/** Headers that are about one connection (RFC 9110, 7.6.1), or about a body that may be changed here. */
const perConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

function withoutHeaders(rawHeaders: readonly string[], dropped: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!dropped.has(name.toLowerCase())) {
      kept.push(name, value);
    }
  }
  return kept;
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Sends the request on, Host header included: the server must see the name that its clients know it by. */
function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(target);
    const outgoing = startRequest(
      {
        hostname,
        port,
        path: incoming.url,
        method: incoming.method,
        headers: [
          ...withoutHeaders(incoming.rawHeaders, perConnection),
          'content-length',
          String(body.length),
        ],
        agent: false,
      },
      message => {
        readAll(message).then(
          answered => {
            const headers = withoutHeaders(message.rawHeaders, perConnection);
            resolve({ status: message.statusCode ?? 502, headers, body: answered });
          },
          (error: unknown) => {
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function send(response: ServerResponse, answer: Answer, cutAfter?: number): void {
  const bodiless = answer.status === 204 || answer.status === 304;
  const length = bodiless ? [] : ['content-length', String(answer.body.length)];
  // One connection per request: what happens to one must not happen to the next.
  response.writeHead(answer.status, [...answer.headers, ...length, 'connection', 'close']);
  if (cutAfter === undefined) {
    response.end(bodiless ? undefined : answer.body);
  } else {
    response.write(answer.body.subarray(0, cutAfter), () => response.destroy());
  }
}

function replaced(answer: Answer, { body, contentType }: Extract<Fault, { kind: 'replace' }>): Answer {
  const headers =
    contentType === undefined
      ? answer.headers
      : [...withoutHeaders(answer.headers, new Set(['content-type'])), 'content-type', contentType];
  const text = typeof body === 'function' ? body(answer.body.toString()) : body;
  return { ...answer, headers, body: text === undefined ? answer.body : Buffer.from(text) };
}

/** Lets a fault happen to a request. `pass` sends the request on and gives the server's answer. */
async function happen(
  { fault, meet }: Script,
  response: ServerResponse,
  pass: () => Promise<Answer>,
): Promise<void> {
  if (fault.kind === 'delay' && fault.what === 'answer') {
    const answer = await pass();
    meet();
    await fault.until;
    send(response, answer);
    return;
  }
  meet();
  switch (fault.kind) {
    case 'delay':
      await fault.until;
      if (response.socket && !response.socket.destroyed) send(response, await pass());
      return;
    case 'resetBeforeForwarding':
      response.socket?.resetAndDestroy();
      return;
    case 'resetAfterAnswer':
      await pass();
      response.socket?.resetAndDestroy();
      return;
    case 'status': {
      const headers = Object.entries(fault.headers ?? {}).flat();
      send(response, { status: fault.status, headers, body: Buffer.from(fault.body ?? '') });
      return;
    }
    case 'replace':
      send(response, replaced(await pass(), fault));
      return;
    case 'truncate': {
      const answer = await pass();
      send(response, answer, fault.bytes ?? Math.floor(answer.body.length / 2));
      return;
    }
  }
}

/**
 * Starts a proxy in front of a server that answers at `target`, which may also be told later (`forwardTo`).
 * Without a scripted fault a request and its answer pass unchanged.
 */
export async function startFaultProxy(target?: string, port = 0): Promise<FaultProxy> {
  let forwardedTo = target;
  let scripts: Script[] = [];
  const requests: ProxiedRequest[] = [];

  const next = (path: string): Script | undefined => {
    const script = scripts.find(candidate => candidate.path === path || candidate.path === '*');
    if (script && script.sticky !== true) {
      scripts = scripts.filter(candidate => candidate !== script);
    }
    return script;
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const script = next(path);
    requests.push({ method: request.method ?? 'GET', path, fault: script?.fault.kind });
    const body = await readAll(request);
    const pass = () => {
      if (forwardedTo === undefined) {
        throw new Error('The proxy does not know yet where to forward to');
      }
      return forward(forwardedTo, request, body);
    };
    if (script) {
      await happen(script, response, pass);
    } else {
      send(response, await pass());
    }
  };

  const server = createServer((request, response) => {
    // The client or the server gave up: either way there is nobody left to answer properly.
    handle(request, response).catch(() => response.destroy());
  });
  const url = `http://${loopback}:${await listen(server, port)}`;

  return {
    url,
    requests,
    requestsTo: path => requests.filter(request => request.path === path),
    on(path, fault, options = {}) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      let hits = 0;
      const script: Script = {
        ...options,
        path,
        fault,
        meet() {
          hits++;
          resolve(undefined);
        },
      };
      scripts.push(script);
      return {
        get hits() {
          return hits;
        },
        met: promise,
        remove() {
          scripts = scripts.filter(candidate => candidate !== script);
        },
      };
    },
    heal() {
      scripts = [];
    },
    forwardTo(address) {
      forwardedTo = address;
    },
    close: () => stop(server),
  };
}

/** An identity provider whose clients only ever talk to the proxy in front of it. */
export interface FaultyIdentityProvider extends IdentityProvider {
  readonly proxy: FaultProxy;
}

/** Starts both; the issuer is the proxy's address. `close()` ends both. */
export async function startFaultyIdentityProvider(
  options: Omit<IdentityProviderOptions, 'issuer' | 'host'> = {},
): Promise<FaultyIdentityProvider> {
  const proxy = await startFaultProxy();
  const identityProvider = await startIdentityProvider({ ...options, issuer: proxy.url });
  proxy.forwardTo(identityProvider.address);
  return {
    ...identityProvider,
    proxy,
    async close() {
      await proxy.close();
      await identityProvider.close();
    },
  };
}
