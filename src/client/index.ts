/**
 * Signed-in requests for extensions, on the editor's own API (`vscode.authentication`) and nothing else. There
 * is no dependency but `vscode`: copy the folder into your extension.
 */
export { authorizedFetch, type AuthorizedFetchOptions } from './fetch.ts';
export { AccessRefused } from './refusal.ts';
export {
  onDidChangeAccount,
  requireSession,
  SignInDeclined,
  type AuthorizedOptions,
  type SessionOptions,
} from './session.ts';
export {
  authorizedWebSocket,
  type AuthorizedWebSocket,
  type AuthorizedWebSocketOptions,
  type SocketLike,
} from './webSocket.ts';
