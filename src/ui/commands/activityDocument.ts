import type * as vscode from 'vscode';
import { randomText } from '../../platform/base64url.ts';
import { l10n } from '../../platform/shown.ts';
import type { Activity } from '../../sessions/activity.ts';
import { documentUri, registerDocuments } from '../documents.ts';

const scheme = 'oidc-activity';

/** What the extension has sent, as a document. */
export type ActivityDocument = ReturnType<typeof registerActivityDocument>;

export function registerActivityDocument(
  log: { activities(): Promise<readonly Activity[]> },
  providerLabel: (id: string) => string,
) {
  /** A secret part of the URI keeps other extensions from opening the document. Random text loads cryptography. */
  let query: string | undefined;
  const { changed, dispose } = registerDocuments(scheme, async asked => {
    if (asked !== query) return `${l10n.t('Run "OIDC: Show Activity" to read this.')}\n`;
    const { describeActivities } = await import('../../sessions/activity.ts');
    return describeActivities(await log.activities(), providerLabel);
  });
  return {
    /** Returns the document's URI. One that is open already shows what has happened since. */
    renew(): vscode.Uri {
      query ??= randomText(16);
      const document = documentUri(scheme, l10n.t('Sign-in Activity'), query);
      changed(document);
      return document;
    },
    dispose,
  };
}
