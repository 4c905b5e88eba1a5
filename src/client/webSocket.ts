import * as vscode from 'vscode';
import { safeAddress } from './address.ts';
import type { AuthorizedFetchOptions } from './fetch.ts';
import { answerRefusal, isRefusal } from './refusal.ts';
import { scopesFor } from './resource.ts';
import { sessionFor, SignInDeclined, silently, type AuthorizedOptions } from './session.ts';

/** What of a `WebSocket` is used here. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  binaryType: string;
  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export interface AuthorizedWebSocketOptions extends AuthorizedFetchOptions {
  readonly protocols?: readonly string[] | undefined;
  /**
   * Opens a connection with this token. By default the token is in the handshake's header `Authorization`. That
   * is not possible in a browser (web extensions): there, send it another way that your server understands,
   * such as a subprotocol, the first message, or a one-time ticket fetched with {@link authorizedFetch}; never the
   * token itself in the address. Whatever has to be waited for, wait for it before the socket is made.
   */
  readonly connect?: ((url: URL, token: string) => SocketLike | Promise<SocketLike>) | undefined;
  /** How often in a row a lost connection is tried again, with 1, 2, 4, … up to 30 seconds in between; 5. */
  readonly retries?: number | undefined;
}

/** A connection that outlives its tokens. */
export interface AuthorizedWebSocket extends vscode.Disposable {
  readonly onDidReceive: vscode.Event<string | ArrayBuffer>;
  /** A connection is open: the first one, and each that took its place. Tell the server again what you want. */
  readonly onDidOpen: vscode.Event<void>;
  /** It is over: closed by the server for good, or lost and not to be had again. */
  readonly onDidEnd: vscode.Event<{ readonly code: number; readonly reason: string }>;
  /** @throws Error while there is no connection. */
  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void;
}

/** Close codes after which a new connection makes sense: going away, lost, policy (a token that has ended). */
const passingCodes = new Set([1001, 1005, 1006, 1008, 1011, 1012, 1013, 4401]);

/**
 * Opens a WebSocket with the person's access token in its handshake. When the token is renewed, which happens
 * before it ends, a connection with the new one takes the place of the old one.
 *
 * @returns once it is open.
 * @throws as {@link authorizedFetch}, and Error if the server cannot be reached or does not take it.
 */
export async function authorizedWebSocket(
  providerId: string,
  scopes: readonly string[],
  address: string | URL,
  options: AuthorizedWebSocketOptions = {},
): Promise<AuthorizedWebSocket> {
  const url = safeAddress(address, 'ws');
  const probe = new URL(url);
  probe.protocol = url.protocol.replace('ws', 'http');
  const wanted = () => scopesFor(providerId, scopes, probe);
  const connect = options.connect ?? (options.protocols ? connectWith(options.protocols) : connectWith([]));
  const received = new vscode.EventEmitter<string | ArrayBuffer>();
  const opened = new vscode.EventEmitter<void>();
  const ended = new vscode.EventEmitter<{ code: number; reason: string }>();
  let current: SocketLike | undefined;
  let token = '';
  let disposed = false;
  let replacing = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const lost = (socket: SocketLike, { code, reason }: { code: number; reason: string }): void => {
    if (socket !== current || disposed) return;
    current = undefined;
    if (!passingCodes.has(code) || failures >= (options.retries ?? 5)) {
      ended.fire({ code, reason });
      return;
    }
    timer = setTimeout(() => void replace(), Math.min(30, 2 ** failures++) * 1000);
  };

  /** @throws what kept it from opening. */
  const open = async (session: vscode.AuthenticationSession): Promise<void> => {
    const socket = await openSocket(() => connect(url, session.accessToken), url, {
      message: data => received.fire(data),
      close: (socket, event) => lost(socket, event),
    });
    if (disposed) {
      socket.close(1000);
      return;
    }
    const old = current;
    current = socket;
    token = session.accessToken;
    failures = 0;
    old?.close(1000, 'replaced');
    opened.fire();
  };

  const openOrAnswer = async (wish: AuthorizedOptions): Promise<void> => {
    const scopes = wanted();
    const session = await sessionFor(providerId, scopes, wish);
    try {
      await open(session);
    } catch (error) {
      const another = await answerHandshake(providerId, scopes, { ...options, ...wish }, session, probe);
      if (!another) throw error;
      await open(another);
    }
  };

  /** In the background: nobody is asked. */
  const replace = async (): Promise<void> => {
    if (replacing || disposed) return;
    replacing = true;
    try {
      await openOrAnswer({ ...options, signIn: 'never' });
    } catch (error) {
      if (disposed || current) return;
      if (error instanceof SignInDeclined || failures >= (options.retries ?? 5)) {
        ended.fire({ code: 1006, reason: error instanceof Error ? error.message : String(error) });
      } else {
        timer = setTimeout(() => void replace(), Math.min(30, 2 ** failures++) * 1000);
      }
    } finally {
      replacing = false;
    }
  };

  const watching = vscode.authentication.onDidChangeSessions(async ({ provider }) => {
    if (provider.id !== providerId || !current) return;
    const { account } = options;
    const session = await silently(() =>
      vscode.authentication.getSession(providerId, wanted(), { ...(account && { account }), silent: true }),
    );
    if (session && session.accessToken !== token) await replace();
    // Signed out, or the permission is gone: the connection must not go on in this person's name.
    else if (!session && !disposed) {
      current?.close(1000, 'signed out');
      current = undefined;
      ended.fire({ code: 1000, reason: 'signed out' });
    }
  });

  const dispose = (): void => {
    disposed = true;
    clearTimeout(timer);
    watching.dispose();
    current?.close(1000);
    current = undefined;
    for (const emitter of [received, opened, ended]) emitter.dispose();
  };

  try {
    await openOrAnswer(options);
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    onDidReceive: received.event,
    onDidOpen: opened.event,
    onDidEnd: ended.event,
    send(data) {
      if (!current) throw new Error('There is no connection now.');
      current.send(data);
    },
    dispose,
  };
}

const connectWith =
  (protocols: readonly string[]) =>
  (url: URL, token: string): SocketLike => {
    if (typeof process === 'undefined') {
      throw new Error('A browser cannot send a header in the handshake; see the option "connect".');
    }
    // Node's WebSocket takes headers; the standard, which browsers follow, has no place for them.
    const NodeWebSocket = globalThis.WebSocket as unknown as new (url: URL, options: object) => SocketLike;
    return new NodeWebSocket(url, { protocols, headers: { authorization: `Bearer ${token}` } });
  };

interface SocketListeners {
  message(data: string | ArrayBuffer): void;
  /** It had been open, and no longer is. */
  close(socket: SocketLike, event: { code: number; reason: string }): void;
}

/** The listeners are there before the first message can come. */
async function openSocket(
  connect: () => SocketLike | Promise<SocketLike>,
  url: URL,
  listeners: SocketListeners,
): Promise<SocketLike> {
  const socket = await connect();
  return new Promise((resolve, reject) => {
    let isOpen = false;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => listeners.message(data as string | ArrayBuffer);
    socket.onopen = () => {
      isOpen = true;
      resolve(socket);
    };
    // An error is always followed by the close event; without a listener it would be thrown.
    socket.onerror = () => undefined;
    socket.onclose = (event: { code: number; reason: string }) => {
      if (isOpen) listeners.close(socket, event);
      else reject(new Error(`${url.host} did not open the WebSocket.`));
    };
  });
}

/**
 * A WebSocket does not tell why its handshake failed, so the server is asked once more, without the upgrade.
 *
 * @param probe the same place by http.
 * @returns a session with another token to try again with.
 */
async function answerHandshake(
  providerId: string,
  scopes: readonly string[],
  options: AuthorizedFetchOptions,
  session: vscode.AuthenticationSession,
  probe: URL,
): Promise<vscode.AuthenticationSession | undefined> {
  const send = options.fetch ?? ((...request: Parameters<typeof fetch>) => globalThis.fetch(...request));
  const headers = { authorization: `Bearer ${session.accessToken}` };
  const answer = await silently(() => send(probe, { headers, redirect: 'manual' }));
  await answer?.body?.cancel();
  return answer && isRefusal(answer)
    ? answerRefusal(providerId, scopes, options, session, answer, probe)
    : undefined;
}
