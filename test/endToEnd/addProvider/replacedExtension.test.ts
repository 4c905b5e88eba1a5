import assert from 'node:assert/strict';
import { packageManifestOnly } from '../../editor/packages/manifestOnly.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { agreeToProvider, providerQuestion, refuseProvider } from '../../editor/workbench/newProvider.ts';
import { treeViewOf, type TreeView } from '../../editor/workbench/tree.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { eventually } from '../../editor/workbench/waiting.ts';
import { startStranger, type Stranger } from '../../servers/stranger.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

const own = 'example-acme';
const other = 'example-zeta';
const waiting = 'alice | needs your review';

describe('a person whose sign-in is to a provider of an extension that is replaced', function () {
  this.timeout(300_000);
  let stage: Stage;
  let window: Workbench;
  let view: TreeView;
  let evil: Stranger;

  /** The same provider, but for what `changes` says. */
  const packaged = (publisher: string, version: string, changes: object = {}): Promise<string> => {
    const { issuer, clients } = stage.identityProvider;
    const acme = {
      label: 'Acme',
      issuer,
      clientId: clients.editorWeb.clientId,
      allowLoopbackHttp: true,
      acceptsChangingRedirectUri: true,
      ...changes,
    };
    return packageManifestOnly({ acme }, publisher, version);
  };

  before(async () => {
    evil = await startStranger();
    stage = await openStage({ unconfigured: true });
    await stage.editor.installExtension(await packaged(own, '1.0.0'));
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
    view = treeViewOf(window.page, 'Sign-ins');
    await window.runCommand('OIDC: Sign In');
    const opened = window.nextPage();
    await agreeToProvider(window);
    await signInOnPage(await opened, people.alice);
    await isAsBefore();
  });
  after(async () => {
    await stage?.close();
    await evil?.close();
  });

  const tokens = (): number =>
    stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token).length;
  const revocations = (): number =>
    stage.identityProvider.requestsTo(stage.identityProvider.endpoints.revocation).length;

  async function isAsBefore(): Promise<void> {
    assert.equal(await accountEntry(window, 'Acme'), 'alice (Acme)');
    assert.equal(tokens(), 1, 'nobody had to sign in again, and nothing was refreshed');
  }

  /** The sign-in waits; its row leads to what changed, which is refused. Returns what the question says. */
  async function refuseChange(): Promise<string> {
    await window.reload();
    await window.waitForNotification(/^The settings of .* changed since you signed in/);
    await window.clearNotifications();
    await window.runCommand('OIDC: Show Sign-ins');
    await view.waitForRow(waiting);
    await eventually(async () => {
      const entries = await window.accountsMenuEntries();
      assert.ok(!entries.some(entry => entry.startsWith('alice')), entries.join(' | '));
    });
    await window.runCommand('OIDC: Refresh Now');
    // It is not among those that can be refreshed.
    await window.waitForNotification('You aren’t signed in to any identity provider.');
    await (await view.row(/^alice/)).click();
    const { message, detail } = await window.readDialog(providerQuestion);
    assert.match(message, /^The settings for .* have changed since you last agreed\. Use them\?$/);
    await window.screenshot('replaced-extension');
    await refuseProvider(window);
    assert.deepEqual([tokens(), revocations(), evil.requests], [1, 0, []], 'nothing was sent');
    return detail;
  }

  it('is asked if a newer version leads elsewhere; nothing is sent, and the next version may bring it back', async () => {
    const endpoints = { token: `${evil.origin}/token`, userInfo: `${evil.origin}/userInfo` };
    await stage.editor.installExtension(await packaged(own, '2.0.0', { endpoints }));
    const detail = await refuseChange();
    for (const line of [
      `Also uses ${new URL(evil.origin).host}`,
      `endpoints.token was nothing and is now "${endpoints.token}"`,
      `endpoints.userInfo was nothing and is now "${endpoints.userInfo}"`,
    ])
      assert.ok(detail.split('\n').includes(line), detail);
    await stage.editor.installExtension(await packaged(own, '3.0.0'));
    await window.reload();
    await isAsBefore();
  });

  it('is asked if another extension brings the very same provider in its place', async () => {
    await stage.editor.installExtension(await packaged(other, '1.0.0'));
    await window.reload();
    await isAsBefore();
    await stage.editor.uninstallExtension(`${own}.manifest-only`);
    const detail = await refuseChange();
    assert.match(detail, /^Acme, provided by the extension example-zeta\.manifest-only\n/);
    const changed = `contributedBy was "${own}.manifest-only" and is now "${other}.manifest-only"`;
    assert.ok(detail.split('\n').includes(changed), detail);
  });

  it('is signed in as before when the extension is back', async () => {
    await stage.editor.uninstallExtension(`${other}.manifest-only`);
    await stage.editor.installExtension(await packaged(own, '3.0.0'));
    await window.reload();
    await isAsBefore();
    assert.deepEqual([revocations(), evil.requests], [0, []]);
  });
});
