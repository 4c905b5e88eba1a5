import { l10n } from '../../platform/shown.ts';
import { documentPath } from '../../protocol/grants/clientDocument.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { acceptsRedirect, bridgeMark, markedBridge } from '../../providers/settings/redirectSettings.ts';
import type { BrowserMethod } from '../../providers/settings/signInMethods.ts';

type Redirecting = Pick<Provider, 'redirect'>;

/**
 * The path of the redirect URI. A server that names itself in its responses (RFC 9207) is identified by that. Every
 * other issuer gets a path of its own, because a response of one must not pass for another's (RFC 9700 section
 * 4.4.2.2).
 */
export function redirectPath(metadata: NamesItself, provider?: Redirecting): string {
  if (provider?.redirect.path !== undefined) return provider.redirect.path;
  return namesItself(metadata) ? '/callback' : ownPath(metadata.issuer);
}

type NamesItself = Pick<Metadata, 'issuer' | 'authorization_response_iss_parameter_supported'>;

const namesItself = (metadata: NamesItself): boolean =>
  metadata.authorization_response_iss_parameter_supported === true;

function ownPath(issuer: string): string {
  const { host, pathname } = new URL(issuer);
  return `/callback/${host}${pathname.replace(/\/$/, '')}`;
}

/** What of another provider decides where its responses can be sent. */
export type OtherProvider = Pick<
  Provider,
  'id' | 'label' | 'issuer' | 'redirect' | 'acceptsChangingRedirectUri'
>;

/** A sign-in, as far as it decides whose responses can reach it. */
export interface RedirectQuestion {
  readonly method: BrowserMethod;
  readonly ui: 'desktop' | 'web';
  readonly metadata: NamesItself;
  readonly provider: Redirecting & Pick<Provider, 'id' | 'issuer'>;
  /** All that are configured, this one included. */
  readonly providers: readonly OtherProvider[];
}

/**
 * Explains why a response of another provider could be passed off as one of this sign-in (mix-up, RFC 9700 section
 * 4.4), and what to do about it. This provider's server chooses the `state` and the redirect URI with which it sends a
 * user on to the other one, as far as that has registered the URI. A server that announces to name itself in its
 * responses is safe: a response without its `iss` is refused.
 *
 * @returns undefined if no other provider's response can reach this sign-in.
 */
export function sharedRedirect(question: RedirectQuestion): string | undefined {
  const { metadata, provider, providers } = question;
  if (namesItself(metadata)) return undefined;
  const unnamed = l10n.t('{0} doesn’t name itself in its responses (iss).', new URL(metadata.issuer).host);
  // Any server that accepts client ID metadata documents sends a response there, configured or not.
  if (provider.redirect.path === documentPath)
    return `${unnamed} ${l10n.t('Its "redirect.path" is that of client ID metadata documents. Set another one.')}`;
  for (const other of providers) {
    const reach = other.issuer === provider.issuer ? undefined : reachOf(question, other);
    if (reach === undefined) continue;
    return `${unnamed} ${reach}`;
  }
  return undefined;
}

/** How a response of another provider could reach a sign-in that doesn't require `iss`. */
function reachOf(
  { method, ui, provider, metadata }: RedirectQuestion,
  other: OtherProvider,
): string | undefined {
  const { redirect, id } = provider;
  const { label } = other;
  if (other.redirect.relay !== undefined)
    return l10n.t(
      'The relay of {0} can pass {0}’s response on to any sign-in. Use a bridge page instead ("redirect.bridge").',
      label,
    );
  const bridge = method === 'bridge' ? redirect.bridge : undefined;
  const isAtEditor = method === 'bridge' || method === 'uri-handler';
  if (isAtEditor && ui === 'web' && other.acceptsChangingRedirectUri)
    return l10n.t(
      '{0} accepts any URL of this editor as a redirect URI ("acceptsChangingRedirectUri"), so its response could be taken for this one. Use a bridge page for {0} instead.',
      label,
    );
  if (method === 'bridge' && other.redirect.bridge !== undefined) {
    if (bridge === undefined)
      return l10n.t(
        'The bridge page of {0} can pass {0}’s response on to a sign-in that waits for a relay. Use a bridge page instead of the relay ("redirect.bridge").',
        label,
      );
    if (bridgeMark(bridge) === bridgeMark(other.redirect.bridge))
      return l10n.t(
        '{0} uses a bridge page too, so its response could be taken for this one. Register the redirect URI {1}, and set it as "redirect.bridge".',
        label,
        markedBridge(bridge, id),
      );
  }
  if (method === 'paste' && redirect.paste !== undefined)
    return redirect.paste === other.redirect.paste
      ? l10n.t('{0} has the same "redirect.paste". Give each provider one of its own.', label)
      : undefined;
  const path = redirectPath(metadata, provider);
  const kind = method === 'uri-handler' ? 'editor' : method === 'bridge' ? undefined : 'loopback';
  const otherPath = other.redirect.path ?? ownPath(other.issuer);
  if (kind === undefined || path !== otherPath || !acceptsRedirect(other.redirect, kind)) return undefined;
  return l10n.t('{0} has the same "redirect.path", {1}. Give each provider one of its own.', label, path);
}

/**
 * True if a code without a URL can only be this provider's: no other one shows codes to paste. Neither `state` nor
 * `iss` comes with it, which a security profile requires.
 */
export const takesBareCode = ({
  provider,
  providers,
}: Pick<RedirectQuestion, 'providers'> & {
  readonly provider: RedirectQuestion['provider'] & Pick<Provider, 'profile'>;
}): boolean =>
  provider.profile === undefined &&
  provider.redirect.paste !== undefined &&
  providers.every(({ issuer, redirect }) => issuer === provider.issuer || redirect.paste === undefined);
