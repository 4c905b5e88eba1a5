import { l10n } from '../platform/shown.ts';
import * as vscode from 'vscode';

const scheme = 'oidc-diagnosis';

/** Diagnoses of providers, and the steps to register an app, as read-only documents that need no saving. */
export type DiagnosisReports = ReturnType<typeof registerDiagnosisReports>;

/** Registered from the start: an editor that shows a report might be open when a window starts. */
export function registerDiagnosisReports() {
  const reports = new Map<string, string>();
  const changes = new vscode.EventEmitter<vscode.Uri>();
  const registered = vscode.Disposable.from(
    changes,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      provideTextDocumentContent: ({ query }) =>
        reports.get(query) ??
        `${l10n.t('This report is no longer available. Run the command again to get a new one.')}\n`,
    }),
  );
  return {
    /**
     * @param name is what the tab shows.
     * @returns the document's URI. One that is open already shows this report from now on.
     */
    put(id: string, name: string, report: string): vscode.Uri {
      const address = vscode.Uri.from({ scheme, path: `/${`${name}.md`.replace(/[/\\]/g, '-')}`, query: id });
      reports.set(id, report);
      changes.fire(address);
      return address;
    },
    dispose: () => void registered.dispose(),
  };
}
