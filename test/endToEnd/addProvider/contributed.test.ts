import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { packageManifestOnly } from '../../editor/packages/manifestOnly.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { agreeToProvider, providerQuestion, refuseProvider } from '../../editor/workbench/newProvider.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

describe('a person who installs an extension that brings a provider without code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;
  let vsix: string;

  before(async () => {
    stage = await openStage({ unconfigured: true });
    const { issuer, clients } = stage.identityProvider;
    vsix = await packageManifestOnly({
      acme: {
        label: 'Acme',
        issuer,
        clientId: clients.editorWeb.clientId,
        allowLoopbackHttp: true,
        acceptsChangingRedirectUri: true,
      },
    });
    await stage.editor.installExtension(vsix);
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
  });
  after(() => stage?.close());

  const requests = (): number =>
    stage.identityProvider.requestsTo(stage.identityProvider.endpoints.pushedAuthorizationRequest).length;

  it('is asked before the first sign-in, and told who brings it and where it leads', async () => {
    await window.runCommand('OIDC: Sign In');
    const { host } = new URL(stage.identityProvider.issuer);
    const { message, detail, buttons } = await window.readDialog(providerQuestion);
    assert.equal(message, `Sign in to ${host} for the first time?`);
    assert.match(detail, /^Acme, provided by the extension example-acme\.manifest-only\n/);
    assert.deepEqual([...buttons].sort(), ['Cancel', 'Review…', 'Sign In']);
    await window.screenshot('contributed-trust');
    await refuseProvider(window);
    assert.equal(requests(), 0, 'nothing was sent');
  });

  it('signs in, and finds the account under the label that the extension gives', async () => {
    await window.runCommand('OIDC: Sign In');
    const opened = window.nextPage();
    await agreeToProvider(window);
    await signInOnPage(await opened, people.alice);
    assert.equal(await accountEntry(window, 'Acme'), 'alice (Acme)');
  });

  it('is not asked again', async () => {
    await window.clearNotifications();
    const opened = window.nextPage();
    await window.runCommand('OIDC: Sign In');
    await signInOnPage(await opened, people.alice);
    await window.waitForNotification('Signed in to Acme as alice.');
  });

  /** The page of the extension, on which it is disabled, enabled and uninstalled. */
  async function extensionPage(): Promise<Locator> {
    await window.runCommand('Extensions: Show Installed Extensions');
    await window.page.locator('.extensions-list .extension-list-item', { hasText: 'Acme Sign-In' }).click();
    const page = window.page.locator('.extension-editor');
    await page.waitFor();
    return page;
  }
  const accounts = async (): Promise<string[]> =>
    (await window.accountsMenuEntries()).filter(entry => entry.includes('Acme'));
  const isGone = () => waitFor('no account of it', async () => (await accounts()).length === 0);
  /** The names for screen readers are longer than what stands on the buttons. */
  const press = async (button: string): Promise<void> => {
    const shown = (await extensionPage()).locator('.action-label');
    await shown
      .filter({ hasText: new RegExp(`^${button}$`), visible: true })
      .first()
      .click();
  };
  const tokens = (): number =>
    stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token).length;

  it('disables it: the provider is gone from the window, and nothing else; enables it: as before', async () => {
    const before = tokens();
    await press('Disable');
    await isGone();
    await window.screenshot('contributed-disabled');
    await press('Enable');
    assert.equal(await accountEntry(window, 'Acme'), 'alice (Acme)');
    assert.equal(tokens(), before, 'nobody had to sign in again');
    assert.equal(stage.identityProvider.requestsTo(stage.identityProvider.endpoints.revocation).length, 0);
  });

  it('uninstalls it: the provider is gone from the window that is open, and nothing else', async () => {
    await press('Uninstall');
    await isGone();
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read('Add Identity Provider');
    await window.quickInput.cancel();
  });

  it('installs it again, and is still signed in', async () => {
    const before = tokens();
    await stage.editor.installExtension(vsix);
    await window.reload();
    assert.equal(await accountEntry(window, 'Acme'), 'alice (Acme)');
    assert.equal(tokens(), before, 'nobody had to sign in again');
    assert.equal(stage.identityProvider.requestsTo(stage.identityProvider.endpoints.revocation).length, 0);
  });
});
