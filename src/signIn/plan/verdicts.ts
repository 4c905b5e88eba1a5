import { l10n } from '../../platform/shown.ts';
import { showsCertificate } from '../../protocol/client/clientAuthentication.ts';
import type { ClientDocument } from '../../protocol/grants/clientDocument.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { acceptsRedirect } from '../../providers/settings/redirectSettings.ts';
import type { PersonMethod, ProviderMethod, SignInMethod } from '../../providers/settings/signInMethods.ts';
import { lists } from './documentMethods.ts';
import { sharedRedirect, type OtherProvider } from './redirectUri.ts';

/** Where this extension runs and where its user is. */
export interface Surroundings {
  /** What the user sees: the desktop application, or a page in a browser. */
  readonly ui: 'desktop' | 'web';
  /** Where our code runs: on the user's own computer, on another one, or inside the browser. */
  readonly runsIn: 'local' | 'remote' | 'web-worker';
  /** The editor's name for the remote, such as `ssh-remote`, `wsl`, `codespaces`. Undefined if there is none. */
  readonly remoteName: string | undefined;
  /** The scheme of the running product: `vscode`, `vscodium`, `code-oss`, … */
  readonly uriScheme: string;
}

export interface PlanInput {
  readonly surroundings: Surroundings;
  readonly metadata: Pick<
    Metadata,
    | 'issuer'
    | 'authorization_endpoint'
    | 'token_endpoint'
    | 'device_authorization_endpoint'
    | 'registration_endpoint'
    | 'grant_types_supported'
    | 'response_types_supported'
    | 'authorization_response_iss_parameter_supported'
  >;
  readonly provider: Pick<
    Provider,
    | 'id'
    | 'issuer'
    | 'clientId'
    | 'clientAuthentication'
    | 'profile'
    | 'certificateBoundTokens'
    | 'acceptsChangingRedirectUri'
    | 'redirect'
  >;
  /** All configured providers: another one's response must not pass for this one's. */
  readonly providers: readonly OtherProvider[];
  /** What the settings ask for: the provider's own method, else the overall one. */
  readonly method: ProviderMethod;
  /** The client ID metadata document that the sign-in can use in place of a registration. */
  readonly document: ClientDocument | undefined;
  /** The token endpoint withholds its responses from an editor inside the browser, see `readableResponses.ts`. */
  readonly withholdsTokens?: boolean;
  /** Methods that brought no response back in an earlier sign-in to this provider, in this window. */
  readonly failed: readonly SignInMethod[];
}

/** What there is to say of a method. */
export type Verdict =
  | { readonly kind: 'open'; readonly reason: string }
  /** Probably doesn't work from here, but a user who knows better can insist on it. */
  | { readonly kind: 'doubtful'; readonly why: string }
  | { readonly kind: 'closed'; readonly why: string };

const open = (reason: string): Verdict => ({ kind: 'open', reason });
const doubtful = (why: string): Verdict => ({ kind: 'doubtful', why });
const closed = (why: string): Verdict => ({ kind: 'closed', why });

/** Judges a method by what the server, the settings and the surroundings let pass. */
export function judge(method: PersonMethod, input: PlanInput): Verdict {
  const missing = lacksCertificate(input) ?? missingFor(method, input) ?? sharedWith(method, input);
  if (missing !== undefined) return closed(missing);
  if (input.withholdsTokens) return doubtful(withheld(input));
  switch (method) {
    case 'uri-handler':
      return judgeUriHandler(input);
    case 'loopback':
      return judgeLoopback(input);
    case 'bridge':
      return judgeBridge(input);
    case 'paste':
      return judgePaste(input.provider);
    case 'device-code':
      return open(l10n.t('You enter a code in any browser, even on another device.'));
  }
}

/** Why nothing could be completed in a browser. */
export function withheld({ metadata }: PlanInput): string {
  const { host } = new URL(metadata.token_endpoint ?? metadata.issuer);
  return l10n.t(
    '{0} doesn’t allow requests from browser-based editors (CORS), so you can’t complete a sign-in.',
    host,
  );
}

/** A browser only offers its own certificates, after asking the user. */
export const lacksCertificate = ({ provider, surroundings }: PlanInput): string | undefined =>
  showsCertificate(provider) && surroundings.runsIn === 'web-worker'
    ? l10n.t(
        'A browser-based editor can’t use the configured client certificate. Sign in from the desktop or with a remote.',
      )
    : undefined;

/** Why another provider's response could pass for one of this method. */
const sharedWith = (method: PersonMethod, input: PlanInput): string | undefined => {
  const { bridge, relay } = input.provider.redirect;
  if (method === 'device-code' || (method === 'bridge' && bridge === undefined && relay === undefined))
    return undefined;
  return sharedRedirect({ ...input, method, ui: input.surroundings.ui });
};

/** What the server or the settings lack for a method, wherever the editor runs. */
function missingFor(method: PersonMethod, input: PlanInput): string | undefined {
  const { metadata, provider, document } = input;
  const host = (): string => new URL(metadata.issuer).host;
  if (!metadata.token_endpoint) return l10n.t('{0} has no token endpoint.', host());
  const known =
    provider.clientId !== undefined || metadata.registration_endpoint !== undefined || lists(method, input);
  if (!known && document) return notListed(method, host());
  if (!known) return l10n.t('No client ID is set, and {0} doesn’t support automatic registration.', host());
  if (method === 'device-code') {
    if (provider.profile) return l10n.t('The security profile in the settings doesn’t allow device codes.');
    return metadata.device_authorization_endpoint ? undefined : l10n.t('{0} offers no device codes.', host());
  }
  if (!metadata.authorization_endpoint) return l10n.t('{0} has no authorization endpoint.', host());
  const hasCodes =
    (metadata.grant_types_supported?.includes('authorization_code') ?? true) &&
    (metadata.response_types_supported?.includes('code') ?? true);
  return !hasCodes ? l10n.t('{0} doesn’t offer the authorization code grant.', host()) : undefined;
}

const notListed = (method: PersonMethod, host: string): string =>
  method === 'device-code'
    ? l10n.t('{0} reads the client ID metadata document only when your browser arrives.', host)
    : l10n.t('The client ID metadata document lists no redirect URI for this method.');

function judgeUriHandler({ surroundings, metadata, provider }: PlanInput): Verdict {
  const { ui, remoteName, uriScheme } = surroundings;
  const kind = ui === 'desktop' ? 'editor' : 'https';
  if (!acceptsRedirect(provider.redirect, kind)) {
    return doubtful(l10n.t('The provider’s settings rule out redirect URIs of this editor.'));
  }
  if (ui === 'desktop') {
    return open(
      remoteName === undefined
        ? l10n.t('The browser returns to the editor through its URL ({0}://).', uriScheme)
        : l10n.t(
            'The browser returns to the editor on your computer ({0}://), even though the workspace is remote ({1}).',
            uriScheme,
            remoteName,
          ),
    );
  }
  if (provider.acceptsChangingRedirectUri) {
    return open(l10n.t('This editor’s URL changes, which the provider accepts according to its settings.'));
  }
  if (provider.clientId === undefined && metadata.registration_endpoint !== undefined) {
    return open(l10n.t('This editor’s URL changes, so it’s registered with the provider each time.'));
  }
  return doubtful(l10n.t('This editor’s URL changes. See "acceptsChangingRedirectUri".'));
}

function judgeLoopback({ surroundings: { runsIn, remoteName }, provider: { redirect } }: PlanInput): Verdict {
  if (runsIn === 'web-worker') {
    return closed(l10n.t('The extension runs inside the browser, where nothing can listen for a response.'));
  }
  if (!acceptsRedirect(redirect, 'loopback')) {
    return doubtful(l10n.t('The provider’s settings rule out redirect URIs on this computer.'));
  }
  if (runsIn === 'local') return open(l10n.t('The browser returns to this computer (127.0.0.1).'));
  return doubtful(
    remoteName === undefined
      ? l10n.t('The browser would return to your computer, but the extension runs elsewhere.')
      : l10n.t(
          'The browser would return to your computer, but the extension runs elsewhere ({0}).',
          remoteName,
        ),
  );
}

function judgeBridge({ provider: { redirect } }: PlanInput): Verdict {
  const page = redirect.bridge ?? redirect.relay;
  if (page === undefined) return closed(l10n.t('No bridge page is set for the provider.'));
  return open(l10n.t('The bridge page on {0} passes the response on to the editor.', new URL(page).host));
}

function judgePaste({ redirect }: PlanInput['provider']): Verdict {
  if (redirect.paste === undefined && !acceptsRedirect(redirect, 'loopback')) {
    return doubtful(
      l10n.t(
        'The provider’s settings name no page for the browser to end on, and rule out redirect URIs on this computer.',
      ),
    );
  }
  return open(l10n.t('You copy the URL from the browser, so nothing has to reach this editor.'));
}
