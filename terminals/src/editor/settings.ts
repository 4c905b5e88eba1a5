import * as vscode from 'vscode';
import { readAccounts, type Accounts } from '../consent/accounts.ts';

/** Who can ask the user. `silent-in-tasks`: programs in terminals, and neither tasks nor what extensions start. */
export type ModeSetting = 'ask' | 'silent-in-tasks' | 'silent-only';

export interface TerminalSettings {
  readonly accounts: Accounts;
  /** Entries of `oidcTerminals.accounts` that can't be read, by their names. */
  readonly wrong: readonly string[];
  readonly mode: ModeSetting;
  /** Whether `OIDC_SOCK` is to name our agent. */
  readonly setsOidcSock: boolean;
}

export const section = 'oidcTerminals';

const modes = new Map<unknown, ModeSetting>([
  ['silentInTasks', 'silent-in-tasks'],
  ['silentOnly', 'silent-only'],
]);

/** All settings as they are now. Only those of the user count: a workspace can't set any. */
export function readSettings(): TerminalSettings {
  const settings = vscode.workspace.getConfiguration(section);
  const { accounts: declared, wrong } = readAccounts(settings.get('accounts'));
  return {
    accounts: { declared, issuers: configuredIssuers() },
    wrong,
    mode: modes.get(settings.get('mode')) ?? 'ask',
    setsOidcSock: settings.get('setOidcSock') !== false,
  };
}

/** The issuers of the identity providers in the settings of the extension that signs in. */
function configuredIssuers(): ReadonlyMap<string, string> {
  const providers = vscode.workspace.getConfiguration('oidc').get<Record<string, unknown>>('providers') ?? {};
  const issuers = Object.entries(providers).map(([id, entry]): [string, string] => {
    const issuer = (entry as { issuer?: unknown } | null)?.issuer;
    return [id, typeof issuer === 'string' ? issuer : ''];
  });
  return new Map(issuers);
}
