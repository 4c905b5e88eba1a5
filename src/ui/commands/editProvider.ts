import { l10n, shown, type Shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { changeProvider, removeProvider, writtenProviders } from '../../providers/entries/settings.ts';
import { credentialKinds, type CredentialKind } from '../../signIn/client/clientSecrets.ts';
import type { Trust } from '../../signIn/trust.ts';
import { askClientCredential, chooseKind, showPublicKeys } from './clientCredentials.ts';
import { offer, showExtension } from '../messages.ts';
import { signOutEverywhere, type SignOutParts } from '../signIn/signOut.ts';
import { namedProvider } from '../signInsView/rowTarget.ts';
import { showDialog } from '../dialog.ts';
import { window } from '../show.ts';
import { registerCommand } from '../clicks.ts';
import { isWanted } from '../consent.ts';

export interface EditProviderContext extends SignOutParts {
  readonly providers: ConfiguredProviders;
  readonly trust: Trust;
}

/** The commands that change what there is of a provider. */
export function registerEditCommands(context: EditProviderContext): vscode.Disposable {
  const command = (name: string, title: Shown, run: (provider: Provider, id: unknown) => Promise<void>) =>
    registerCommand(`oidc.${name}`, async (id?: unknown) => {
      const provider = await chooseProvider(context.providers, title, id);
      if (provider) await run(provider, id);
    });
  return vscode.Disposable.from(
    command('editProvider', l10n.t('Edit which identity provider?'), edit),
    command('renameProvider', l10n.t('Rename which identity provider?'), rename),
    command('removeProvider', l10n.t('Remove which identity provider?'), provider =>
      remove(context, provider),
    ),
    command(
      'replaceClientSecret',
      l10n.t('Replace the client secret of which identity provider?'),
      provider => replaceSecret(context, provider),
    ),
    command('showPublicKeys', l10n.t('Show the public key of which identity provider?'), provider =>
      showKeys(context, provider),
    ),
    command(
      'forgetRegistration',
      l10n.t('Forget the registration with which identity provider?'),
      (provider, id) => forgetRegistration(context, provider, id),
    ),
  );
}

/** The provider that a command is about: the named one, or the one that the user picks. */
export async function chooseProvider(
  providers: ConfiguredProviders,
  title: Shown,
  id?: unknown,
): Promise<Provider | undefined> {
  const named = namedProvider(id);
  if (named !== undefined) return providers.byId(named);
  if (providers.list().length === 0) {
    await offer('information', l10n.t('No identity provider is configured.'), {
      [l10n.t('Add Identity Provider…')]: () => vscode.commands.executeCommand('oidc.addProvider'),
    });
    return undefined;
  }
  const items = providers.list().map(provider => ({
    label: provider.label,
    description: shown(provider.id),
    detail: shown(provider.issuer),
    provider,
  }));
  return (await window.showQuickPick(items, { title }))?.provider;
}

/** Settings from another extension's manifest, or from an MCP server's metadata, can't be changed here. */
function isOwn(provider: Provider): boolean {
  if (Object.hasOwn(writtenProviders(), provider.id)) return true;
  const { label, contributedBy = '', mcpServer } = provider;
  if (mcpServer !== undefined) {
    void offer(
      'information',
      l10n.t('{0} comes from the metadata of an MCP server. Change its entry in oidc.mcpServers.', label),
      {
        [l10n.t('Open Settings')]: () =>
          vscode.commands.executeCommand('workbench.action.openSettings', 'oidc.mcpServers'),
      },
    );
    return false;
  }
  void offer(
    'information',
    l10n.t('{0} comes from the extension {1}, and can be changed only there.', label, contributedBy),
    { [l10n.t('Show Extension')]: () => showExtension(contributedBy) },
  );
  return false;
}

/** Opens the user's settings at the provider's own entry. */
async function edit(provider: Provider): Promise<void> {
  if (!isOwn(provider)) return;
  const key = 'oidc.providers';
  await vscode.commands.executeCommand('workbench.action.openSettingsJson', { revealSetting: { key } });
  const editor = vscode.window.activeTextEditor;
  const text = editor?.document.getText() ?? '';
  const entry = JSON.stringify(provider.id);
  const at = text.indexOf(entry, text.indexOf(JSON.stringify(key)));
  if (!editor || at < 0) return;
  const start = editor.document.positionAt(at);
  editor.selection = new vscode.Selection(start, editor.document.positionAt(at + entry.length));
  editor.revealRange(editor.selection, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function rename(provider: Provider): Promise<void> {
  if (!isOwn(provider)) return;
  const label = await window.showInputBox({
    title: l10n.t('Rename {0}', provider.label),
    prompt: l10n.t('Name in the Accounts menu'),
    value: provider.label,
    validateInput: text => (text.trim() === '' ? l10n.t('The name must not be empty') : undefined),
  });
  if (label !== undefined && label.trim() !== provider.label)
    await changeProvider(provider.id, { label: label.trim() });
}

/** Takes a provider out of the settings. Keeps its sign-ins for later, unless the user says otherwise. */
async function remove(context: EditProviderContext, provider: Provider): Promise<void> {
  if (!isOwn(provider)) return;
  const { id, label } = provider;
  const sessions = await context.accounts.sessions(provider, undefined);
  const accounts = [...new Set(sessions.map(({ account }) => account.label))].join(', ');
  const [signOut, only, all] = [
    l10n.t('Sign Out and Remove'),
    l10n.t('Remove and Keep Data'),
    l10n.t('Remove'),
  ];
  const detail =
    accounts === ''
      ? l10n.t('Its client secret and registration are deleted from this computer.')
      : l10n.t(
          'Signed-in accounts: {0}. You can sign them out and delete the client secret and registration, or keep them in case you add the provider again.',
          accounts,
        );
  const chosen = await showDialog(
    l10n.t('Remove {0}?', label),
    detail,
    l10n.t('No'),
    ...(accounts === '' ? [all] : [signOut, only]),
  );
  if (chosen === signOut || chosen === all) {
    // Revocation still needs the secret and the settings that are gone afterwards: nothing is kept to be revoked later.
    const signOuts = { ...context.sharing.signOuts, keep: () => Promise.resolve(false) };
    const { told } = await signOutEverywhere({ ...context, sharing: { signOuts } }, provider, 'revoke');
    await told;
    await context.clientSecrets.forget(provider);
    await context.registrations.forgetAll(provider);
    context.trust.forget(id);
  } else if (chosen !== only) return;
  await removeProvider(id);
}

async function replaceSecret({ clientSecrets }: EditProviderContext, provider: Provider): Promise<void> {
  if (credentialKinds(provider).length === 0) {
    const message = l10n.t(
      'The client of {0} is public: it has no secret. If it has one, set "clientAuthentication".',
      provider.label,
    );
    return offer('information', message, { [l10n.t('Open Settings')]: () => edit(provider) });
  }
  const kind = await chooseKind(provider);
  const credential = kind && (await askClientCredential(provider, undefined, kind));
  if (!credential) return;
  await clientSecrets.replace(provider, credential);
  const { id, label } = provider;
  const said: Readonly<Record<CredentialKind, Shown>> = {
    secret: l10n.t('The client secret of {0} was replaced.', label),
    key: l10n.t('The private key of {0} was replaced.', label),
    certificate: l10n.t('The client certificate of {0} was replaced.', label),
  };
  await offer('information', said[credential.kind], {
    [l10n.t('Sign In')]: () => vscode.commands.executeCommand('oidc.signIn', id),
  });
}

async function showKeys({ clientSecrets }: EditProviderContext, provider: Provider): Promise<void> {
  const keys = await clientSecrets.publicKeys(provider);
  if (keys) return showPublicKeys(keys);
  const { id, label } = provider;
  const isKeyed = credentialKinds(provider).some(kind => kind !== 'secret');
  const make = () => vscode.commands.executeCommand('oidc.replaceClientSecret', id);
  await offer(
    'information',
    l10n.t('No key is stored for the client of {0}.', label),
    isKeyed ? { [l10n.t('Enter or Make a Key')]: make } : {},
  );
}

async function forgetRegistration(
  { registrations }: EditProviderContext,
  provider: Provider,
  argument: unknown,
): Promise<void> {
  if (provider.clientId !== undefined) {
    void window.showInformationMessage(
      l10n.t(
        'This editor isn’t registered automatically with {0}: its client ID is in the settings.',
        provider.label,
      ),
    );
    return;
  }
  const question = l10n.t('Forget this editor’s registration with {0}?', provider.label);
  if (!(await isWanted(argument, question, l10n.t('Forget')))) return;
  await registrations.forgetAll(provider);
  void window.showInformationMessage(
    l10n.t(
      'This editor’s registration with {0} is forgotten here. The next sign-in registers it again.',
      provider.label,
    ),
  );
}
