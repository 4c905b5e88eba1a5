import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';
import { trusting } from '../../editor/trusted.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { createCertificateAuthority } from '../../servers/certificates.ts';
import { startQlikTenant, type QlikTenant } from '../../servers/qlikTenant.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry } from '../signingIn.ts';

const which = /^Add an identity provider/;
const howKnown = /how does this editor become known there\?/;

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

  /** The preset, the host of the tenant, the kind of client, and what to do for it at the provider. */
  async function chooseKind(kind: string): Promise<string> {
    const { quickInput } = window;
    await window.runCommand('OIDC: Add Identity Provider…');
    await quickInput.read(which);
    await quickInput.type('qlik');
    await quickInput.pick(/^Qlik Cloud/);
    assert.match((await quickInput.read(/Qlik Cloud/)).message, /The host of the tenant/);
    await quickInput.type(tenant.host);
    await quickInput.accept();
    const { items } = await quickInput.read(howKnown);
    for (const label of ['Native', 'Registers itself', 'Web', 'Machine-to-machine'])
      assert.ok(
        items.some(item => item.includes(label)),
        label,
      );
    await window.screenshot(`qlik-kinds-${kind.length}`);
    await quickInput.pick(new RegExp(`^(?:\\W|[a-z-]+ +)*${kind}, Nobody signs in`, 'i'));
    const { items: toDo } = await quickInput.read(/^Register this editor at/);
    await quickInput.pick(/Continue/);
    return toDo.join(' | ');
  }

  async function enter(title: RegExp, text: string): Promise<void> {
    await window.quickInput.read(title);
    await window.quickInput.type(text);
    await window.quickInput.accept();
  }

  it('as itself: is told what to tick, gives id and secret, and is signed in', async () => {
    const toDo = await chooseKind('Machine-to-machine');
    assert.match(toDo, /tick,? "Allow Machine-to-Machine \(M2M\)".*No redirect URL,? is,? needed/);
    assert.doesNotMatch(toDo, /callback|to the letter/);
    await enter(/^Client id at/, 'robot');
    await window.quickInput.read(which);
    await window.quickInput.accept();
    await enter(/^Client secret of Qlik Cloud/, secrets.robot);
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
    await enter(/^Client id at/, 'deputy');
    await quickInput.read(/^How is the user found/);
    await quickInput.pick(/By the subject/);
    await quickInput.read(/^In whose name/);
    await window.page.getByRole('button', { name: 'Back' }).click();
    await quickInput.read(/^How is the user found/);
    await quickInput.pick(/By the id of the user/);
    const asked = await quickInput.read(/^In whose name/);
    assert.match(asked.message, /The id of the user in the tenant/);
    await window.screenshot('qlik-in-whose-name');
    await quickInput.type(alice.id);
    await quickInput.accept();
    await enter(which, 'Deputy');
    await enter(which, 'deputy');
    await enter(/^Client secret of Deputy/, secrets.deputy);
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
