import type { QuickInputContent } from './quickInput.ts';
import type { Workbench } from '../workbench.ts';

/** The pages of *OIDC: Add Identity Provider…*, by their titles or placeholders. */
export const wizard = {
  where: 'Add Identity Provider',
  summary: 'Press Enter to sign in, or select a setting to change it',
  client: 'Client',
  register: 'Paste the client ID here',
  secret: 'Client secret',
  name: 'Name',
} as const;

/** Enters the address of a provider, and waits for what the editor makes of it. */
export async function connectTo({ quickInput }: Workbench, address: string): Promise<void> {
  await quickInput.read(wizard.where);
  await quickInput.type(address);
  await quickInput.pick(/Connect to /);
}

/** Leads from the summary, where the editor would register itself, to what has to be registered for a client ID. */
export async function chooseClientId({ quickInput }: Workbench): Promise<QuickInputContent> {
  await quickInput.read(wizard.summary);
  await quickInput.pick(/Change client…/);
  await quickInput.read(wizard.client);
  await quickInput.pick(/Use a client ID/);
  return quickInput.read(wizard.register);
}

/** Pastes the client ID. */
export async function pasteClientId({ quickInput }: Workbench, clientId: string): Promise<void> {
  await quickInput.read(wizard.register);
  await quickInput.type(clientId);
  await quickInput.pick(/Continue with client ID/);
}

/** Gives the provider a name of its own, in the summary. */
export async function rename({ quickInput }: Workbench, name: string): Promise<void> {
  await quickInput.read(wizard.summary);
  await quickInput.pick(/Change name…/);
  await quickInput.read(wizard.name);
  await quickInput.type(name);
  await quickInput.pick(`Use “${name}”`);
}
