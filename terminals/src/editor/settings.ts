import * as vscode from 'vscode';
import { readAccounts, type Accounts } from '../consent/accounts.ts';
import type { Mode } from '../consent/rules.ts';

export interface TerminalSettings {
  readonly accounts: Accounts;
  /** Entries of `oidcTerminals.accounts` that can't be read, by their names. */
  readonly wrong: readonly string[];
  readonly mode: Mode;
  /** Whether `OIDC_SOCK` is to name our agent. */
  readonly setsOidcSock: boolean;
}

export const section = 'oidcTerminals';

/** All settings as they are now. Only those of the user count: a workspace can't set any. */
export function readSettings(): TerminalSettings {
  const settings = vscode.workspace.getConfiguration(section);
  const { accounts: declared, wrong } = readAccounts(settings.get('accounts'));
  return {
    accounts: { declared, issuers: configuredIssuers() },
    wrong,
    mode: settings.get('mode') === 'silentOnly' ? 'silent-only' : 'ask',
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
