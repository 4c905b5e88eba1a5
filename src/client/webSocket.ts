import type * as vscode from 'vscode';
import { safeAddress } from './address.ts';
import { withWarnings } from './fetch.ts';
import { Connection, type AuthorizedWebSocketOptions } from './connection.ts';
import type { Bytes, WebSocketEnd } from './sockets/socket.ts';

/** A connection that outlives its tokens. */
export interface AuthorizedWebSocket extends vscode.Disposable {
  readonly onDidReceive: vscode.Event<string | ArrayBuffer>;
  /** A connection is open: the first one, or a replacement. Send the server again what you want. */
  readonly onDidOpen: vscode.Event<void>;
  /** The connection ended: closed by the server, lost after all retries, or signed out. Called once. */
  readonly onDidEnd: vscode.Event<WebSocketEnd>;
  /** @throws Error while there is no connection. */
  send(data: string | ArrayBuffer | Bytes): void;
}

/**
 * Opens a WebSocket with the user's access token in its handshake. When the token is refreshed, before it expires, a
 * connection with the new token replaces the old one. A sign-out ends it.
 *
 * @returns once it is open.
 * @throws as {@link authorizedFetch}, and `WebSocketRefused` if the server can't be reached or refuses it.
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
