import * as vscode from 'vscode';
import { safeAddress } from './address.ts';
import { describeSession } from './sessionInfo.ts';
import type { AuthorizedFetchOptions } from './fetch.ts';
import { answerRefusal, isRefusal, refusalOf, tokenRefused } from './refusal.ts';
import { scopesFor } from './resource.ts';
import { answerTo, lookAgainAfter, sessionFor, SignInDeclined, type AuthorizedOptions } from './session.ts';
import { connectWith, openSocket, type SocketLike } from './socket.ts';
import { createTimer, untilRenewal } from './timer.ts';

export interface AuthorizedWebSocketOptions extends AuthorizedFetchOptions {
  readonly protocols?: readonly string[] | undefined;
  /**
   * Opens a connection with this token. By default the token is in the handshake's header `Authorization`. That
   * is not possible in a browser (web extensions): there, send it another way that your server understands,
   * such as a subprotocol, the first message, or a one-time ticket fetched with {@link authorizedFetch}; never the
   * token itself in the address. Whatever has to be waited for, wait for it before the socket is made.
   */
  readonly connect?: ((url: URL, token: string) => SocketLike | Promise<SocketLike>) | undefined;
  /**
   * How often in a row a lost connection is tried again, with 1, 2, 4, … up to 30 seconds in between; 5. The count
   * begins anew once a connection has lasted for a minute.
   */
  readonly retries?: number | undefined;
}

/** A connection that outlives its tokens. */
export interface AuthorizedWebSocket extends vscode.Disposable {
  readonly onDidReceive: vscode.Event<string | ArrayBuffer>;
  /** A connection is open: the first one, and each that took its place. Tell the server again what you want. */
  readonly onDidOpen: vscode.Event<void>;
  /** It is over: closed by the server for good, lost and not to be had again, or signed out. Told once. */
  readonly onDidEnd: vscode.Event<{ readonly code: number; readonly reason: string }>;
  /** @throws Error while there is no connection. */
  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void;
}

/** Close codes after which a new connection makes sense: going away, lost, policy (a token that has ended). */
const passingCodes = new Set([1001, 1005, 1006, 1008, 1011, 1012, 1013, 4401]);

/** Those of a server that accepts every handshake, and then judges the token. */
const refusingCodes = new Set([1008, 4401]);

/** A connection that has lasted so long, in milliseconds, was a good one. */
const goodWhile = 60_000;

/**
 * Opens a WebSocket with the person's access token in its handshake. When the token is renewed, which happens
 * before it ends, a connection with the new one takes the place of the old one. With the sign-out it ends.
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
  const quiet: AuthorizedWebSocketOptions = { ...options, signIn: 'never' };
  const connect = options.connect ?? (options.protocols ? connectWith(options.protocols) : connectWith([]));
  const received = new vscode.EventEmitter<string | ArrayBuffer>();
  const opened = new vscode.EventEmitter<void>();
  const ended = new vscode.EventEmitter<{ code: number; reason: string }>();
  let current: SocketLike | undefined;
  /** Whose token the connection has, or the one that is being opened. */
  let session: vscode.AuthenticationSession | undefined;
  let over = false;
  let opening = false;
  /** There is another token than that of the connection that is being opened. */
  let missed = false;
  let failures = 0;
  let lasted = false;
  let refusalAnswered = false;
  const [retry, lookAgain, steady, renewal] = [createTimer(), createTimer(), createTimer(), createTimer()];

  const leave = (reason?: string): void => {
    const left = current;
    current = undefined;
    lasted = false;
    steady.stop();
    renewal.stop();
    left?.close(1000, reason);
  };

  const stop = (reason?: string): void => {
    over = true;
    retry.stop();
    lookAgain.stop();
    watching.dispose();
    leave(reason);
  };

  const end = (code: number, reason: string): void => {
    if (over) return;
    stop(reason);
    ended.fire({ code, reason });
  };

  const tryAgain = (code: number, reason: string): void => {
    if (failures >= (options.retries ?? 5)) end(code, reason);
    else retry.start(Math.min(30, 2 ** failures++) * 1000, () => void replace());
  };

  const lost = (socket: SocketLike, { code, reason }: { code: number; reason: string }): void => {
    if (socket !== current) return;
    const isRefused = refusingCodes.has(code) && !lasted;
    current = undefined;
    leave();
    if (!passingCodes.has(code)) end(code, reason);
    // What is to take its place anyway is on its way, and says itself if it fails.
    else if (opening) return;
    else if (isRefused) void replace(() => answerClosing(code, reason));
    else tryAgain(code, reason);
  };

  /** @throws what kept it from opening. */
  const open = async (next: vscode.AuthenticationSession): Promise<void> => {
    const before = session;
    session = next;
    try {
      const socket = await openSocket(() => connect(url, next.accessToken), url, {
        message(data) {
          if (!over) received.fire(data);
        },
        close: lost,
      });
      if (over) {
        socket.close(1000);
        throw new SignInDeclined('Signed out.');
      }
      take(socket, next);
    } catch (error) {
      session = before;
      throw error;
    }
  };

  const take = (socket: SocketLike, its: vscode.AuthenticationSession): void => {
    const old = current;
    current = socket;
    retry.stop();
    if (!old) {
      steady.start(goodWhile, () => {
        lasted = true;
        refusalAnswered = false;
        failures = 0;
      });
    }
    old?.close(1000, 'replaced');
    renewal.stop();
    void askInTime(socket, its);
    opened.fire();
  };

  /** A token that is derived from another is renewed only when somebody asks for it. */
  const askInTime = async (socket: SocketLike, its: vscode.AuthenticationSession): Promise<void> => {
    const known = (await answerTo(() => describeSession(its)))?.answer;
    const wait = (): void => {
      const delay = known && untilRenewal(known);
      if (socket !== current || delay === undefined) return;
      renewal.start(delay, () => {
        void look();
        wait();
      });
    };
    wait();
  };

  const openOrAnswer = async (request: AuthorizedOptions): Promise<void> => {
    const asked = wanted();
    const found = await sessionFor(providerId, asked, request);
    try {
      await open(found);
    } catch (error) {
      if (over) throw error;
      const another = await answerHandshake(providerId, asked, { ...options, ...request }, found, probe);
      if (!another) throw error;
      await open(another);
    }
  };

  /** The server has accepted the handshake and then refused the token. */
  const answerClosing = async (code: number, reason: string): Promise<void> => {
    const another =
      session && !refusalAnswered
        ? await answerRefusal(providerId, wanted(), quiet, session, refusalOf(tokenRefused), probe)
        : undefined;
    refusalAnswered = true;
    if (another) await open(another);
    else end(code, reason);
  };

  /** One opening at a time. */
  const alone = async (run: () => Promise<void>): Promise<void> => {
    opening = true;
    try {
      await run();
    } finally {
      opening = false;
      if (missed) void look();
      missed = false;
    }
  };

  /** In the background: nobody is asked. */
  const replace = async (openAnother = () => openOrAnswer(quiet)): Promise<void> => {
    if (over) return;
    if (opening) {
      missed = true;
      return;
    }
    try {
      await alone(openAnother);
    } catch (error) {
      if (over || current) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof SignInDeclined) end(1006, reason);
      else tryAgain(1006, reason);
    }
  };

  /** What has become of the session? */
  const look = async (): Promise<void> => {
    const known = session;
    if (!known || over) return;
    const { account } = options;
    const found = await answerTo(() =>
      vscode.authentication.getSession(providerId, wanted(), { ...(account && { account }), silent: true }),
    );
    if (over) return;
    if (!found) lookAgain.start(lookAgainAfter, () => void look());
    // The answer may be older than the connection.
    else if (session !== known) await look();
    // Signed out, or the permission is gone: the connection must not go on in this person's name.
    else if (!found.answer) end(1000, 'signed out');
    else if (found.answer.accessToken !== known.accessToken) {
      if (found.answer.account.id !== known.account.id) leave('signed out');
      await replace();
    }
  };

  const watching = vscode.authentication.onDidChangeSessions(({ provider }) => {
    if (provider.id === providerId) void look();
  });

  const dispose = (): void => {
    stop();
    for (const emitter of [received, opened, ended]) emitter.dispose();
  };

  try {
    await alone(() => openOrAnswer(options));
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
  const response = (await answerTo(() => send(probe, { headers, redirect: 'manual' })))?.answer;
  await response?.body?.cancel();
  return response && isRefusal(response)
    ? answerRefusal(providerId, scopes, options, session, response, probe)
    : undefined;
}
