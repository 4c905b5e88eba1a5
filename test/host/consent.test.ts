import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { startMcpServer, type ProtectedMcpServer } from '../servers/resourceServers/mcpServer.ts';
import { accountLabels, configure, definitionOf, issuerHost, signInFromMenu } from './editor.ts';
import { laterExtensionsVariable } from '../runner/host/laterExtensions.ts';
import {
  agree,
  browserProblems,
  clearMessages,
  dialog,
  dialogs,
  pressInDialog,
  sitDown,
  waitForMessage,
} from './outside.ts';

/** What in the name of a command may mean that it answers a question. */
const answering =
  /accept|allow|answer|approve|confirm|notification|press$|primaryaction|quickinput|^list\.|submit/i;

/** Our own commands, and those that answer something else than a question. */
const others = /^oidc\.|^_|chat|configure|debug|disturb|position|terminal|toggle\./i;

/** Another extension, which runs every command of the editor that might say yes to what is open. */
async function acceptEverything(): Promise<readonly string[]> {
  const all = await vscode.commands.getCommands();
  const tried = all.filter(id => answering.test(id) && !others.test(id));
  const known = [
    'notification.acceptPrimaryAction',
    'quickInput.accept',
    'workbench.action.acceptSelectedQuickOpenItem',
    'list.select',
  ];
  for (const id of known) assert.ok(all.includes(id), `${id} is a command of this editor`);
  for (const id of [...known, ...tried, ...known]) {
    // Many of them fail here, and some go on until somebody answers what they ask themselves.
    const run = Promise.resolve(vscode.commands.executeCommand(id)).catch(() => undefined);
    await Promise.race([run, new Promise(resolve => setTimeout(resolve, 50))]);
  }
  return tried;
}

describe('what another extension can do about a question that is open', () => {
  let company: IdentityProvider;
  let wiki: ProtectedMcpServer;
  const configureServers = (value: unknown) =>
    vscode.workspace.getConfiguration('oidc').update('mcpServers', value, vscode.ConfigurationTarget.Global);

  before(async () => {
    company = await startIdentityProvider({ host: issuerHost });
    wiki = await startMcpServer({ issuer: company.issuer, issuerAddress: company.address });
    await configure({ guarded: definitionOf(company, { label: 'Guarded' }) });
    await agree('never');
    await sitDown(people.alice);
  });
  after(async () => {
    await agree('once');
    await sitDown(undefined);
    await configureServers(undefined);
    await clearMessages();
    await wiki.close();
    await company.close();
    assert.deepEqual(await browserProblems(), []);
  });

  /** Nothing that it runs answers the question that `open` opens; the person does. */
  async function assertUnanswered(open: () => Thenable<unknown>, message: RegExp): Promise<void> {
    const before = company.requests.length;
    const settled = Promise.resolve(open()).catch(() => undefined);
    // A list says only whom it is about.
    while ((await dialogs()) === 0)
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    assert.match((await dialog()).message, message);
    const tried = await acceptEverything();
    assert.ok(tried.length > 50, `${tried.length} commands`);
    assert.match((await dialog()).message, message);
    assert.equal(await dialogs(), 1);
    assert.equal(company.requests.length, before, 'nothing was sent');
    assert.deepEqual(wiki.requests, []);
    await pressInDialog('Cancel');
    await settled;
    assert.equal(company.requests.length, before, 'nothing was sent');
  }

  it('is nothing: before the first sign-in', async () => {
    await assertUnanswered(
      () => vscode.commands.executeCommand('oidc.signIn', 'guarded'),
      /^Sign in to .* for the first time\?$/,
    );
  });

  it('is nothing: before a sign-in that has changed', async () => {
    await agree('once');
    await signInFromMenu('guarded', ['openid']);
    assert.deepEqual(await accountLabels('guarded'), ['alice']);
    await agree('never');
    await configure({
      guarded: definitionOf(company, { label: 'Guarded', trustedAudiences: ['https://other.example'] }),
    });
    await assertUnanswered(
      () => vscode.commands.executeCommand('oidc.reviewChanges', 'guarded'),
      /^The settings for .* have changed since you last agreed/,
    );
    assert.deepEqual(await accountLabels('guarded'), [], 'it still waits');
  });

  it('is nothing: before an MCP server gets a token', async () => {
    await configure({ guarded: definitionOf(company, { label: 'Guarded' }) });
    await configureServers({ wiki: { url: wiki.url, provider: 'guarded', scopes: ['openid'] } });
    await assertUnanswered(
      () => vscode.commands.executeCommand('oidc.restartMcpServer', 'wiki'),
      /^Allow the MCP server “wiki”/,
    );
  });

  it('is nothing: before an ID that several bring is used', async () => {
    const [acme = ''] = JSON.parse(process.env[laterExtensionsVariable] ?? '[]') as string[];
    const guarded = definitionOf(company, { label: 'Guarded' });
    const own = { label: 'Own Acme', issuer: 'https://login.mine.example', clientId: 'editor' };
    await vscode.commands.executeCommand('workbench.extensions.installExtension', vscode.Uri.file(acme));
    try {
      await configure({ guarded, acme: own });
      await waitForMessage(/^“acme” is the ID of several identity providers/);
      await assertUnanswered(
        () => vscode.commands.executeCommand('oidc.reviewChanges', 'acme'),
        /^Sign in to login\..*\.example for the first time\?$/,
      );
    } finally {
      const uninstall = 'workbench.extensions.uninstallExtension';
      await vscode.commands.executeCommand(uninstall, 'example-acme.manifest-only');
      await configure({ guarded });
    }
  });

  for (const [id, message] of [
    ['oidc.signOut', /^Sign out /],
    ['oidc.showClaims', /^Show the claims of /],
    ['oidc.copyClaims', /^Copy the claims of /],
    ['oidc.showActivity', /^Show the activity of /],
    ['oidc.exportActivity', /^Export the activity of /],
    ['oidc.signOutEverywhere', /^Sign out /],
  ] as const)
    it(`is nothing: ${id}`, async () => {
      await assertUnanswered(() => vscode.commands.executeCommand(id), message);
      assert.deepEqual(await accountLabels('guarded'), ['alice']);
    });
});
