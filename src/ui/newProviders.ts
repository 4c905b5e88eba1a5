import * as vscode from 'vscode';
import type { Registry } from '../authentication/registry.ts';
import type { Wire } from '../protocol/wire.ts';
import { firstProviderId, type Provider } from '../providers/definition.ts';
import { writeProvider } from '../providers/settings.ts';
import type { Accounts } from '../sessions/accounts.ts';
import type { Grant } from '../sessions/grant.ts';
import type { Trust } from '../signIn/trust.ts';
import { askProvider, type AddedProvider, type Answers } from './addProvider.ts';
import { isCancellation, messageOf } from './messages.ts';
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
  /** Asks for a provider of this id; undefined: the person says which. */
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
    const change = 'Change…';
    const save = 'Save Anyway';
    const { provider, definition } = added;
    const message = `The sign-in to ${provider.label} failed, so it was not added. ${messageOf(error)}`;
    const chosen = await vscode.window.showErrorMessage(message, change, save);
    if (chosen === save) await writeProvider(provider.id, definition);
    if (chosen === change) await vscode.commands.executeCommand('oidc.addProvider', provider.id);
  };

  return {
    async ask(id) {
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

/** *OIDC: Add Identity Provider…* */
export function registerAddCommand(context: {
  readonly registry: Registry;
  readonly accounts: Accounts;
  readonly newProviders: NewProviders;
  signIn(wish: SignInWish): Promise<Grant>;
}): vscode.Disposable {
  return vscode.commands.registerCommand('oidc.addProvider', async (wanted?: unknown) => {
    const { registry, accounts, newProviders } = context;
    try {
      const isFirst = !registry.providers().some(({ id }) => id === firstProviderId);
      const id = typeof wanted === 'string' ? wanted : isFirst ? firstProviderId : undefined;
      const provider = await newProviders.ask(id);
      const grant = await context.signIn({ provider, scopes: [], grantedScopes: [], loginHint: undefined });
      const { session } = await accounts.add(provider, grant);
      void vscode.window.showInformationMessage(
        `Signed in to ${provider.label} as ${session.account.label}.`,
      );
    } catch (error) {
      // A sign-in that failed has been told of, with what can be done about it.
      if (!isCancellation(error) && !(error instanceof Error)) throw error;
    }
  });
}
