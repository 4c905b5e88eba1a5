import * as vscode from 'vscode';
import type { Registry } from '../authentication/registry.ts';
import type { Provider } from '../providers/definition.ts';
import { changeProvider, removeProvider, writtenProviders } from '../providers/settings.ts';
import type { ClientStores } from '../signIn/client.ts';
import type { Trust } from '../signIn/trust.ts';
import { askClientCredential, showPublicKeys } from './clientCredentials.ts';
import { showExtension } from './messages.ts';
import { namedProvider } from './rowTarget.ts';

export interface EditProviderContext extends ClientStores {
  readonly registry: Registry;
  readonly trust: Trust;
}

/** The commands that change what there is of a provider. */
export function registerEditCommands(context: EditProviderContext): vscode.Disposable {
  const command = (name: string, title: string, run: (provider: Provider) => Promise<void>) =>
    vscode.commands.registerCommand(`oidc.${name}`, async (id?: unknown) => {
      const provider = await chooseProvider(context.registry, title, id);
      if (provider) await run(provider);
    });
  return vscode.Disposable.from(
    command('editProvider', 'Edit which identity provider?', edit),
    command('renameProvider', 'Rename which identity provider?', rename),
    command('removeProvider', 'Remove which identity provider?', provider => remove(context, provider)),
    command('replaceClientSecret', 'Replace the client secret of which identity provider?', provider =>
      replaceSecret(context, provider),
    ),
    command('showPublicKeys', 'Show the public key of which identity provider?', provider =>
      showKeys(context, provider),
    ),
    command('forgetRegistration', 'Forget the registration at which identity provider?', provider =>
      forgetRegistration(context, provider),
    ),
  );
}

/** The provider that a command is about: the named one, the only one, or the one the person picks. */
export async function chooseProvider(
  registry: Registry,
  title: string,
  id?: unknown,
): Promise<Provider | undefined> {
  const providers = registry.providers();
  const named = namedProvider(id);
  if (named !== undefined) return providers.find(provider => provider.id === named);
  if (providers.length === 0) {
    const add = 'Add Identity Provider…';
    const message = 'No identity provider is configured.';
    if ((await vscode.window.showInformationMessage(message, add)) === add) {
      await vscode.commands.executeCommand('oidc.addProvider');
    }
    return undefined;
  }
  const items = providers.map(provider => ({
    label: provider.label,
    description: provider.id,
    detail: provider.issuer,
    provider,
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.provider;
}

/** Settings that another extension's manifest makes cannot be changed here. */
function isOwn(provider: Provider): boolean {
  if (Object.hasOwn(writtenProviders(), provider.id)) return true;
  void tellForeign(provider);
  return false;
}

async function tellForeign({ label, contributedBy = '' }: Provider): Promise<void> {
  const button = 'Show Extension';
  const message = `${label} comes from the extension ${contributedBy}, and can be changed only there.`;
  if ((await vscode.window.showInformationMessage(message, button)) === button)
    await showExtension(contributedBy);
}

async function edit(provider: Provider): Promise<void> {
  if (!isOwn(provider)) return;
  await vscode.commands.executeCommand('workbench.action.openSettingsJson', {
    revealSetting: { key: 'oidc.providers', edit: true },
  });
}

async function rename(provider: Provider): Promise<void> {
  if (!isOwn(provider)) return;
  const label = await vscode.window.showInputBox({
    title: `Rename ${provider.label}`,
    prompt: 'The name of the provider in the Accounts menu',
    value: provider.label,
    validateInput: text => (text.trim() === '' ? 'The name must not be empty' : undefined),
  });
  if (label !== undefined && label.trim() !== provider.label)
    await changeProvider(provider.id, { label: label.trim() });
}

async function remove(context: EditProviderContext, provider: Provider): Promise<void> {
  if (!isOwn(provider)) return;
  const button = 'Remove';
  const message = `Remove ${provider.label}? Its accounts are signed out; its client secret and registration are forgotten here.`;
  if ((await vscode.window.showWarningMessage(message, button, 'Keep')) !== button) return;
  const adapter = context.registry.get(provider.id);
  for (const { id } of (await adapter?.getSessions(undefined, {})) ?? []) await adapter?.removeSession(id);
  await context.clientSecrets.forget(provider);
  await context.registrations.forgetAll(provider);
  await context.trust.forget(provider.id);
  await removeProvider(provider.id);
}

async function replaceSecret({ clientSecrets }: EditProviderContext, provider: Provider): Promise<void> {
  if (provider.clientAuthentication === 'none') {
    const change = 'Open Settings';
    const message = `The client of ${provider.label} is public: it has no secret. If it has one, set "clientAuthentication".`;
    if ((await vscode.window.showInformationMessage(message, change)) === change) await edit(provider);
    return;
  }
  const credential = await askClientCredential(provider);
  if (credential) await clientSecrets.replace(provider, credential);
}

async function showKeys({ clientSecrets }: EditProviderContext, provider: Provider): Promise<void> {
  const keys = await clientSecrets.publicKeys(provider);
  if (keys) return showPublicKeys(keys);
  const make = 'Enter or Make a Key';
  const message = `No key is stored for the client of ${provider.label}.`;
  const isKeyed = provider.clientAuthentication === 'private_key_jwt';
  const chosen = await vscode.window.showInformationMessage(message, ...(isKeyed ? [make] : []));
  if (chosen === make) await vscode.commands.executeCommand('oidc.replaceClientSecret', provider.id);
}

async function forgetRegistration({ registrations }: EditProviderContext, provider: Provider): Promise<void> {
  await registrations.forgetAll(provider);
  void vscode.window.showInformationMessage(
    `The registration of this editor at ${provider.label} is forgotten here; the next sign-in makes a new one.`,
  );
}
