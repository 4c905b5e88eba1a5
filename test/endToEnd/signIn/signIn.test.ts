import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { documentationPicture } from '../../stage/documentationPicture.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';

describe('a person in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    stage = await openStage();
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(() => stage?.close());

  const tokenRequests = () => stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token);

  it('sees in the Accounts menu that an extension asks to sign in', async () => {
    await window.waitForAccountsLabel(/Sign in requested/);
    await eventually(async () => {
      await window.closeMenu();
      const entries = await window.openAccountsMenu();
      assert.ok(
        entries.some(entry => entry.startsWith(`Sign in with ${providerLabel} to use Consumer`)),
        entries.join(' | '),
      );
    });
    await documentationPicture(window, 'accounts-menu', { x: 0, y: 560, width: 640, height: 240 });
    await window.closeMenu();
  });

  it('signs in from there, in the browser, and comes back', async () => {
    await window.openAccountsMenu();
    const opened = window.nextPage();
    await window.chooseMenuEntry(new RegExp(`^Sign in with ${providerLabel} to use Consumer`));
    const page = await opened;
    await page.waitForLoadState();
    await window.screenshot('signing-in');
    await signInOnPage(page, people.alice);

    const account = await accountEntry(window);
    assert.equal(account, `alice (${providerLabel})`);
    assert.equal(tokenRequests().length, 1);
  });

  it('lets the consumer know who they are', async () => {
    await window.runCommand('Consumer: Who Am I?');
    await window.waitForNotification(`You are ${people.alice.name}`);
    await documentationPicture(window, 'who-am-i', { x: 640, y: 560, width: 640, height: 240 });
    assert.deepEqual(
      stage.resourceServer.requestsTo('/whoami').map(({ status }) => status),
      [200],
    );
  });

  it('is asked before a second extension gets the session', async () => {
    await window.runCommand('Second Consumer: Who Am I?');
    await window.acceptDialog('Allow', /Second Consumer|second-consumer/);
    await window.quickInput.read(undefined, ({ items }) => items.some(item => item.startsWith('alice')));
    await window.quickInput.pick(/^alice/);
    await window.waitForNotification(`You are ${people.alice.name}`);
    assert.equal(tokenRequests().length, 1, 'no second sign-in was needed');
  });

  it('is still signed in after a reload', async () => {
    await window.reload();
    assert.equal(await accountEntry(window), `alice (${providerLabel})`);
    await window.runCommand('Consumer: Who Am I?');
    await window.waitForNotification(`You are ${people.alice.name}`);
    assert.equal(tokenRequests().length, 1, 'nothing was asked of the provider again');
  });

  it('reads in the log what happened, and no secret', async () => {
    const everything = await waitFor('the sign-in in the log', async () => {
      const log = await window.outputChannel('OpenID Connect Authentication');
      const all = [log, ...(await stage.editor.readLogs()).values()].join('\n');
      return log.includes('provider registered') && all.includes('signed in') && all;
    });
    const [exchange] = tokenRequests();
    for (const name of ['code', 'code_verifier']) {
      const secret = exchange?.body[name];
      assert.ok(typeof secret === 'string' && secret.length > 20);
      assert.ok(!everything.includes(secret), `${name} is in a log`);
    }
  });

  it('signs out from the Accounts menu, and the provider is told', async () => {
    await window.chooseAccountAction(/^alice/, 'Sign Out');
    await window.acceptDialog('Sign Out');
    await waitFor('no account in the Accounts menu', async () => {
      const entries = await window.accountsMenuEntries();
      return !entries.some(entry => entry.endsWith(`(${providerLabel})`));
    });
    const { revocation } = stage.identityProvider.endpoints;
    const revoked = await waitFor('the provider to be told', () =>
      Promise.resolve(stage.identityProvider.requestsTo(revocation).length > 0),
    );
    assert.ok(revoked);
  });
});

async function accountEntry(window: Workbench): Promise<string> {
  return waitFor('an account in the Accounts menu', async () => {
    const entries = await window.accountsMenuEntries();
    return entries.find(entry => entry.endsWith(`(${providerLabel})`));
  });
}
