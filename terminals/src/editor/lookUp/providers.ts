import * as vscode from 'vscode';
import { failure, type AgentFailure } from '../../agent/requests.ts';
import type { Accounts, Target } from '../../consent/accounts.ts';

/** The editor's own, which don't have to be in this extension host. */
const builtIn = ['github', 'github-enterprise', 'microsoft'];
/** It declares an ID that isn't always configured, and lists those that are itself. */
const signsIn = 'vscode-oidc.oidc-authentication';

/**
 * Looks whether a provider can be there, since the editor takes five seconds to say that one isn't.
 *
 * @returns a failure that lists the providers, if it can't. Undefined for those of the settings: an account there can name
 *   the provider of an extension that runs where this one doesn't see it.
 */
export async function missingProvider(
  { provider }: Target,
  accounts: Accounts,
): Promise<AgentFailure | undefined> {
  const { declared, issuers } = accounts;
  if (issuers.has(provider) || declared.some(one => one.provider === provider)) return undefined;
  if (builtIn.includes(provider) || contributedIds().includes(provider)) return undefined;
  const registered = await registeredIds();
  if (registered.includes(provider)) return undefined;
  const ids = [...new Set([...issuers.keys(), ...registered])].sort().join(', ');
  return failure(
    `There is no identity provider ${provider}.`,
    `${ids === '' ? 'Add one with "OIDC: Add Provider" in the editor.' : `Providers: ${ids}`}\n`,
    'usage',
  );
}

/** The IDs of the extension that signs in, also of providers that other extensions contribute to it. */
async function registeredIds(): Promise<readonly string[]> {
  try {
    // Without a session, the response has what there is instead.
    const found: unknown = await vscode.commands.executeCommand('oidc.describeSession');
    const { providers: ids } = (found ?? {}) as { providers?: unknown };
    return Array.isArray(ids) ? ids.filter(id => typeof id === 'string') : [];
  } catch {
    // It isn't there, hasn't started yet, or is an earlier version: the settings say what they say.
    return [];
  }
}

/** The IDs that other extensions of this host declare. */
const contributedIds = (): readonly unknown[] =>
  vscode.extensions.all
    .filter(({ id }) => id.toLowerCase() !== signsIn)
    .flatMap(({ packageJSON }) => {
      const { contributes } = packageJSON as { contributes?: { authentication?: unknown } };
      const declared: unknown = contributes?.authentication;
      return Array.isArray(declared) ? declared.map(one => (one as { id?: unknown } | null)?.id) : [];
    });
