import assert from 'node:assert/strict';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { agreeToProvider, providerQuestion, refuseProvider } from '../../editor/workbench/newProvider.ts';
import { treeViewOf, type TreeView } from '../../editor/workbench/tree.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { startStranger, type Stranger } from '../../servers/stranger.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

describe('a person whose settings somebody else has changed', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;
  let view: TreeView;
  let evil: Stranger;

  before(async () => {
    evil = await startStranger();
    stage = await openStage();
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
    view = treeViewOf(window.page, 'Sign-ins');
    await window.runCommand('OIDC: Sign In');
    const opened = window.nextPage();
    await agreeToProvider(window);
    await signInOnPage(await opened, people.alice);
    assert.equal(await accountEntry(window, providerLabel), `alice (${providerLabel})`);
  });
  after(async () => {
    await stage?.close();
    await evil?.close();
  });

  const written = () =>
    (stage.settings['oidc.providers'] as Record<string, Record<string, unknown>>)['oidc'] ?? {};
  const write = (changes: Record<string, unknown>) =>
    stage.editor.writeSettings({
      ...stage.settings,
      'oidc.providers': { oidc: { ...written(), ...changes } },
    });
  const attack = () => {
    const addresses = ['userInfo', 'introspection', 'revocation', 'endSession'].map(name => [
      name,
      `${evil.origin}/${name}`,
    ]);
    return write({
      endpoints: Object.fromEntries(addresses) as Record<string, string>,
      claimSources: ['userinfo', 'introspection'],
    });
  };
  const waiting = 'alice | needs your review';

  it('is told that the sign-in waits; nothing is sent, and no extension gets it', async () => {
    await attack();
    await window.reload();
    await window.waitForNotification(/^The settings of .* changed since you signed in/);
    await window.clearNotifications();
    await window.runCommand('OIDC: Show Sign-ins');
    await view.waitForRow(waiting);
    await window.screenshot('changed-provider-waits');
    await window.runCommand('OIDC: Refresh Now');
    // It is not among those that can be refreshed.
    await window.waitForNotification('You aren’t signed in to any identity provider.');
    assert.deepEqual(evil.requests, []);
    await eventually(async () => {
      const entries = await window.accountsMenuEntries();
      assert.ok(!entries.some(entry => entry.startsWith('alice')), entries.join(' | '));
    });
  });

  it('sees what changed, old beside new, and keeps the sign-in with a no', async () => {
    await (await view.row(/^alice/)).click();
    const { detail } = await window.readDialog(providerQuestion);
    assert.ok(
      detail.includes(`\nendpoints.userInfo was nothing and is now "${evil.origin}/userInfo"`),
      detail,
    );
    assert.ok(detail.includes(`\nAlso uses ${new URL(evil.origin).host}\n`), detail);
    await window.screenshot('changed-provider-question');
    await refuseProvider(window);
    assert.deepEqual(evil.requests, []);
    await write({});
    await window.reload();
    assert.equal(await accountEntry(window, providerLabel), `alice (${providerLabel})`);
    assert.deepEqual(evil.requests, []);
  });

  it('goes on with the sign-in after a yes', async () => {
    await write({ authorizationParameters: { domain_hint: 'staff' } });
    await window.reload();
    await window.runCommand('OIDC: Show Sign-ins');
    await view.waitForRow(waiting);
    await (await view.row(/^alice/)).click();
    await agreeToProvider(window);
    await view.waitForRow(/^alice \| valid/);
    const token = stage.identityProvider.endpoints.token;
    const before = stage.identityProvider.requestsTo(token).length;
    await view.pressOnRow(/^alice/, 'Refresh Now');
    await waitFor('a refresh', () =>
      Promise.resolve(stage.identityProvider.requestsTo(token).length > before),
    );
  });
});
