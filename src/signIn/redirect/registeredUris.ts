import { l10n } from '../../platform/shown.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { acceptsRedirect } from '../../providers/settings/redirectSettings.ts';
import { presetForAddress } from '../../providers/presets/knownHosts.ts';
import { productForMetadata } from '../../providers/presets/knownMetadata.ts';
import { presets } from '../../providers/presets/presets.ts';
import type { Surroundings } from '../plan/planner.ts';
import { redirectPath } from '../plan/redirectUri.ts';

/** A redirect URI to register with the provider, exactly as it is. */
export interface RegisteredUri {
  readonly uri: string;
  /** What it is for, and what to know about it, as a sentence. */
  readonly why: string;
}

/**
 * Lists the redirect URIs to register for a client whose users sign in from this editor. An editor in a browser has no
 * stable URI of its own: there, it is what the settings name, or a pattern.
 */
export function urisToRegister(
  metadata: Metadata,
  { redirect }: Pick<Provider, 'redirect'>,
  { uriScheme, ui }: Pick<Surroundings, 'uriScheme' | 'ui'>,
  extensionId: string,
): RegisteredUri[] {
  const path = redirectPath(metadata, { redirect });
  const host = redirect.loopbackHost ?? '127.0.0.1';
  const uris: RegisteredUri[] = [];
  if (redirect.bridge !== undefined)
    uris.push({ uri: redirect.bridge, why: l10n.t('The configured bridge page.') });
  if (redirect.relay !== undefined) uris.push({ uri: redirect.relay, why: l10n.t('The configured relay.') });
  if (redirect.paste !== undefined)
    uris.push({ uri: redirect.paste, why: l10n.t('For a URL or code that you paste.') });
  const inEditor =
    ui === 'web'
      ? l10n.t('For desktop editors. This editor runs in a browser and has no fixed URL.')
      : l10n.t('For this editor.');
  if (acceptsRedirect(redirect, 'editor')) {
    uris.push({ uri: `${uriScheme}://${extensionId}${path}`, why: inEditor });
  }
  if (!acceptsRedirect(redirect, 'loopback')) return uris;
  if (redirect.loopbackPorts) {
    for (const port of redirect.loopbackPorts) {
      uris.push({ uri: `http://${host}:${port}${path}`, why: l10n.t('For a browser on this computer.') });
    }
  } else {
    uris.push({
      uri: `http://${host}${path}`,
      why: acceptsAnyPort(metadata)
        ? l10n.t('For a browser on the same computer, on any port.')
        : l10n.t('For a local browser, if any port is accepted. Otherwise, set "redirect.loopbackPorts".'),
    });
  }
  return uris;
}

/** True for a product that is known to ignore the port of a loopback redirect URI, or to accept a pattern for it. */
function acceptsAnyPort(metadata: Metadata): boolean {
  const known = productForMetadata(metadata) ?? presetForAddress(metadata.issuer);
  return known !== undefined && presets[known.preset].definition.redirect?.loopbackPorts === undefined;
}
