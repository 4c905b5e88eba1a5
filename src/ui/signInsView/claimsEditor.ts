import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';

const scheme = 'oidc-claims';

/** The address of the document about a grant: its name is what the tab shows. */
export function claimsAddress(grant: Grant, { label }: Provider): vscode.Uri {
  const name = `${grant.account.label} (${label}).jsonc`.replace(/[/\\]/g, '-');
  return vscode.Uri.from({ scheme, path: `/${name}`, query: grant.id });
}

/** Documents about grants, which cannot be edited and follow what happens. */
export function registerClaims(context: {
  readonly cache: GrantCache;
  readonly providers: ConfiguredProviders;
}): vscode.Disposable {
  const { cache, providers } = context;
  const changes = new vscode.EventEmitter<vscode.Uri>();
  const endWatching = cache.onDidChange(({ before, after }) => {
    const id = (after ?? before)?.id;
    for (const { uri } of vscode.workspace.textDocuments) {
      if (uri.scheme === scheme && uri.query === id) changes.fire(uri);
    }
  });
  return vscode.Disposable.from(
    changes,
    new vscode.Disposable(endWatching),
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      async provideTextDocumentContent({ query }) {
        const grant = await cache.get(query).catch(() => undefined);
        const provider = grant && providers.of(grant);
        if (!provider) return `// ${l10n.t('This sign-in has ended.')}\n`;
        const { claimsDocument } = await import('./claims.ts');
        return claimsDocument(provider, grant);
      },
    }),
  );
}
