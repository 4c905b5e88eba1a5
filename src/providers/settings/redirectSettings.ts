import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';
import { isLoopbackHost } from '../../protocol/http/address.ts';
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

/** Returns the provider that a bridge's redirect URI belongs to, or undefined if any provider can use the page. */
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

/** How the browser's response returns. These values are registered exactly with the provider. */
export const redirectSettingsSchema = group('How the browser’s response returns to the editor.', {
  path: path(
    'The path of the redirect URI. Defaults to `/callback`, followed by the issuer’s host and path if the provider doesn’t identify itself in its responses.',
  ),
  accepts: someOf(
    'The kinds of redirect URIs that the provider accepts: `editor` (the URL of a desktop editor, such as `vscode://…`), `loopback` (`http://127.0.0.1`, `http://localhost`), and `https` (the URL of a browser-based editor or a bridge page). Defaults to all.',
    v.picklist(redirectKinds),
  ),
  loopbackHost: oneOf('The host of a loopback redirect URI, as registered. Defaults to `127.0.0.1`.', [
    '127.0.0.1',
    'localhost',
  ]),
  loopbackPorts: someOf(
    'The registered ports of loopback redirect URIs. The first free one is used. Defaults to any free port.',
    port,
  ),
  signedOutPath: path(
    'The path of the post-logout redirect URI, if one is registered, for example `/signed-out`. If not set, the browser stays on the provider’s page after signing out there.',
  ),
  bridge: page(
    'The URL of a bridge page: a static page that you host to pass the response on to the editor. Use `media/bridge.html` from this extension. If several providers use bridge pages, add `?for=` and a unique name for each, such as `https://example.com/bridge.html?for=staff`, and register exactly that URL.',
    hasMarkOnly,
    () => l10n.t('must be an https URL without a fragment and without a query other than ?for=…'),
  ),
  relay: page(
    'The URL of a relay that opens the URL it finds in `state`, as `https://vscode.dev/redirect` does.',
    hasNoQuery,
    () => l10n.t('must be an https URL without a query and without a fragment'),
  ),
  paste: v.pipe(
    v.string(),
    v.check(
      value => URL.canParse(value),
      () => l10n.t('must be an absolute URL'),
    ),
    v.description(
      'The redirect URI of a sign-in whose URL or code you paste, for example one of the provider’s pages that shows the code. Defaults to a loopback URL that nothing listens on.',
    ),
  ),
});

/** True if the provider takes redirect URIs of this kind, as far as the settings say. */
export const acceptsRedirect = ({ accepts }: RedirectSettings, kind: RedirectKind): boolean =>
  accepts?.includes(kind) ?? true;

export type RedirectSettings = Readonly<v.InferOutput<typeof redirectSettingsSchema>>;
