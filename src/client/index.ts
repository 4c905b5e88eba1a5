/**
 * Signed-in requests for extensions, on the editor's own API (`vscode.authentication`) and nothing else. There
 * is no dependency but `vscode`. `npm run package:client` makes a package of it, with all of it in one file to copy.
 */
export {
  describeSession,
  proveSession,
  type DescribedElsewhere,
  type ExpiringSession,
  type OidcAuthenticationApi,
  type ProofRequest,
  type ProvedElsewhere,
  type SessionInfo,
} from './sessionInfo.ts';
export { authorizedFetch, type AuthorizedFetchOptions } from './fetch.ts';
export { AccessRefused } from './refusal.ts';
export {
  onDidChangeAccount,
  requireSession,
  SignInDeclined,
  type AuthorizedOptions,
  type SessionOptions,
} from './session.ts';
export type { SocketLike, WebSocketEnd } from './sockets/socket.ts';
export type { AuthorizedWebSocketOptions } from './connection.ts';
export { WebSocketRefused } from './sockets/handshake.ts';
export { authorizedWebSocket, type AuthorizedWebSocket } from './webSocket.ts';
