import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, waitFor } from '../editor/workbench/waiting.ts';
import { laterExtensionsVariable } from '../runner/host/laterExtensions.ts';
import { accountLabels, configure } from './editor.ts';
import { clearMessages, messages, registrations, waitForMessage } from './outside.ts';

const [acme = '', zeta = '', policy = ''] = JSON.parse(
  process.env[laterExtensionsVariable] ?? '[]',
) as string[];

const own = { label: 'My Acme', issuer: 'https://login.mine.example', clientId: 'editor' };
const other = { label: 'Other', issuer: 'https://login.other.example', clientId: 'editor' };

describe('extensions without code that come and go while the editor runs', () => {
  const install = (vsix: string) =>
    vscode.commands.executeCommand('workbench.extensions.installExtension', vscode.Uri.file(vsix));
  const uninstallById = (id: string) =>
    vscode.commands.executeCommand('workbench.extensions.uninstallExtension', id);
  const uninstall = (publisher: string) => uninstallById(`${publisher}.manifest-only`);
  const policyId = 'example-acme.acme-sign-in-policy';
  /** Waits until a provider was registered once more than at the last look. */
  const seen = new Map<string, number>();
  const registered = (id: string, label: string) =>
    waitFor(`${label} to be registered`, async () => {
      const times = await registrations(id, label);
      if (times !== (seen.get(label) ?? 0) + 1) return false;
      seen.set(label, times);
      return true;
    });
  /** The editor is asked for the accounts of a provider; it waits some seconds for one that is not there. */
  const isThere = (id: string) =>
    accountLabels(id).then(
      () => true,
      () => false,
    );

  before(async () => {
    await configure({ other });
    await clearMessages();
    // Another test has had it installed, too.
    seen.set('Acme', await registrations('acme', 'Acme'));
  });
  after(async () => {
    // What a test that failed has left would make all later ones fail.
    for (const id of [policyId, 'example-acme.manifest-only', 'example-zeta.manifest-only'])
      if (vscode.extensions.getExtension(id)) await uninstallById(id);
    await configure(undefined);
    await clearMessages();
  });

  it('bring their provider at once', async () => {
    assert.equal(await isThere('acme'), false);
    await install(acme);
    await registered('acme', 'Acme');
    assert.deepEqual(await accountLabels('acme'), []);
  });

  it('bring nothing under an ID that several bring before somebody chooses; what is wrong is told by field', async () => {
    await install(zeta);
    await registered('zeta', 'Zeta');
    const { message } = await waitForMessage(/^The extension example-zeta\.manifest-only adds/);
    assert.match(message, /“broken → issuer”: must be an https URL/);
    const told = await waitForMessage(
      /^“acme” is the ID of several identity providers .* None is used until you choose one/,
      ['Choose…'],
    );
    assert.match(told.message, /example-acme\.manifest-only.*example-zeta\.manifest-only/);
    await waitFor('acme to be gone', async () => !(await isThere('acme')));
    assert.equal(await registrations('acme', 'Acme of Zeta'), 0);
    assert.equal(await isThere('other'), true, 'nothing else stops working');

    await clearMessages();
    await configure({ other, acme: own });
    await waitForMessage(/^“acme” is the ID of several identity providers \(your settings, .*None is used/);
    assert.equal(await registrations('acme', 'My Acme'), 0);
    await configure({ other });
  });

  it('leave with their extension, and make room for the other', async () => {
    await clearMessages();
    await uninstall('example-acme');
    await registered('acme', 'Acme of Zeta');
    await uninstall('example-zeta');
    await waitFor('zeta to be gone', async () => !(await isThere('zeta')));
    assert.equal(await isThere('acme'), false);
    assert.equal(await isThere('other'), true);
  });

  it('tell again what is wrong when they come back with it', async () => {
    await clearMessages();
    await install(zeta);
    await waitForMessage(/“broken → issuer”: must be an https URL/);
    await uninstall('example-zeta');
    await waitFor('zeta to be gone', async () => !(await isThere('zeta')));
    await eventually(async () =>
      assert.equal((await messages()).filter(({ message }) => message.includes('broken')).length, 1),
    );
  });
  it('allow certain issuers while they are there: others are not used, whatever the settings say', async () => {
    await clearMessages();
    await configure({
      other,
      acme: own,
      staff: { ...own, label: 'Staff', issuer: 'https://login.acme.example' },
    });
    await registered('staff', 'Staff');
    await install(policy);
    const { message } = await waitForMessage(
      /isn’t allowed by the extension example-acme\.acme-sign-in-policy/,
    );
    assert.match(message, /“other”: .*https:\/\/login\.other\.example/);
    await waitFor('the others to be gone', async () => !(await isThere('other')));
    assert.equal(await isThere('acme'), false);
    assert.equal(await isThere('staff'), true);
    await uninstallById(policyId);
    await waitFor('the others to be back', () => isThere('other'));
  });
});
