import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';
import { trusting } from '../../editor/trusted.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { pasteClientId, rename, wizard } from '../../editor/workbench/wizard.ts';
import { createCertificateAuthority } from '../../servers/certificates.ts';
import { startQlikTenant, type QlikTenant } from '../../servers/qlikTenant.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

const secrets = { robot: 'the secret of the robot', deputy: 'the secret of the deputy' };
const alice = {
  id: '64ef0000000000000000alic',
  subject: 'acme\\alice',
  name: 'Alice',
  email: 'alice@example.com',
};

describe('a person who adds a tenant of Qlik Cloud for a client that signs in by itself', function () {
  this.timeout(180_000);
  let stage: Stage;
  let tenant: QlikTenant;
  let person: BrowserContext;
  let window: Workbench;
  const ends: (() => Promise<void>)[] = [];

  before(async () => {
    const authority = await createCertificateAuthority('Test Authority');
    const name = 'acme.localhost';
    tenant = await startQlikTenant(name, await authority.issue('tenant', { hosts: [name] }));
    ends.push(() => tenant.close());
    const scopes = ['user_default', 'offline_access'];
    const robot = { id: 'robot', type: 'web', secret: secrets.robot, service: true, scopes } as const;
    const deputy = {
      id: 'deputy',
      type: 'web',
      secret: secrets.deputy,
      impersonation: true,
      scopes,
    } as const;
    for (const client of [robot, deputy]) tenant.clients.set(client.id, client);
    tenant.users.push(alice);
    const trusted = await trusting(authority);
    ends.push(() => trusted.remove());
    stage = await openStage({ unconfigured: true, ...trusted });
    ends.push(() => stage.close());
    person = await stage.newPerson();
    window = await stage.openWindow(person, { agrees: false });
  });
  after(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const configured = async () => {
    const text = await readFile(stage.editor.settingsFile, 'utf8');
    for (const secret of Object.values(secrets)) assert.ok(!text.includes(secret));
    return (JSON.parse(text) as Record<string, Record<string, unknown>>)['oidc.providers'];
  };

  /** Chooses the preset, the host of the tenant and the kind of client; returns the steps that this takes. */
  async function chooseKind(kind: string): Promise<string> {
    const { quickInput } = window;
    await window.runCommand('OIDC: Add Identity Provider…');
    await quickInput.read(wizard.where);
    await quickInput.type('qlik');
    await quickInput.pick(/^Qlik Cloud/);
    await quickInput.read('Qlik Cloud', ({ placeholder }) => placeholder.includes('The host of the tenant'));
    await quickInput.type(tenant.host);
    await quickInput.pick(/Continue with/);
    for (const label of ['Native', 'Registers itself', 'Web', 'Machine-to-machine'])
      await quickInput.read(wizard.client, ({ items }) => items.some(item => item.includes(label)));
    await window.screenshot(`qlik-kinds-${kind.length}`);
    await quickInput.pick(new RegExp(`^(?:\\W|[a-z-]+ +)*${kind}, No user signs in`, 'i'));
    await quickInput.read(wizard.register);
    await quickInput.pick(/Show the steps/);
    const steps = window.page.locator('.monaco-editor[data-uri^="oidc-diagnosis:"] .view-lines').first();
    await steps.getByText('Administration').first().waitFor();
    await window.screenshot(`qlik-steps-${kind.length}`);
    const text = (await steps.innerText()).replaceAll(/\s+/g, ' ');
    assert.equal(await window.page.locator('.quick-input-widget').isVisible(), false, 'nothing covers them');
    await window.pressNotification(/^Register an app as described/, 'Enter Client ID…');
    await quickInput.read(wizard.register);
    return text;
  }

  async function enter(title: string, text: string): Promise<void> {
    await window.quickInput.read(title);
    await window.quickInput.type(text);
    await window.quickInput.accept();
  }

  it('as itself: is told what to tick, gives id and secret, and is signed in', async () => {
    const toDo = await chooseKind('Machine-to-machine');
    assert.match(toDo, /tick "Allow Machine-to-Machine \(M2M\)".*No redirect URL is needed/);
    assert.doesNotMatch(toDo, /callback|exactly as shown/);
    await pasteClientId(window, 'robot');
    await enter(wizard.secret, secrets.robot);
    await window.quickInput.read(wizard.summary);
    await window.quickInput.accept();
    await window.waitForNotification(/^Signed in to Qlik Cloud \(.*\) as service: /);
    const label = `Qlik Cloud (${tenant.host})`;
    assert.equal(await accountEntry(window, label), `service: robot (${label})`);
    assert.deepEqual(
      tenant.tokenRequests.map(({ parameters }) => parameters['grant_type']),
      ['client_credentials'],
    );
    assert.deepEqual(await configured(), {
      oidc: {
        label,
        preset: 'qlik-cloud',
        presetValues: { host: tenant.host },
        signInMethod: 'client-credentials',
        clientAuthentication: 'client_secret_post',
        clientId: 'robot',
      },
    });
  });

  it('in the name of a user: is asked whose, may go back, and is signed in as that user', async () => {
    await window.clearNotifications();
    const { quickInput } = window;
    assert.match(await chooseKind('Machine-to-machine impersonation'), /The user must exist in the tenant/);
    await pasteClientId(window, 'deputy');
    await enter(wizard.secret, secrets.deputy);
    await quickInput.read('User');
    await quickInput.type('somebody');
    await quickInput.pick(/Continue with subject/);
    await quickInput.read(wizard.summary);
    await quickInput.goBack('User', ({ value }) => value === 'somebody');
    await quickInput.type(alice.id);
    await window.screenshot('qlik-user');
    await quickInput.pick(/Continue with user ID/);
    await rename(window, 'Deputy');
    await quickInput.read(wizard.summary);
    await quickInput.accept();
    await window.waitForNotification('Signed in to Deputy as alice@example.com (impersonated).');
    assert.equal(await accountEntry(window, 'Deputy'), 'alice@example.com (impersonated) (Deputy)');
    const request = tenant.tokenRequests.at(-1);
    assert.equal(request?.contentType, 'application/json');
    assert.deepEqual(request.parameters['user_lookup'], { field: 'userId', value: alice.id });
    const { deputy } = (await configured()) ?? {};
    assert.deepEqual(deputy, {
      label: 'Deputy',
      preset: 'qlik-cloud',
      presetValues: { host: tenant.host },
      signInMethod: 'impersonation',
      clientAuthentication: 'client_secret_post',
      userLookup: { field: 'userId', value: alice.id },
      clientId: 'deputy',
    });
    assert.equal(person.pages().length, 1, 'no page was opened');
  });
});
