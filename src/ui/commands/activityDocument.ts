import * as vscode from 'vscode';
import { randomText } from '../../platform/base64url.ts';
import { l10n } from '../../platform/shown.ts';
import type { Activity } from '../../sessions/activity.ts';

const scheme = 'oidc-activity';

/** What the extension has sent, as a document. */
export type ActivityDocument = ReturnType<typeof registerActivityDocument>;

/** Registered from the start: an editor that shows the activity can be open when a window starts. */
export function registerActivityDocument(
  log: { activities(): Promise<readonly Activity[]> },
  providerLabel: (id: string) => string,
) {
  const changes = new vscode.EventEmitter<vscode.Uri>();
  /** A secret part of the URI keeps other extensions from opening the document. Random text loads cryptography. */
  let query: string | undefined;
  const registered = vscode.Disposable.from(
    changes,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      async provideTextDocumentContent(address) {
        if (address.query !== query) return `${l10n.t('Run "OIDC: Show Activity" to read this.')}\n`;
        const { describeActivities } = await import('../../sessions/activity.ts');
        return describeActivities(await log.activities(), providerLabel);
      },
    }),
  );
  return {
    /** Returns the document's URI. One that is open already shows what has happened since. */
    renew(): vscode.Uri {
      query ??= randomText(16);
      const document = vscode.Uri.from({ scheme, path: `/${l10n.t('Sign-in Activity')}`, query });
      changes.fire(document);
      return document;
    },
    dispose: () => void registered.dispose(),
  };
}
