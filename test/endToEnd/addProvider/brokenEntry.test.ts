import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { chooseClientId, connectTo, pasteClientId, rename, wizard } from '../../editor/workbench/wizard.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

const unusable = /^The setting oidc\.providers has an entry that can’t be used/;
const wrong = { label: 'Old', issuer: 'login.example.com', clientId: 'editor' };

describe('a person whose entry for the provider that an extension asks for is wrong', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;
  let other: object;

  before(async () => {
    stage = await openStage({ unconfigured: true, settings: { 'oidc.signIn.method': 'uri-handler' } });
    other = {
      label: 'Other',
      issuer: stage.identityProvider.issuer,
      clientId: 'other',
      allowLoopbackHttp: true,
    };
    await stage.editor.writeSettings({
      ...stage.settings,
      'oidc.signIn.method': 'uri-handler',
      'oidc.providers': { oidc: wrong, other },
    });
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
  });
  after(() => stage?.close());

  const configured = async (): Promise<unknown> => {
    const settings = JSON.parse(await readFile(stage.editor.settingsFile, 'utf8')) as Record<string, unknown>;
    return settings['oidc.providers'];
  };

  it('is told what is wrong with it, and may correct it: nothing is replaced', async () => {
    await window.runCommand('Consumer: Who Am I?');
    await window.acceptDialog('Allow');
    const buttons = ['Open Settings', 'Set Up Again'];
    const { message } = await window.waitForNotification(unusable, { buttons });
    assert.match(message, /“oidc → issuer”.*Correct the entry, or set it up again to replace it\.$/);
    await window.screenshot('set-up-anew');
    await window.pressNotification(unusable, 'Open Settings');
    const settings = window.page.locator('.settings-editor');
    await settings.waitFor();
    assert.deepEqual(await configured(), { oidc: wrong, other });
    // They lie over the window, which hears no other key until they are closed.
    await waitFor('the settings to close', async () => {
      await window.page.keyboard.press('Escape');
      return !(await settings.isVisible());
    });
    await window.clearNotifications();
  });

  it('may set it up anew: it is replaced when the sign-in has worked, and no other entry is', async () => {
    const { issuer, clients } = stage.identityProvider;
    const { quickInput } = window;
    await window.runCommand('Consumer: Who Am I?');
    await window.acceptDialog('Allow');
    await window.pressNotification(unusable, 'Set Up Again');
    await connectTo(window, issuer);
    await chooseClientId(window);
    await pasteClientId(window, clients.editorWeb.clientId);
    await rename(window, 'New');
    await quickInput.read(wizard.summary);
    const opened = window.nextPage();
    await quickInput.accept();
    const page = await opened;
    await page.waitForLoadState();
    assert.deepEqual(await configured(), { oidc: wrong, other }, 'not before the sign-in has worked');
    await signInOnPage(page, people.alice);
    await window.waitForNotification(`You are ${people.alice.name}`);
    assert.equal(await accountEntry(window, 'New'), 'alice (New)');
    const clientId = clients.editorWeb.clientId;
    await eventually(async () =>
      assert.deepEqual(await configured(), {
        oidc: { label: 'New', issuer, allowLoopbackHttp: true, clientId },
        other,
      }),
    );
  });
});
