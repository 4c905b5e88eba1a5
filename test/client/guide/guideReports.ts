/** What the extension of docs/extension-authors.md does: compiled with everything else, and run by guide.test.ts and guideFolder.test.ts. */
// #region reports
import {
  authorizedFetch,
  authorizedWebSocket,
  type AuthorizedFetchOptions,
  type AuthorizedWebSocket,
} from '../../../src/client/index.ts';

const scopes = ['openid', 'profile'];

/** Signs in if the user hasn't yet, and again if the server requires more: a scope, or a stronger sign-in. */
export async function read(
  provider: string,
  url: string,
  options: AuthorizedFetchOptions = {},
): Promise<string> {
  // The user has just clicked, so ask again even after a refusal.
  const response = await authorizedFetch(provider, scopes, { askAgain: true, ...options })(url);
  return `${response.status}: ${await response.text()}`;
}

/** Subscribes, and again after each token. */
export async function subscribe(
  provider: string,
  url: string,
  received: (text: string) => void,
  ended: (reason: string) => void,
): Promise<AuthorizedWebSocket> {
  const socket = await authorizedWebSocket(provider, scopes, url, {
    askAgain: true,
    // Works in Node and in a browser. The server takes the token from the second one, and responds with the first.
    connect: (address, token) => new WebSocket(address, ['chat', `bearer.${token}`]),
  });
  socket.onDidReceive(data => received(typeof data === 'string' ? data : `${data.byteLength} bytes`));
  socket.onDidEnd(({ reason }) => ended(reason));
  // The first connection is open now. One that replaces it knows nothing of it.
  socket.onDidOpen(() => socket.send('subscribe'));
  socket.send('subscribe');
  return socket;
}
// #endregion
