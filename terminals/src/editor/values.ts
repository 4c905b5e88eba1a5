import * as vscode from 'vscode';
import { l10n, shown } from '../../../src/platform/shown.ts';
import { window } from '../../../src/ui/show.ts';
import type { Handle } from '../agent/connections.ts';
import { readRequest } from '../agent/requests.ts';
import type { DeclaredAccount } from '../consent/accounts.ts';

/** Requests of the editor itself, with the same consent as those of programs. */
export interface Values {
  /** For `${input:…}` in tasks and launch configurations. @throws Error with what went wrong, which the editor shows. */
  forInput(args: unknown): Promise<string>;
  /** Copies an Authorization header. */
  copyHeader(accounts: readonly DeclaredAccount[]): Promise<void>;
}

/** How long a token has to be valid for, in seconds: as with the command. */
const minValid = 60;

/** A header that is used again would need a new proof each time. */
const boundToken = (): string =>
  l10n.t('The access token is bound to a key (DPoP). Use “vscode-oidc header --url” in a terminal.');

export function createValues(handle: Handle): Values {
  async function ask(request: object, hint: string): Promise<{ token: string; isBound: boolean }> {
    const json = { ...request, request: 'access_token', application_hint: hint, min_valid_period: minValid };
    const read = readRequest(json);
    const response = 'status' in read ? read : await handle(read, new AbortController().signal, json);
    const { access_token: token, token_type: type } = response as Readonly<Record<string, unknown>>;
    if (response.status === 'success' && typeof token === 'string')
      return { token, isBound: type === 'DPoP' };
    const { error, info = '' } = response as { error?: string; info?: string };
    throw new Error(`${error ?? l10n.t('The editor sent no token.')} ${info}`.trim());
  }

  return {
    async forInput(args) {
      const { account, provider, scopes, resource, audience, as } = (args ?? {}) as Record<string, unknown>;
      const request = { account, provider, scope: scopes, resource, audience };
      const named = provider === undefined ? request : { ...request, account: undefined, label: account };
      const { token, isBound } = await ask(named, l10n.t('a task or launch configuration'));
      if (as !== 'header') return token;
      if (isBound) throw new Error(boundToken());
      return `Bearer ${token}`;
    },
    async copyHeader(accounts) {
      const rows = accounts.map(({ name, provider }) => ({
        label: shown(name),
        description: shown(provider),
        name,
      }));
      if (rows.length === 0) {
        await window.showInformationMessage(
          l10n.t('First add an account to the setting oidcTerminals.accounts.'),
        );
        return;
      }
      const options = {
        title: l10n.t('Account'),
        placeHolder: l10n.t('Choose the account whose token is copied.'),
      };
      const chosen = rows.length > 1 ? await window.showQuickPick(rows, options) : rows[0];
      if (!chosen) return;
      try {
        const { token, isBound } = await ask({ account: chosen.name }, l10n.t('Copy Authorization Header'));
        if (isBound) throw new Error(boundToken());
        await vscode.env.clipboard.writeText(`Authorization: Bearer ${token}`);
      } catch (error) {
        await window.showErrorMessage(l10n.t('Nothing was copied. {0}', (error as Error).message));
        return;
      }
      await window.showInformationMessage(
        l10n.t(
          'The Authorization header of {0} is on the clipboard, and is valid until its token expires.',
          chosen.label,
        ),
      );
    },
  };
}
