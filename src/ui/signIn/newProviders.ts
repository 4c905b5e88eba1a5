import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { Failure } from '../../protocol/failures/failure.ts';
import { allowedIssuers, forbiddenBy } from '../../providers/entries/allowedIssuers.ts';
import { firstProviderId, parseDefinition, type Provider } from '../../providers/entries/definition.ts';
import { contributors, writeProvider, writtenProviders } from '../../providers/entries/settings.ts';
import type { ClientSecrets } from '../../signIn/client/clientSecrets.ts';
import type { Trust } from '../../signIn/trust.ts';
import type { Trouble } from '../addProvider/state.ts';
import type { AddedProvider } from '../addProvider/wizard.ts';
import { failureFields, isCancellation, messageOf, offer } from '../messages.ts';
import { problemsInWords } from '../problems/messages.ts';
import { createWizardVisits, type WizardOptions } from './wizardVisits.ts';
import { window } from '../show.ts';

export interface NewProvidersOptions extends WizardOptions {
  readonly trust: Trust;
  readonly clientSecrets: Pick<ClientSecrets, 'enter'>;
}

/** Providers that users add. One is saved after a successful sign-in, which proves it. */
export type NewProviders = ReturnType<typeof createNewProviders>;

export function createNewProviders(options: NewProvidersOptions) {
  const { httpContext, trust, clientSecrets, ids } = options;
  const unproved = new Map<string, AddedProvider>();
  const wizard = createWizardVisits(options);
  /** The entries in the settings when the user began to add a provider. */
  let before: Readonly<Record<string, unknown>> = {};

  /** What was added as this provider. One of the same ID with other hosts is a different provider. */
  const addedAs = (provider: Provider): AddedProvider | undefined => {
    const added = unproved.get(provider.id);
    return added && added.provider.terms === provider.terms ? added : undefined;
  };

  const forget = (added: AddedProvider): void => {
    if (unproved.get(added.provider.id) === added) unproved.delete(added.provider.id);
  };

  /** @returns whether it is in the settings now. What the user entered is kept until it is. */
  const save = async (added: AddedProvider): Promise<boolean> => {
    const { provider, definition } = added;
    if (isWrittenSince(before, provider.id)) {
      httpContext.log.warn('identity provider not saved over another entry', { provider: provider.id });
      void showKeptEntry(provider);
      forget(added);
      wizard.end();
      return true;
    }
    try {
      await writeProvider(provider.id, definition);
    } catch (error) {
      httpContext.log.error('identity provider not saved', {
        provider: provider.id,
        ...failureFields(error),
      });
      return false;
    }
    forget(added);
    wizard.end();
    return true;
  };

  /** The editor writes no settings over unsaved changes, nor into a file that it can't read. */
  const offerToSave = async (added: AddedProvider): Promise<void> => {
    const open = l10n.t('Open Settings');
    const again = l10n.t('Try Again');
    const message = l10n.t(
      'Couldn’t add {0} because the settings couldn’t be written. Save settings.json if it has unsaved changes, fix any errors in it, and try again.',
      added.provider.label,
    );
    for (;;) {
      const chosen = await window.showErrorMessage(message, open, again);
      if (chosen === undefined) return;
      if (chosen === open) await vscode.commands.executeCommand('workbench.action.openSettingsJson');
      else if (await save(added)) return;
    }
  };

  const ask = async (wanted: string | undefined): Promise<Provider> => {
    const id = wanted ?? (ids().includes(firstProviderId) ? undefined : firstProviderId);
    if (!wizard.returns()) {
      if (id !== undefined) await keepWrittenEntry(id);
      before = writtenProviders();
    }
    const added = await wizard.open(id);
    const { provider, secret } = added;
    checkAllowed(provider);
    if (!added.signIn) {
      if (!(await save(added))) await offerToSave(added);
      throw new vscode.CancellationError();
    }
    // Where it leads is what they have just seen.
    if (!(await trust.accept(provider, new AbortController().signal))) throw new vscode.CancellationError();
    if (secret) clientSecrets.enter(provider, { kind: 'secret', secret });
    unproved.set(provider.id, added);
    return provider;
  };

  return {
    /**
     * Asks for a provider. Failures are shown.
     *
     * @param id the ID it gets. Undefined: the first one if it is free, otherwise the user chooses.
     * @throws vscode.CancellationError if the user leaves the questions, or has been shown what went wrong.
     */
    async ask(wanted: string | undefined): Promise<Provider> {
      try {
        return await ask(wanted);
      } catch (error) {
        if (isCancellation(error)) throw error;
        httpContext.log.error('identity provider not added', failureFields(error));
        void window.showErrorMessage(messageOf(error));
        throw new vscode.CancellationError();
      }
    },
    /** Called after each sign-in: saves the provider if it is new. Shows why it can't be saved. */
    async succeeded(provider: Provider): Promise<void> {
      const added = addedAs(provider);
      // The caller of the sign-in doesn't wait until the user has corrected the settings.
      if (added && !(await save(added))) void offerToSave(added);
    },
    /** Shows in the wizard why a sign-in to a new provider failed. Returns false if the provider isn't new. */
    failed(provider: Provider, error: unknown): boolean {
      const added = addedAs(provider);
      if (!added) return false;
      forget(added);
      wizard.comeBack(added, { message: messageOf(error), cure: cureOf(error, provider) });
      return true;
    },
    /** Called after the user canceled a sign-in: a provider that they turned away from isn't saved later. */
    cancelled(provider: Provider) {
      const added = addedAs(provider);
      if (!added) return;
      forget(added);
      wizard.comeBack(added, undefined);
    },
  };
}

/** True if another entry with this ID was written to the settings meanwhile. That entry stays. */
const isWrittenSince = (before: Readonly<Record<string, unknown>>, id: string): boolean => {
  const now = writtenProviders()[id];
  return now !== undefined && JSON.stringify(now) !== JSON.stringify(before[id]);
};

const showKeptEntry = ({ id, label }: Provider): Promise<void> =>
  offer(
    'information',
    l10n.t(
      '{0} wasn’t added because the settings now have another entry “{1}”. That entry stays.',
      label,
      id,
    ),
    {
      [l10n.t('Open Settings')]: () =>
        vscode.commands.executeCommand('workbench.action.openSettings', 'oidc.providers'),
    },
  );

/** What leads on after a sign-in that failed. */
function cureOf(error: unknown, { clientId, clientAuthentication }: Provider): Trouble['cure'] {
  const button = error instanceof Failure ? error.button : 'try-again';
  if (button === 'diagnose' || button === 'dpop') return button;
  const isRefused = error instanceof Failure && error.oauthError === 'invalid_client';
  // The server allows clients without a secret, but this one has probably got one.
  if (isRefused && clientId !== undefined && clientAuthentication === 'none') return 'secret';
  if (error instanceof Failure && (error.code === 'scopes-differ' || error.code === 'scopes-refused'))
    return 'scopes';
  return button === 'settings' || button === 'keys' ? 'client' : 'again';
}

/**
 * Shows the wrong entry of a requested provider: it is the one that is wanted, and is replaced only if the user says
 * so.
 *
 * @throws vscode.CancellationError if the entry is to stay.
 */
async function keepWrittenEntry(id: string): Promise<void> {
  const written = writtenProviders();
  if (!Object.hasOwn(written, id)) return;
  const parsed = parseDefinition(id, written[id]);
  // It is in the settings, but isn't used.
  if (parsed.ok) return checkAllowed(parsed.provider);
  const open = l10n.t('Open Settings');
  const replace = l10n.t('Set Up Again');
  const why = problemsInWords(parsed.problems);
  const message = l10n.t(
    'The setting oidc.providers has an entry that can’t be used: {0}. Correct the entry, or set it up again to replace it.',
    why,
  );
  const chosen = await window.showWarningMessage(message, open, replace);
  if (chosen === replace) return;
  if (chosen === open) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'oidc.providers');
  }
  throw new vscode.CancellationError();
}

/** @throws Failure `issuer-forbidden` if an installed extension doesn't allow a provider. */
function checkAllowed(provider: Provider): void {
  const forbidden = forbiddenBy(allowedIssuers(contributors()).lists, provider);
  if (forbidden) throw new Failure('issuer-forbidden', { ...forbidden });
}
