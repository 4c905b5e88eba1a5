import assert from 'node:assert/strict';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { press } from '../../editor/workbench/press.ts';
import { treeViewOf, type TreeView } from '../../editor/workbench/tree.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { documentationPicture } from '../../stage/documentationPicture.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';

describe('the view of all sign-ins', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;
  let view: TreeView;

  before(async () => {
    stage = await openStage({ unconfigured: true, faults: true });
    window = await stage.openWindow(await stage.newPerson());
    view = treeViewOf(window.page, 'Sign-ins');
  });
  after(() => stage?.close());

  const icon = () => window.page.locator('.activitybar [aria-label^="OpenID Connect"]').first();
  const token = () => stage.identityProvider.endpoints.token;
  const refreshes = () =>
    stage.identityProvider.requestsTo(token()).filter(({ body }) => body['grant_type'] === 'refresh_token');

  it('is not in the way of anybody who has no provider, and leads whoever asks for it', async () => {
    await icon().waitFor({ state: 'hidden' });
    await window.runCommand('OIDC: Show Sign-ins');
    const welcome = window.page.locator('.welcome-view-content').filter({ visible: true });
    await welcome.getByRole('button', { name: 'Add Identity Provider…' }).waitFor();
    await welcome.getByText(/Sign in once/).waitFor();
    await window.screenshot('view-empty');
    await welcome.getByRole('button', { name: 'Add Identity Provider…' }).click();
    await window.quickInput.read('Add Identity Provider');
    await window.quickInput.cancel();
  });

  it('is there when there is a provider, and leads to its first sign-in', async () => {
    await stage.editor.writeSettings({
      ...stage.settings,
      'oidc.providers': {
        oidc: {
          label: providerLabel,
          issuer: stage.identityProvider.issuer,
          clientId: stage.identityProvider.clients.editorWeb.clientId,
          allowLoopbackHttp: true,
          acceptsChangingRedirectUri: true,
        },
      },
    });
    await window.reload();
    await icon().waitFor();
    // The editor may show the view again by itself.
    await waitFor('the view', async () => {
      if ((await view.rows()).length > 0) return true;
      await press(icon());
      return false;
    });
    await view.waitForRow(`${providerLabel} | not signed in`);
    await window.screenshot('view-not-signed-in');
    const opened = window.nextPage();
    await (await view.row('Sign In…')).click();
    await signInOnPage(await opened, people.alice);
    await window.page.bringToFront();
    await view.waitForRow(/^alice \| valid (1 h 0|5\d) min$/);
  });

  it('is worked with the keyboard, and says all it shows to a screen reader', async () => {
    await (await view.row(/^alice/)).click();
    await window.page.keyboard.press('ArrowRight');
    await view.waitForRow(/^Default scopes/);
    await window.page.keyboard.press('ArrowRight');
    await window.clearNotifications();
    await eventually(async () => {
      const spoken = await view.spoken();
      assert.deepEqual(
        spoken.map(text => text.replace(/valid .*/, 'valid …')),
        [
          `${providerLabel}, identity provider`,
          `alice, account at ${providerLabel}, valid …`,
          'Default scopes, session of alice, valid …',
        ],
      );
    });
    await documentationPicture(window, 'sign-ins', { x: 0, y: 0, width: 640, height: 240 });
  });

  it('gets new tokens at once', async () => {
    await view.pressOnRow(/^alice/, 'Refresh Now');
    await waitFor('a refresh', () => Promise.resolve(refreshes().length === 1));
    await window.page.getByText(`alice (${providerLabel}) has new tokens.`).waitFor();
  });

  it('shows what is known of an account, and nothing that is secret', async () => {
    await view.pressOnRow(/^alice/, 'Show Claims');
    await eventually(async () => {
      const lines = await window.page.locator('.editor-instance .view-lines').allInnerTexts();
      const text = lines.join('\n').replace(/\u00a0/g, ' ');
      assert.match(text, /"nonce": "\(withheld\)"/);
      assert.match(text, /"name": "Alice/);
    });
    await window.screenshot('view-claims');
    await window.page.locator('.editor-instance .view-line').first().click();
    await window.page.keyboard.press('x');
    await window.page.getByRole('alert').getByText('Cannot edit in read-only editor').waitFor();
    await window.runCommand('View: Close Editor');
    await window.runCommand('OIDC: Copy Claims');
    await window.acceptDialog('Copy Claims', /^Copy the claims of alice/);
    const copied = await waitFor('the claims on the clipboard', async () => {
      const text = await window.page.evaluate(() => navigator.clipboard.readText());
      return text.startsWith('{') && text;
    });
    assert.equal((JSON.parse(copied) as { name: string }).name, people.alice.name);
  });

  it('leads to the list of extensions that may use an account', async () => {
    await window.runCommand('OIDC: Manage Trusted Extensions');
    // No extension has used it yet.
    await window.readDialog(/has not been used by any extension/);
    await window.page.keyboard.press('Escape');
  });

  it('says when the provider is out of reach, and that nothing is lost', async () => {
    const busy = { kind: 'status', status: 503, headers: { 'retry-after': '3' } } as const;
    stage.faults?.on(token(), busy);
    await view.pressOnRow(/^alice/, 'Refresh Now');
    await window.waitForNotification(/Couldn’t refresh .*has a problem.*is kept/, { buttons: ['Try Again'] });
    await view.waitForRow(/^alice \| valid/);
    // Each state lasts until it has been seen.
    const short = (text: string): string => JSON.stringify({ ...JSON.parse(text), expires_in: 8 });
    stage.faults?.on(token(), { kind: 'replace', body: short }, { sticky: true });
    await window.pressNotification(/Couldn’t refresh/, 'Try Again');
    await view.waitForRow(/^alice \| valid less than a minute/);
    stage.faults?.heal();
    stage.faults?.on(token(), busy, { sticky: true });
    await view.waitForRow(/^alice \| offline, retrying in \d+ s/);
    await window.screenshot('view-offline');
    stage.faults?.heal();
    await view.waitForRow(/^alice \| valid/);
    await window.clearNotifications();
  });

  it('asks for its person only when the provider has ended the sign-in, and then brings it back', async () => {
    await eventually(async () => assert.equal(await icon().getAttribute('aria-label'), 'OpenID Connect'));
    stage.identityProvider.revokeEverything(people.alice.sub);
    await view.pressOnRow(/^alice/, 'Refresh Now');
    await view.waitForRow(/^alice \| needs sign-in: .*no longer considers this sign-in valid/);
    await waitFor('the badge', async () =>
      /One sign-in needs you/.test((await icon().getAttribute('aria-label')) ?? ''),
    );
    await window.screenshot('view-needs-sign-in');
    await window.clearNotifications();
    const opened = window.nextPage();
    await view.pressOnRow(/^alice/, 'Sign In Again');
    await signInOnPage(await opened, people.alice);
    await window.page.bringToFront();
    await view.waitForRow(/^alice \| valid/);
    await waitFor('no badge', async () => (await icon().getAttribute('aria-label')) === 'OpenID Connect');
  });

  it('signs out', async () => {
    await (await view.row(/^alice/)).click({ button: 'right' });
    await window.screenshot('view-menu');
    await window.chooseMenuEntry('Sign Out');
    await view.waitForRow(`${providerLabel} | not signed in`);
  });
});
