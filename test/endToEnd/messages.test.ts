import type { Page } from 'playwright-core';
import type { Workbench } from '../editor/workbench.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { assertSilent } from './hiddenMessages.ts';

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
    /^The setting oidc\.providers has errors: “wrong → clientAuthentication”: .* Other providers still work\.$/;

  it('is told what is wrong in the settings, and led there', async () => {
    await window.waitForNotification(wrong, { buttons: ['Open Settings', 'Don’t Show Again'] });
    await window.screenshot('message-settings');
    await window.pressNotification(wrong, 'Open Settings');
    const settings = window.page.locator('.settings-editor');
    await settings.waitFor();
    // They lie over the window, which hears no other key until they are closed.
    await waitFor('the settings to close', async () => {
      await window.page.keyboard.press('Escape');
      return !(await settings.isVisible());
    });
  });

  it('is told again after a reload, until they have had enough of it: then other messages only', async () => {
    await window.reload();
    await window.pressNotification(wrong, 'Don’t Show Again');
    await waitFor('the editor to store that', async () =>
      (await storedState(window.page)).includes('messages not shown again'),
    );
    await window.reload();
    await assertSilent(window, ({ message }) => wrong.test(message));

    const { wrong: entry, ...others } = stage.settings['oidc.providers'] as Record<string, object>;
    const further = { ...entry, signInMethod: 'by pigeon' };
    await stage.editor.writeSettings({
      ...stage.settings,
      'oidc.providers': { ...others, wrong: entry, further },
    });
    await window.reload();
    await window.waitForNotification(/further → signInMethod/);
  });

  it('is led on where nobody is signed in', async () => {
    await window.runCommand('OIDC: Show Claims');
    const nobody = 'You aren’t signed in to any identity provider.';
    await window.waitForNotification(nobody, { buttons: ['Sign In'] });
    await window.clearNotifications();
    await window.runCommand('OIDC: Sign Out');
    await window.pressNotification(nobody, 'Sign In');
    await window.waitForNotification(/^Signing in to/);
  });
});

/** What the editor has stored in the browser for its extensions, which it does a moment after they have asked for it. */
function storedState(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const finished = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('the database cannot be read'));
      });
    const values: unknown[] = [];
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('vscode-web-state-db')) continue;
      const database = await finished(indexedDB.open(name));
      for (const table of database.objectStoreNames)
        values.push(await finished(database.transaction(table).objectStore(table).getAll()));
      database.close();
    }
    return JSON.stringify(values);
  });
}
