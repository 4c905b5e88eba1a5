import { delimiter } from 'node:path';
import type * as vscode from 'vscode';
import { l10n } from '../../../src/platform/shown.ts';

/** Both: a shell's own start can overwrite what it was started with. */
const applied = { applyAtProcessCreation: true, applyAtShellIntegration: true };

/** Sets the variables of terminals and tasks. Those that are open keep what they have. */
export function setVariables(
  variables: vscode.EnvironmentVariableCollection,
  { socket, scripts, setsOidcSock }: { socket: string; scripts: string; setsOidcSock: boolean },
): void {
  // A restored terminal must not name a socket of another time.
  variables.persistent = false;
  variables.description = l10n.t('Lets command-line tools use your sign-in, after you allow it.');
  variables.clear();
  variables.replace('VSCODE_OIDC_SOCK', socket, applied);
  if (setsOidcSock) variables.replace('OIDC_SOCK', socket, applied);
  variables.prepend('PATH', `${scripts}${delimiter}`, applied);
}
