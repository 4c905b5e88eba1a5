import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Dialog, Workbench } from '../../editor/workbench.ts';
import { agreeToProvider, providerQuestion, refuseProvider } from '../../editor/workbench/newProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { assertSilent } from '../hiddenMessages.ts';
import { accountEntry } from '../signingIn.ts';

describe('a person whose settings name a provider that they have not signed in to here', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;
  let host: string;

  before(async () => {
    stage = await openStage();
    host = new URL(stage.identityProvider.issuer).host;
    person = await stage.newPerson();
    window = await stage.openWindow(person, { agrees: false });
  });
  after(() => stage?.close());

  const requests = (): number =>
    stage.identityProvider.requestsTo(stage.identityProvider.endpoints.pushedAuthorizationRequest).length;
  const question = (): Promise<Dialog> => window.readDialog(providerQuestion);

  it('is shown where a sign-in of an extension leads; a refusal ends it, and nothing was sent', async () => {
    await window.runCommand('Consumer: Who Am I?');
    await window.acceptDialog('Allow');
    const { message, detail } = await question();
    assert.equal(message, `Sign in to ${host} for the first time?`);
    assert.equal(
      detail,
      `${providerLabel}, from your settings\nExtensions that you allow will get access tokens from there.`,
    );
    await window.screenshot('new-provider');
    await refuseProvider(window);
    // Who said no needs no message that says so.
    await assertSilent(window);
    assert.equal(requests(), 0);
  });

  it('is asked in the Accounts menu too, and Escape is a refusal', async () => {
    await window.openAccountsMenu();
    await window.chooseMenuEntry(new RegExp(`^Sign in with ${providerLabel} to use Consumer`));
    await question();
    await window.page.keyboard.press('Escape');
    await window.page.locator('.monaco-dialog-box').waitFor({ state: 'detached' });
    assert.equal(requests(), 0);
  });

  it('signs in after they have agreed', async () => {
    await window.runCommand('OIDC: Sign In');
    const opened = window.nextPage();
    await agreeToProvider(window);
    await signInOnPage(await opened, people.alice);
    assert.equal(await accountEntry(window, providerLabel), `alice (${providerLabel})`);
  });

  it('is not asked again: here, in another window, or after a reload', async () => {
    const another = await stage.openWindow(person, { agrees: false });
    await window.reload();
    for (const shown of [another, window]) {
      const before = requests();
      const opened = shown.nextPage();
      await shown.runCommand('OIDC: Sign In');
      await signInOnPage(await opened, people.alice);
      await shown.waitForNotification(`Signed in to ${providerLabel} as alice.`);
      assert.equal(requests(), before + 1);
    }
    await another.close();
  });

  it('is asked anew when the settings lead elsewhere', async () => {
    const { issuer, clients } = stage.identityProvider;
    await stage.editor.writeSettings({
      ...stage.settings,
      'oidc.providers': {
        oidc: {
          label: providerLabel,
          issuer,
          clientId: clients.editor.clientId,
          allowLoopbackHttp: true,
          acceptsChangingRedirectUri: true,
        },
      },
    });
    await window.reload();
    const before = requests();
    await window.runCommand('OIDC: Sign In');
    const { message, detail } = await question();
    assert.equal(message, `The settings for ${host} have changed since you last agreed. Use them?`);
    assert.match(detail, /^clientId was "editor-web" and is now "editor"$/m);
    await window.screenshot('changed-provider');
    await refuseProvider(window);
    assert.equal(requests(), before);
  });
});
