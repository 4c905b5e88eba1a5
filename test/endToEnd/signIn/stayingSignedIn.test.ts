import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { assertSilent } from '../hiddenMessages.ts';
import { accountEntry } from '../signingIn.ts';

const ended =
  /^alice is no longer signed in to Company\. The sign-in expired, and there’s no refresh token\./;

describe('a person whose sign-in does not last', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      providers: { oidc: { scopes: ['openid', 'profile'] } },
      identityProvider: { accessTokenLifetime: 10 },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(() => stage?.close());

  const grantTypes = () =>
    stage.identityProvider
      .requestsTo(stage.identityProvider.endpoints.token)
      .map(({ body }) => body['grant_type']);
  const signInOn = async (start: () => Promise<unknown>): Promise<void> => {
    const opened = window.nextPage();
    await start();
    const page = await opened;
    await page.waitForLoadState();
    await signInOnPage(page, people.alice);
  };

  it('is told so at once, and what helps', async () => {
    await signInOn(() => window.runCommand('OIDC: Sign In'));
    await window.waitForNotification(/^Company sent no refresh token.* add "offline_access" to "scopes"\.$/, {
      buttons: ['Stay Signed In', 'Don’t Show Again'],
    });
    assert.equal(await accountEntry(window, providerLabel), `alice (${providerLabel})`);
    await window.screenshot('not-lasting');
  });

  it('is told once more when it ends, and not again after a reload', async () => {
    await window.waitForNotification(ended, {
      buttons: ['Sign In Again', 'Stay Signed In', 'Don’t Show Again'],
    });
    await window.screenshot('ended');
    await window.reload();
    await assertSilent(window, ({ message }) => ended.test(message));
  });

  it('stays signed in after one click on the button', async () => {
    await signInOn(() => window.runCommand('OIDC: Sign In'));
    stage.identityProvider.settings.accessTokenLifetime = 60;
    const before = grantTypes().length;
    await signInOn(() => window.pressNotification(/^Company sent no refresh token/, 'Stay Signed In'));
    await waitFor('the provider to be asked for new tokens', () =>
      Promise.resolve(grantTypes().slice(before).includes('refresh_token')),
    );
    const settings = JSON.parse(await readFile(stage.editor.settingsFile, 'utf8')) as {
      'oidc.providers': { oidc: { scopes: string[] } };
    };
    assert.deepEqual(settings['oidc.providers'].oidc.scopes, ['openid', 'profile', 'offline_access']);
    assert.equal(await accountEntry(window, providerLabel), `alice (${providerLabel})`);
  });
});
