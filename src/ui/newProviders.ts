import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Log } from '../platform/log.ts';
import type { Wire } from '../protocol/wire.ts';
import { firstProviderId, parseDefinition, type Provider } from '../providers/definition.ts';
import { writeProvider, writtenProviders } from '../providers/settings.ts';
import type { Accounts } from '../sessions/accounts.ts';
import type { Recorder } from '../sessions/activity.ts';
import type { Grant } from '../sessions/grant.ts';
import type { Trust } from '../signIn/trust.ts';
import { askProvider, type AddedProvider, type Answers } from './addProvider.ts';
import { isCancellation, messageOf, problemsInWords } from './messages.ts';
import type { SignInWish } from './signIns.ts';
import { readSurroundings } from './surroundings.ts';

export interface NewProvidersOptions {
  readonly wire: Wire;
  readonly extension: vscode.Extension<unknown>;
  readonly trust: Trust;
  ids(): readonly string[];
}

/** Providers that people add. One is saved when somebody has signed in to it: that is its proof. */
export interface NewProviders {
  /**
   * Asks for a provider.
   *
   * @param id the id it gets; undefined: the first one if it is free, else the person says.
   * @throws vscode.CancellationError if the person leaves the questions.
   */
  ask(id: string | undefined): Promise<Provider>;
  /** Called after each sign-in: saves the provider if it is new. */
  proved(provider: Provider): Promise<void>;
  /** Tells of a sign-in to a new provider that failed; false if the provider is not new. */
  failed(provider: Provider, error: unknown): boolean;
}

export function createNewProviders({ wire, extension, trust, ids }: NewProvidersOptions): NewProviders {
  const unproved = new Map<string, AddedProvider>();
  /** What was answered the last time, if it came to nothing. */
  let answers: Answers = {};

  const offer = async (added: AddedProvider, error: unknown): Promise<void> => {
    const change = l10n.t('Change…');
    const save = l10n.t('Save Anyway');
    const { provider, definition } = added;
    const message = l10n.t(
      'The sign-in to {0} failed, so it was not added. {1}',
      provider.label,
      messageOf(error),
    );
    const chosen = await vscode.window.showErrorMessage(message, change, save);
    if (chosen === save) await writeProvider(provider.id, definition);
    if (chosen === change) await vscode.commands.executeCommand('oidc.addProvider', provider.id);
  };

  return {
    async ask(wanted) {
      const id = wanted ?? (ids().includes(firstProviderId) ? undefined : firstProviderId);
      if (id !== undefined) await keepWrittenEntry(id);
      const surroundings = () => readSurroundings(extension);
      const added = await askProvider({ wire, extensionId: extension.id, surroundings, ids }, id, answers);
      unproved.set(added.provider.id, added);
      // Where it leads is what they have just entered.
      await trust.accept(added.provider);
      return added.provider;
    },
    async proved(provider) {
      const added = unproved.get(provider.id);
      if (!added) return;
      unproved.delete(provider.id);
      answers = {};
      await writeProvider(provider.id, added.definition);
    },
    failed(provider, error) {
      const added = unproved.get(provider.id);
      if (!added) return false;
      unproved.delete(provider.id);
      void offer(added, error);
      return true;
    },
  };
}

/**
 * Whoever asks for a provider whose entry in the settings is wrong wants that one: it is shown, and replaced only if
 * the person says so.
 *
 * @throws vscode.CancellationError if the entry is to stay.
 */
async function keepWrittenEntry(id: string): Promise<void> {
  const written = writtenProviders();
  if (!Object.hasOwn(written, id)) return;
  const parsed = parseDefinition(id, written[id]);
  if (parsed.ok) return;
  const open = l10n.t('Open Settings');
  const replace = l10n.t('Set It Up Anew');
  const why = problemsInWords(parsed.problems);
  const message = l10n.t(
    'An identity provider cannot be used as it stands in the setting oidc.providers. {0}. Correct it there, or set it up anew: then its entry is replaced.',
    why,
  );
  const chosen = await vscode.window.showWarningMessage(message, open, replace);
  if (chosen === replace) return;
  if (chosen === open) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'oidc.providers');
  }
  throw new vscode.CancellationError();
}

/** *OIDC: Add Identity Provider…* */
export function registerAddCommand(context: {
  readonly accounts: Accounts;
  readonly newProviders: NewProviders;
  readonly log: Log;
  readonly record: Recorder;
  signIn(wish: SignInWish): Promise<Grant>;
  /** See `ProviderActions`. */
  onNotKept(provider: Provider): void;
}): vscode.Disposable {
  return vscode.commands.registerCommand('oidc.addProvider', async (wanted?: unknown) => {
    const { accounts, newProviders, log, record } = context;
    try {
      const provider = await newProviders.ask(typeof wanted === 'string' ? wanted : undefined);
      const grant = await context.signIn({ provider, scopes: [], grantedScopes: [], loginHint: undefined });
      const { session, kept } = await accounts.add(provider, grant);
      log.info('signed in', { provider: provider.id, account: session.account.label, scopes: [] });
      record('sign-in', { ...grant, account: session.account });
      if (!kept) context.onNotKept(provider);
      void vscode.window.showInformationMessage(
        l10n.t('Signed in to {0} as {1}.', provider.label, session.account.label),
      );
    } catch (error) {
      // A sign-in that failed has been told of, with what can be done about it.
      if (!isCancellation(error) && !(error instanceof Error)) throw error;
    }
  });
}
