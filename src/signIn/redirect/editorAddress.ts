import { l10n } from '../../platform/shown.ts';
import { secret } from '../../platform/secret.ts';
import { base64urlOf } from '../../platform/base64url.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { bridgeMark, bridgeParameter } from '../../providers/settings/redirectSettings.ts';
import type { PendingResponses } from './pendingResponses.ts';
import type { Redirect } from './redirect.ts';

/** The URI at which the editor passes what a browser opens to this extension. */
export interface EditorAddress {
  /** Resolves with a complete URI. On the desktop it is always the same for the same path. */
  of(path: string, query?: string): Promise<string>;
}

/** The authorization response goes straight to the editor's URI. */
export const editorRedirect = (editor: EditorAddress, pending: PendingResponses): Redirect => ({
  async open({ nonce, path, onStray }) {
    const redirectUri = await editor.of(path);
    const { response, drop } = pending.expect(nonce, path, onStray);
    return { redirectUri, state: nonce, response, close: drop };
  },
});

/**
 * The response goes to a static page (`media/bridge.html`), which opens the editor's URI with it. The page learns that
 * URI from `state`, after the nonce, and opens it only if it is on its list.
 */
export const bridgeRedirect = (editor: EditorAddress, pending: PendingResponses): Redirect => ({
  async open({ nonce, path, provider, onStray }) {
    const redirectUri = pageOf(provider.redirect.bridge, provider.issuer);
    const state = secret(`${nonce.reveal()}.${base64urlOf(new TextEncoder().encode(await editor.of(path)))}`);
    const { response, drop } = pending.expect(state, path, onStray);
    const checked = response.then(parameters => fromOwnPage(redirectUri, provider.issuer, parameters));
    return { redirectUri, state, response: checked, close: drop };
  },
});

/**
 * The page hands on its whole query, and so the mark of the redirect URI that the response was sent to.
 *
 * @throws Failure `response-foreign` if that is another provider's.
 */
function fromOwnPage(redirectUri: string, issuer: string, parameters: URLSearchParams): URLSearchParams {
  const mark = bridgeMark(redirectUri);
  const found = parameters.getAll(bridgeParameter);
  if (found.length === (mark === undefined ? 0 : 1) && found[0] === mark) return parameters;
  const other = l10n.t('the bridge page of another provider');
  throw new Failure('response-foreign', { found: other, expected: issuer });
}

/**
 * The response goes to a relay that takes the whole of `state` for the URI to open, as `https://vscode.dev/redirect`
 * does. The URI carries the nonce that identifies the response here.
 */
export const relayRedirect = (editor: EditorAddress, pending: PendingResponses): Redirect => ({
  async open({ nonce, path, provider, onStray }) {
    const redirectUri = pageOf(provider.redirect.relay, provider.issuer);
    const target = await editor.of(path, `relay=${nonce.reveal()}`);
    const state = secret(encodeURIComponent(target));
    const { response, drop } = pending.expect(nonce, path, onStray, 'relay');
    const withState = response.then(parameters => {
      const own = new URLSearchParams(parameters);
      own.delete('relay');
      own.set('state', state.reveal());
      return own;
    });
    return { redirectUri, state, response: withState, close: drop };
  },
});

function pageOf(address: string | undefined, issuer: string): string {
  if (address !== undefined) return address;
  throw new Failure('method-unsupported', { issuer, missing: l10n.t('the URL of a bridge page') });
}
