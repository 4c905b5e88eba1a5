import * as vscode from 'vscode';
import { l10n } from '../platform/shown.ts';

/** The URI of one of our documents. Its name is what the tab shows. */
export const documentUri = (scheme: string, name: string, query: string): vscode.Uri =>
  vscode.Uri.from({ scheme, path: `/${name.replace(/[/\\]/g, '-')}`, query });

/**
 * Documents of ours, which are read-only and need no saving. Register them from the start: an editor that shows one
 * might be open when a window starts.
 *
 * @param text returns what the document with this query in its URI says.
 */
export function registerDocuments(scheme: string, text: (query: string) => string | Promise<string>) {
  const changes = new vscode.EventEmitter<vscode.Uri>();
  const registered = vscode.Disposable.from(
    changes,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      provideTextDocumentContent: ({ query }) => text(query),
    }),
  );
  return {
    /** Has the editor read a document again that is open. */
    changed: (document: vscode.Uri) => changes.fire(document),
    dispose: () => void registered.dispose(),
  };
}

/** Diagnoses of providers, and the steps to register an app. */
export type DiagnosisReports = ReturnType<typeof registerDiagnosisReports>;

export function registerDiagnosisReports() {
  const scheme = 'oidc-diagnosis';
  const reports = new Map<string, string>();
  const { changed, dispose } = registerDocuments(
    scheme,
    id =>
      reports.get(id) ??
      `${l10n.t('This report is no longer available. Run the command again to get a new one.')}\n`,
  );
  return {
    /**
     * @param name is what the tab shows.
     * @returns the document's URI. One that is open already shows this report from now on.
     */
    put(id: string, name: string, report: string): vscode.Uri {
      const address = documentUri(scheme, `${name}.md`, id);
      reports.set(id, report);
      changed(address);
      return address;
    },
    dispose,
  };
}
