import assert from 'node:assert/strict';
import type { Workbench } from '../editor/workbench.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { openStage, type Stage } from '../stage/stage.ts';

describe('a person who reads the messages', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      providers: { oidc: {}, wrong: { label: 'Wrong', clientAuthentication: 'by shouting' } },
    });
    window = await stage.openWindow(await stage.newPerson());
  });
  after(() => stage?.close());

  const wrong =
    /^In the setting oidc\.providers, “wrong → clientAuthentication”: .* Correct it there; other providers are not affected\.$/;

  it('is told what is wrong in the settings, and led there', async () => {
    const { buttons } = await window.waitForNotification(wrong);
    await window.screenshot('message-settings');
    assert.deepEqual(buttons, ['Open Settings', 'Don’t Show Again']);
    await window.pressNotification(wrong, 'Open Settings');
    const settings = window.page.locator('.settings-editor');
    await settings.waitFor();
    // They lie over the window, which hears no other key until they are closed.
    await waitFor('the settings to close', async () => {
      await window.page.keyboard.press('Escape');
      return !(await settings.isVisible());
    });
  });

  it('is led on where nobody is signed in', async () => {
    await window.runCommand('OIDC: Show Claims');
    const nobody = 'You are not signed in with any identity provider.';
    const { buttons } = await window.waitForNotification(nobody);
    assert.deepEqual(buttons, ['Sign In']);
    await window.clearNotifications();
    await window.runCommand('OIDC: Sign Out');
    await window.pressNotification(nobody, 'Sign In');
    await window.waitForNotification(/^Signing in to/);
  });
});
