import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { isLoopbackHost } from '../../protocol/http/internalHost.ts';
import { group, oneOf, path, someOf } from './fields.ts';

/** A page that an authorization response passes through. */
const page = (description: string, isUsable: (url: URL) => boolean, problem: () => string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.check(value => isPage(value, isUsable), problem),
    v.description(description),
  );

function isPage(value: string, isUsable: (url: URL) => boolean): boolean {
  const url = URL.parse(value);
  if (!url || value.includes('#') || url.username !== '' || url.password !== '') return false;
  if (!isUsable(url)) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

/** The parameter by which a bridge's redirect URI belongs to one provider: the page hands its whole query on. */
export const bridgeParameter = 'for';

/** Which provider a bridge's redirect URI belongs to; undefined: to whichever uses the page. */
export const bridgeMark = (bridge: string): string | undefined =>
  new URL(bridge).searchParams.get(bridgeParameter) ?? undefined;

/** The redirect URI of a bridge that belongs to one provider. */
export const markedBridge = (bridge: string, mark: string): string =>
  `${bridge.split('?')[0] ?? bridge}?${bridgeParameter}=${mark}`;

const hasNoQuery = ({ href }: URL): boolean => !href.includes('?');

const hasMarkOnly = (url: URL): boolean => hasNoQuery(url) || /^\?for=[\w.-]{1,64}$/.test(url.search);

const port = v.pipe(
  v.number(),
  v.integer(() => l10n.t('must be a whole number')),
  v.minValue(1, () => l10n.t('must be a port from 1 to 65535')),
  v.maxValue(65535, () => l10n.t('must be a port from 1 to 65535')),
);

/** The kinds of redirect URIs that there are: each provider takes some of them. */
export const redirectKinds = ['editor', 'loopback', 'https'] as const;
export type RedirectKind = (typeof redirectKinds)[number];

/** How the answer of the browser comes back. What stands here is registered at the provider to the letter. */
export const redirectSettingsSchema = group('How the answer of the browser comes back to the editor.', {
  path: path(
    'The path of the redirect URI. By default `/callback`, followed by the host and path of the issuer if the provider does not name itself in its answers.',
  ),
  accepts: someOf(
    'The kinds of redirect URIs that the provider takes: `editor` (the address of a desktop editor, such as `vscode://…`), `loopback` (`http://127.0.0.1`, `http://localhost`), `https` (the address of an editor in the browser; a bridge page). By default all.',
    v.picklist(redirectKinds),
  ),
  loopbackHost: oneOf('The host of a loopback redirect URI, as it is registered. By default `127.0.0.1`.', [
    '127.0.0.1',
    'localhost',
  ]),
  loopbackPorts: someOf(
    'The ports of loopback redirect URIs that are registered; the first free one is used. By default any free port.',
    port,
  ),
  signedOutPath: path(
    'The path of the post-logout redirect URI, if one is registered, for example `/signed-out`. By default the browser stays at the provider after a sign-out there.',
  ),
  bridge: page(
    'The address of a bridge page: a static page of yours that hands the answer on to the editor. The extension brings the page to host, `media/bridge.html`. If several providers use bridge pages, add `?for=` and a name of its own for each, such as `https://example.com/bridge.html?for=staff`, and register exactly that.',
    hasMarkOnly,
    () => l10n.t('must be an https address without a fragment, and without a query other than ?for=…'),
  ),
  relay: page(
    'The address of a relay that opens the address it finds in `state`, as `https://vscode.dev/redirect` does.',
    hasNoQuery,
    () => l10n.t('must be an https address without a query and a fragment'),
  ),
  paste: v.pipe(
    v.string(),
    v.check(
      value => URL.canParse(value),
      () => l10n.t('must be an absolute address'),
    ),
    v.description(
      'The redirect URI of a sign-in whose address or code you paste, for example a page of the provider that shows the code. By default a loopback address at which nobody listens.',
    ),
  ),
});

/** True if the provider takes redirect URIs of this kind, as far as the settings say. */
export const acceptsRedirect = ({ accepts }: RedirectSettings, kind: RedirectKind): boolean =>
  accepts?.includes(kind) ?? true;

export type RedirectSettings = Readonly<v.InferOutput<typeof redirectSettingsSchema>>;
