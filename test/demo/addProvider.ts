/** What `npm start -- --add-provider` shows: from the pasted address of a provider to the name in the Accounts menu. */
import { signInOnPage } from '../manifest/client/playwright.ts';
import type { Workbench } from '../editor/workbench.ts';
import { chooseClientId, connectTo, pasteClientId, rename, wizard } from '../editor/workbench/wizard.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { people } from '../servers/identityProvider/people.ts';
import type { Stage, StageOptions } from '../stage/stage.ts';
import type { Report } from './methods.ts';

/** Nothing is set up, as after the installation. */
export const unconfigured: StageOptions = {
  unconfigured: true,
  // As on a desktop, where the address of the editor stays; the provider accepts that it changes here.
  settings: { 'oidc.signIn.method': 'uri-handler' },
};

const { alice } = people;

/** Adds the stage's identity provider from its address alone, and signs in to it. */
export async function addProvider(
  { identityProvider }: Stage,
  window: Workbench,
  report: Report,
): Promise<void> {
  const { quickInput, page } = window;
  const { issuer, clients } = identityProvider;
  const { host } = new URL(issuer);
  const shoot = (name: string) => report.picture(page, name);

  await window.runCommand('OIDC: Add Identity Provider…');
  await quickInput.read(wizard.where);
  await shoot('where');
  await connectTo(window, issuer);
  report.say(`The address ${issuer} was pasted`);

  await quickInput.read(wizard.summary);
  await shoot('summary');
  report.say(
    'The editor has asked the provider what it offers; Enter would sign in now, and register the editor',
  );
  const { items } = await chooseClientId(window);
  await shoot('register');
  const uris = items.map(item => item.split(', ')[0] ?? '').filter(label => label.includes('://'));
  report.say(`These redirect URIs are to be registered there: ${uris.join(', ')}`);
  await quickInput.type(clients.editorWeb.clientId);
  await shoot('client-id');
  await pasteClientId(window, clients.editorWeb.clientId);
  await rename(window, 'Company');
  await quickInput.read(wizard.summary);
  await shoot('ready');
  report.say('A client ID was pasted; signing in is the proof');

  const opened = window.nextPage();
  await quickInput.accept();
  const login = await opened;
  await login.getByRole('button', { name: 'Sign in' }).waitFor();
  report.say(`The browser is at ${host}, the identity provider`);
  await report.picture(login, 'login-page');
  await signInOnPage(login, alice);
  const { message } = await window.waitForNotification(/^Signed in to Company as /);
  await shoot('added');
  report.say(`The provider is in the settings: "${message}"`);

  const entry = `${alice.login} (Company)`;
  await waitFor('the account in the Accounts menu', async () =>
    (await window.accountsMenuEntries()).includes(entry),
  );
  await window.openAccountsMenu();
  await shoot('accounts-menu');
  report.say(`The Accounts menu shows ${entry}`);
  await window.closeMenu();
}
