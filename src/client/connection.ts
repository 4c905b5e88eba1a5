import * as vscode from 'vscode';
import type { Holder } from './credentials.ts';
import type { AuthorizedFetchOptions } from './fetch.ts';
import { answerHandshake, answerRefusal, isRefused, refusalOf, tokenRefused } from './refusal.ts';
import { aimFor, type Aim } from './resource.ts';
import { openWith } from './sockets/opening.ts';
import { lookAgainAfter, sessionFor, SignInDeclined } from './session.ts';
import { answerTo, describeSession, type ExpiringSession } from './sessionInfo.ts';
import {
  passingCodes,
  refusingCodes,
  type Bytes,
  type SocketLike,
  type SocketListeners,
  type WebSocketEnd,
} from './sockets/socket.ts';
import { createTimer, untilRenewal } from './timer.ts';

export interface AuthorizedWebSocketOptions extends AuthorizedFetchOptions {
  readonly protocols?: readonly string[] | undefined;
  /**
   * Opens a connection with this token. Defaults to the handshake's header `Authorization`, which a browser (web
   * extension) can't send. There, use what your server understands: a subprotocol, the first message, or a one-time
   * ticket fetched with {@link authorizedFetch}. Never put the token itself in the URL. Await everything before you
   * create the socket.
   *
   * `proof` is undefined, or goes with a token that is bound to a key (DPoP), for `GET` of the URL by https.
   */
  readonly connect?:
    ((url: URL, token: string, proof?: string) => SocketLike | Promise<SocketLike>) | undefined;
  /**
   * How often in a row a lost connection is retried, after 1, 2, 4, … up to 30 seconds. Defaults to 5. The count
   * restarts after a connection has lasted a minute.
   */
  readonly retries?: number | undefined;
}

/** A connection that has lasted so long, in milliseconds, was a good one. */
const goodWhile = 60_000;

/** A WebSocket to one server, and those that take its place: each lasts no longer than its token. */
export class Connection {
  readonly received = new vscode.EventEmitter<string | ArrayBuffer>();
  readonly opened = new vscode.EventEmitter<void>();
  readonly ended = new vscode.EventEmitter<WebSocketEnd>();

  readonly #providerId: string;
  readonly #scopes: readonly string[];
  readonly #url: URL;
  /** The same place by http. */
  readonly #probe: URL;
  readonly #options: AuthorizedWebSocketOptions;
  readonly #watching: vscode.Disposable;

  #current: SocketLike | undefined;
  /** Whose token the connection has, or the one that is being opened. */
  #session: vscode.AuthenticationSession | undefined;
  #over = false;
  #opening = false;
  /** There is another token than that of the connection that is being opened. */
  #missed = false;
  #failures = 0;
  #lasted = false;
  #refusalAnswered = false;
  readonly #retry = createTimer();
  readonly #lookAgain = createTimer();
  readonly #steady = createTimer();
  readonly #renewal = createTimer();

  constructor(providerId: string, scopes: readonly string[], url: URL, options: AuthorizedWebSocketOptions) {
    this.#providerId = providerId;
    this.#scopes = scopes;
    this.#url = url;
    this.#probe = new URL(url);
    this.#probe.protocol = url.protocol.replace('ws', 'http');
    this.#options = options;
    this.#watching = vscode.authentication.onDidChangeSessions(({ provider }) => {
      if (provider.id === providerId) void this.#look();
    });
  }

  async start(): Promise<void> {
    try {
      await this.#alone(() => this.#openOrAnswer(this.#options));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  send(data: string | ArrayBuffer | Bytes): void {
    if (!this.#current) throw new Error('There is no connection now.');
    this.#current.send(data);
  }

  dispose(): void {
    this.#stop();
    for (const emitter of [this.received, this.opened, this.ended]) emitter.dispose();
  }

  #leave(reason?: string): void {
    const left = this.#current;
    this.#current = undefined;
    this.#lasted = false;
    this.#steady.stop();
    this.#renewal.stop();
    left?.close(1000, reason);
  }

  #stop(reason?: string): void {
    this.#over = true;
    this.#retry.stop();
    this.#lookAgain.stop();
    this.#watching.dispose();
    this.#leave(reason);
  }

  #end(kind: WebSocketEnd['kind'], code: number, reason: string): void {
    if (this.#over) return;
    this.#stop(reason);
    this.ended.fire({ kind, code, reason });
  }

  /** The session is gone: pauses everything until the editor says why. */
  async #endWithSession(code: number): Promise<void> {
    if (this.#over) return;
    const reason = 'signed out';
    this.#stop(reason);
    const accounts = await answerTo(() => vscode.authentication.getAccounts(this.#providerId));
    const isThere = accounts?.answer.some(({ id }) => id === this.#session?.account.id);
    this.ended.fire({ kind: isThere ? 'permission' : 'signed-out', code, reason });
  }

  #tryAgain(kind: WebSocketEnd['kind'], code: number, reason: string): void {
    if (this.#failures >= (this.#options.retries ?? 5)) this.#end(kind, code, reason);
    else this.#retry.start(Math.min(30, 2 ** this.#failures++) * 1000, () => void this.#replace());
  }

  #lost(socket: SocketLike, { code, reason }: { code: number; reason: string }): void {
    if (socket !== this.#current) return;
    const isRefused = refusingCodes.has(code) && !this.#lasted;
    this.#current = undefined;
    this.#leave();
    if (!passingCodes.has(code)) this.#end('closed', code, reason);
    // Its replacement is already opening, and reports its own failure.
    else if (this.#opening) return;
    else if (isRefused) void this.#replace(() => this.#answerClosing(code, reason));
    else this.#tryAgain('lost', code, reason);
  }

  /** @throws what kept it from opening. */
  async #open(next: vscode.AuthenticationSession): Promise<void> {
    const before = this.#session;
    this.#session = next;
    const again = (): Promise<vscode.AuthenticationSession> =>
      sessionFor(this.#providerId, this.#aim().scopes, this.#quiet());
    const holder: Holder = { session: next, again };
    try {
      const listeners: SocketListeners = {
        message: data => {
          if (!this.#over) this.received.fire(data);
        },
        close: (closed, event) => this.#lost(closed, event),
      };
      const opening = { ...this.#options, url: this.#url, probe: this.#probe, listeners };
      const socket = await openWith(opening, holder);
      if (this.#over) {
        socket.close(1000);
        throw new SignInDeclined('not-signed-in');
      }
      this.#session = holder.session;
      this.#take(socket, holder.session);
    } catch (error) {
      this.#session = before;
      throw error;
    }
  }

  #take(socket: SocketLike, its: vscode.AuthenticationSession): void {
    const old = this.#current;
    this.#current = socket;
    this.#retry.stop();
    if (!old) {
      this.#steady.start(goodWhile, () => {
        this.#lasted = true;
        this.#refusalAnswered = false;
        this.#failures = 0;
      });
    }
    old?.close(1000, 'replaced');
    this.#renewal.stop();
    void this.#askInTime(socket, its);
    this.opened.fire();
  }

  /** A derived token is refreshed only on demand. */
  async #askInTime(socket: SocketLike, its: ExpiringSession): Promise<void> {
    const known = (await answerTo(() => describeSession(its)))?.answer ?? its;
    const wait = (): void => {
      const delay = untilRenewal(known);
      if (socket !== this.#current || delay === undefined) return;
      this.#renewal.start(delay, () => {
        void this.#look();
        wait();
      });
    };
    wait();
  }

  async #openOrAnswer(request: AuthorizedWebSocketOptions): Promise<void> {
    const aim = this.#aim();
    const found = await sessionFor(this.#providerId, aim.scopes, request);
    try {
      await this.#open(found);
    } catch (error) {
      if (this.#over) throw error;
      const another = await answerHandshake(this.#providerId, aim, request, found, this.#probe, error);
      if (!another) throw error;
      await this.#open(another);
    }
  }

  /** The server has accepted the handshake and then refused the token. */
  async #answerClosing(code: number, reason: string): Promise<void> {
    const session = this.#refusalAnswered ? undefined : this.#session;
    const refusal = refusalOf(tokenRefused);
    const another =
      session &&
      (await answerRefusal(this.#providerId, this.#aim(), this.#quiet(), session, refusal, this.#probe));
    this.#refusalAnswered = true;
    if (another) await this.#open(another);
    else this.#end('refused', code, reason);
  }

  #aim(): Aim {
    return aimFor(this.#providerId, this.#scopes, this.#probe);
  }

  /** In the background, without a prompt. */
  #quiet(): AuthorizedWebSocketOptions {
    return { ...this.#options, signIn: 'never' };
  }

  /** One opening at a time. */
  async #alone(run: () => Promise<void>): Promise<void> {
    this.#opening = true;
    try {
      await run();
    } finally {
      this.#opening = false;
      if (this.#missed) void this.#look();
      this.#missed = false;
    }
  }

  async #replace(openAnother = () => this.#openOrAnswer(this.#quiet())): Promise<void> {
    if (this.#over) return;
    if (this.#opening) {
      this.#missed = true;
      return;
    }
    try {
      await this.#alone(openAnother);
    } catch (error) {
      if (this.#over || this.#current) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof SignInDeclined) await this.#endWithSession(1006);
      else this.#tryAgain(isRefused(error) ? 'refused' : 'lost', 1006, reason);
    }
  }

  /** What has become of the session? */
  async #look(): Promise<void> {
    const known = this.#session;
    if (!known || this.#over) return;
    const account = this.#options.account && { account: this.#options.account };
    const found = await answerTo(() =>
      vscode.authentication.getSession(this.#providerId, this.#aim().scopes, { ...account, silent: true }),
    );
    if (this.#over) return;
    if (!found) this.#lookAgain.start(lookAgainAfter, () => void this.#look());
    // The session might be older than the connection.
    else if (this.#session !== known) await this.#look();
    // Signed out, or the permission is gone: the connection must end.
    else if (!found.answer) await this.#endWithSession(1000);
    else if (found.answer.accessToken !== known.accessToken) {
      if (found.answer.account.id !== known.account.id) this.#leave('signed out');
      await this.#replace();
    }
  }
}
