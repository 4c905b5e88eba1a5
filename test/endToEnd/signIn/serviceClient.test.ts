import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';
import type { Workbench } from '../../editor/workbench.ts';
import { consentIsStored } from '../../editor/workbench/consent.ts';
import { connectTo, pasteClientId, rename, wizard } from '../../editor/workbench/wizard.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

const account = 'service: editor-secret';

describe('a client that signs in by itself, in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    stage = await openStage({ unconfigured: true });
    person = await stage.newPerson();
    window = await stage.openWindow(person, { agrees: false });
  });
  after(() => stage?.close());

  const tokenRequests = () => stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token);
  const grantTypes = () => tokenRequests().map(({ body }) => body['grant_type']);

  it('is added by its address, id and secret, and signs in without a browser', async () => {
    const { quickInput } = window;
    const { clientId, clientSecret } = stage.identityProvider.clients.editorSecret;
    await window.runCommand('OIDC: Add Identity Provider…');
    await connectTo(window, stage.identityProvider.issuer);
    await quickInput.read(wizard.summary);
    await quickInput.pick(/Change client…/);
    await quickInput.read(wizard.client);
    await window.screenshot('add-service');
    await quickInput.pick(/Use a service client/);
    const { items: toRegister } = await quickInput.read(wizard.register, ({ items }) =>
      items.join(' | ').includes('client credentials grant'),
    );
    assert.doesNotMatch(toRegister.join(' | '), /callback/);
    await pasteClientId(window, clientId);
    await quickInput.read(wizard.secret);
    await window.screenshot('add-service-secret');
    await quickInput.type(clientSecret);
    await quickInput.accept();
    await quickInput.read(wizard.summary, ({ items: [first = ''] }) =>
      /Connect as .*No browser opens/.test(first),
    );
    await window.screenshot('add-service-summary');
    await rename(window, 'Robots');
    await quickInput.read(wizard.summary);
    await quickInput.accept();
    await window.waitForNotification(`Signed in to Robots as ${account}.`);
    await window.screenshot('service-signed-in');

    assert.equal(await accountEntry(window, 'Robots'), `${account} (Robots)`);
    assert.deepEqual(grantTypes(), ['client_credentials']);
    assert.equal(person.pages().length, 1, 'no page was opened');
    const settings = await readFile(stage.editor.settingsFile, 'utf8');
    assert.deepEqual((JSON.parse(settings) as Record<string, unknown>)['oidc.providers'], {
      oidc: {
        label: 'Robots',
        issuer: stage.identityProvider.issuer,
        allowLoopbackHttp: true,
        signInMethod: 'client-credentials',
        clientId,
        clientAuthentication: 'client_secret_basic',
      },
    });
    assert.ok(!settings.includes(clientSecret));
  });

  it('gives its token to another extension, which the person allows', async () => {
    await window.runCommand('Consumer: Who Am I?');
    await window.acceptDialog('Allow');
    await window.waitForNotification('You are editor-secret');
    assert.deepEqual(
      stage.resourceServer.requestsTo('/whoami').map(({ status }) => status),
      [200],
    );
    assert.deepEqual([...new Set(grantTypes())], ['client_credentials']);
  });

  it('stays signed in over a reload and in the next window, where nobody is asked again', async () => {
    await consentIsStored(window.page, 'oidc', account, 'example-consumer.consumer');
    const before = grantTypes().length;
    for (const again of ['reload', 'open'] as const) {
      await window.clearNotifications();
      if (again === 'reload') await window.reload();
      else {
        await window.close();
        window = await stage.openWindow(person, { agrees: false });
      }
      await window.runCommand('Consumer: Who Am I?');
      await window.waitForNotification('You are editor-secret');
      assert.equal(await accountEntry(window, 'Robots'), `${account} (Robots)`);
    }
    assert.equal(grantTypes().length, before, 'the token that was kept is used');
    assert.equal(person.pages().length, 1, 'no page was opened');
  });

  it('signs out from the Accounts menu, and its token is given back', async () => {
    const { revocation } = stage.identityProvider.endpoints;
    await window.clearNotifications();
    await window.chooseAccountAction(new RegExp(`^${account}`), 'Sign Out');
    await window.acceptDialog('Sign Out');
    await waitFor('no account of it', async () =>
      (await window.accountsMenuEntries()).every(entry => !entry.includes('Robots')),
    );
    await waitFor('the token to be given back', () =>
      Promise.resolve(stage.identityProvider.requestsTo(revocation).length > 0),
    );
  });

  it('signs in again by the command, without being asked for the secret again, and stays so', async () => {
    const before = grantTypes().length;
    await window.clearNotifications();
    await window.runCommand('OIDC: Sign In');
    await window.waitForNotification(`Signed in to Robots as ${account}.`);
    await window.reload();
    assert.equal(await accountEntry(window, 'Robots'), `${account} (Robots)`);
    assert.deepEqual(grantTypes().slice(before), ['client_credentials']);
  });
});
