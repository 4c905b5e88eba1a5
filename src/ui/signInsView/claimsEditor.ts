import { l10n, shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';
import { randomText } from '../../platform/base64url.ts';
import { documentUri, registerDocuments } from '../documents.ts';

const scheme = 'oidc-claims';

/** The grants that the user wanted to read about in this window, by a random, unguessable name. */
const wanted = new Map<string, string>();

/**
 * Opens the document about a grant for callers that know its URI. Without this, every extension could read the
 * documents of all grants.
 *
 * @returns the URI, whose name is what the tab shows.
 */
export function openClaims({ id, account }: Grant, { label }: Provider): vscode.Uri {
  const known = [...wanted].find(([, grantId]) => grantId === id);
  const key = known?.[0] ?? randomText(16);
  wanted.set(key, id);
  return documentUri(scheme, shown`${account.label} (${label}).jsonc`, key);
}

/** Documents about grants. They are read-only, and follow what happens. */
export function registerClaims(context: {
  readonly cache: GrantCache;
  readonly providers: ConfiguredProviders;
}): vscode.Disposable {
  const { cache, providers } = context;
  const documents = registerDocuments(scheme, async query => {
    const id = wanted.get(query);
    if (id === undefined) return `// ${l10n.t('Choose "Show Claims" in the sign-ins view to read this.')}\n`;
    const grant = await cache.get(id).catch(() => undefined);
    const provider = grant && providers.of(grant);
    if (!provider) return `// ${l10n.t('This sign-in has ended.')}\n`;
    const { claimsDocument } = await import('./claims.ts');
    return claimsDocument(provider, grant);
  });
  const endWatching = cache.onDidChange(({ before, after }) => {
    const id = (after ?? before)?.id;
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === scheme && wanted.get(uri.query) === id) documents.changed(uri);
    }
  });
  return vscode.Disposable.from(documents, new vscode.Disposable(endWatching));
}
