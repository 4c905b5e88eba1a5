import type * as vscode from 'vscode';
import { safeAddress } from './address.ts';
import { withWarnings } from './fetch.ts';
import { Connection, type AuthorizedWebSocketOptions } from './connection.ts';
import type { Bytes, WebSocketEnd } from './socket.ts';

/** A connection that outlives its tokens. */
export interface AuthorizedWebSocket extends vscode.Disposable {
  readonly onDidReceive: vscode.Event<string | ArrayBuffer>;
  /** A connection is open: the first one, and each that took its place. Tell the server again what you want. */
  readonly onDidOpen: vscode.Event<void>;
  /** It is over: closed by the server for good, lost and not to be had again, or signed out. Told once. */
  readonly onDidEnd: vscode.Event<WebSocketEnd>;
  /** @throws Error while there is no connection. */
  send(data: string | ArrayBuffer | Bytes): void;
}

/**
 * Opens a WebSocket with the person's access token in its handshake. When the token is renewed, which happens
 * before it ends, a connection with the new one takes the place of the old one. With the sign-out it ends.
 *
 * @returns once it is open.
 * @throws as {@link authorizedFetch}, and `WebSocketRefused` if the server cannot be reached or does not take it.
 */
export async function authorizedWebSocket(
  providerId: string,
  scopes: readonly string[],
  address: string | URL,
  options: AuthorizedWebSocketOptions = {},
): Promise<AuthorizedWebSocket> {
  const connection = new Connection(providerId, scopes, safeAddress(address, 'ws'), withWarnings(options));
  await connection.start();
  return {
    onDidReceive: connection.received.event,
    onDidOpen: connection.opened.event,
    onDidEnd: connection.ended.event,
    send: data => connection.send(data),
    dispose: () => connection.dispose(),
  };
}
