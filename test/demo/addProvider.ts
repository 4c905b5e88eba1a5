/** What `npm start -- --add-provider` shows: from the pasted address of a provider to the name in the Accounts menu. */
import { signInOnPage } from '../editor/loginPages.ts';
import type { Workbench } from '../editor/workbench.ts';
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
  await quickInput.read(/^Add an identity provider/);
  await shoot('which');
  await quickInput.type(issuer);
  report.say(`The address ${issuer} was pasted`);
  await quickInput.pick(/find the provider there/);

  await quickInput.read(/how does this editor become known there\?/);
  await shoot('offers');
  report.say('The editor has asked the provider what it offers');
  await quickInput.pick(/Enter a client id/);

  const { items } = await quickInput.read(/^Register this editor at /);
  await shoot('redirect-uris');
  const uris = items.map(item => item.split(', ')[0] ?? '').filter(label => label.includes('://'));
  report.say(`These redirect URIs are to be registered there: ${uris.join(', ')}`);
  await quickInput.pick(/Continue/);
  await quickInput.read(/^Client id at /);
  await quickInput.type(clients.editorWeb.clientId);
  await shoot('client-id');
  await quickInput.accept();
  await quickInput.read(/^Scopes at /);
  await shoot('scopes');
  await quickInput.accept();
  await quickInput.read(/^Add an identity provider/);
  await quickInput.type('Company');
  await shoot('name');
  report.say('Client id, scopes and a name were answered; signing in is the proof');

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
