import { l10n } from '../platform/shown.ts';
import * as vscode from 'vscode';
import type { Provider } from '../providers/entries/definition.ts';

const scheme = 'oidc-diagnosis';

/** The reports of *OIDC: Diagnose Provider…* as documents, the latest of each provider. */
export type DiagnosisReports = ReturnType<typeof registerDiagnosisReports>;

/** To be registered from the start: an editor that shows a report may be open when a window starts. */
export function registerDiagnosisReports() {
  const reports = new Map<string, string>();
  const changes = new vscode.EventEmitter<vscode.Uri>();
  const registered = vscode.Disposable.from(
    changes,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      provideTextDocumentContent: ({ query }) =>
        reports.get(query) ??
        `${l10n.t('This report is gone. Run "OIDC: Diagnose Provider…" for a new one.')}\n`,
    }),
  );
  return {
    /** @returns the address of the document. One that is open already shows this report from now on. */
    put({ id, label }: Provider, report: string): vscode.Uri {
      // Its name is what the tab shows.
      const name = `${l10n.t('Diagnosis of {0}', label)}.md`.replace(/[/\\]/g, '-');
      const address = vscode.Uri.from({ scheme, path: `/${name}`, query: id });
      reports.set(id, report);
      changes.fire(address);
      return address;
    },
    dispose: () => void registered.dispose(),
  };
}
