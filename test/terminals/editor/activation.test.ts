import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { isAlive } from '../../../terminals/src/agent/place.ts';
import { openSignedInEditor, type SignedInEditor } from '../../client/signedInEditor.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { ask } from '../agent/openAgent.ts';
import { has } from '../programs.ts';

const request = { request: 'access_token', account: 'company' };

describe('the extension for terminals from its start to its end', () => {
  let editor: SignedInEditor;
  let folder: TemporaryFolder;
  let context: vscode.ExtensionContext;
  let variables: Map<string, string>;
  let runtime: string | undefined;

  const standIn = () => import('../../standIns/editor/vscode.ts');
  const extension = () => import('../../../terminals/src/extension.ts');
  const socket = (): string => variables.get('OIDC_SOCK') ?? '';

  beforeEach(async () => {
    editor = await openSignedInEditor();
    await editor.reset();
    folder = await temporaryFolder('activation');
    runtime = process.env['XDG_RUNTIME_DIR'];
    process.env['XDG_RUNTIME_DIR'] = folder.path;
    const { editor: user } = await standIn();
    user.settings = {
      ...user.settings,
      accounts: { company: { provider: 'oidc', scopes: ['openid'] } },
    };
    Object.assign(user, { commands: [], warnings: [], errors: [], presses: undefined });
    user.exported = { 'vscode-oidc.oidc-authentication': {} };
    variables = new Map();
    const stored = new Map<string, unknown>();
    const set = (name: string, value: string): void => void variables.set(name, value);
    context = {
      subscriptions: [],
      workspaceState: {
        keys: () => [...stored.keys()],
        get: (key: string) => stored.get(key),
        update: (key: string, value: unknown) => Promise.resolve(void stored.set(key, value)),
      },
      storageUri: 'file:///a%20workspace',
      globalStorageUri: { fsPath: join(folder.path, 'storage') },
      extensionPath: folder.path,
      environmentVariableCollection: { clear: () => variables.clear(), replace: set, prepend: set },
    } as unknown as vscode.ExtensionContext;
  });
  afterEach(async () => {
    await (await extension()).deactivate();
    for (const part of context.subscriptions) part.dispose();
    const { editor: user } = await standIn();
    Object.assign(user, { settings: {}, exported: {}, presses: undefined });
    if (runtime === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = runtime;
    await folder.remove();
    await editor.close();
  });

  const start = async (): Promise<void> => (await extension()).activate(context);
  const files = async (): Promise<string[]> => {
    const all = await readdir(folder.path, { recursive: true, withFileTypes: true });
    return all.filter(entry => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
  };

  it('sets variables and listens, and asks neither the user, the editor, nor a server for anything', async () => {
    const { authentication, editor: user } = await standIn();
    const { getSession, getAccounts } = authentication;
    const calls: string[] = [];
    authentication.getSession = () => Promise.reject(new Error(String(calls.push('getSession'))));
    authentication.getAccounts = () => Promise.reject(new Error(String(calls.push('getAccounts'))));
    const requests = editor.identityProvider.requests.length;
    try {
      await start();
      assert.deepEqual(calls, []);
      assert.deepEqual([user.commands, user.warnings, user.errors], [[], [], []]);
      assert.equal(editor.identityProvider.requests.length, requests);
    } finally {
      Object.assign(authentication, { getSession, getAccounts });
    }
    assert.deepEqual([...variables.keys()], ['VSCODE_OIDC_SOCK', 'OIDC_SOCK', 'PATH']);
    assert.equal(await isAlive(socket()), true);
    const scripts = join(folder.path, 'storage', 'bin');
    const written = (await files()).filter(file => file !== socket());
    assert.ok(written.length > 0 && written.every(file => file.startsWith(scripts)), written.join());
  });

  it('writes nothing that is there already, and ends with its socket', async () => {
    await start();
    const times = async (): Promise<number[]> =>
      Promise.all(
        (await files()).filter(file => file !== socket()).map(async file => (await stat(file)).ctimeMs),
      );
    const [before, path] = [await times(), socket()];
    await (await extension()).deactivate();
    assert.equal(await isAlive(path), false);
    await start();
    assert.deepEqual([await times(), socket()], [before, path]);
  });

  it('asks the editor and then the user, who is not asked again about what they always allow', async () => {
    const { editor: user } = await standIn();
    await start();
    const questions = (): number =>
      user.warnings.filter(([message]) => /^Let a program/.test(message ?? '')).length;
    user.consents = false;
    assert.equal((await ask(socket(), request))['error'], 'You declined.');
    assert.equal(questions(), 0);
    assert.equal(user.dialogs.length, 1);
    // Neither does another program for a while.
    assert.match(String((await ask(socket(), request))['error']), /^You declined, or/);
    assert.equal(user.dialogs.length, 1);

    await (await extension()).deactivate();
    await start();
    user.consents = true;
    user.presses = 'Always in This Workspace';
    assert.equal((await ask(socket(), request))['status'], 'success');
    assert.equal(questions(), 1);
    user.presses = undefined;
    assert.equal((await ask(socket(), request))['status'], 'success');
    assert.equal(questions(), 1);
    // What was allowed for the workspace counts after a restart.
    await (await extension()).deactivate();
    await start();
    assert.equal((await ask(socket(), request))['status'], 'success');
    assert.equal(questions(), 1);
    // Something else doesn't.
    assert.equal((await ask(socket(), { ...request, scope: 'openid email' }))['code'], 'declined');
    assert.equal(questions(), 2);
  });

  if (process.platform === 'linux' && has('ss', 'apt-get install iproute2'))
    it('asks for none of what this extension host starts where the mode says so', async () => {
      const { editor: user } = await standIn();
      user.settings = { ...user.settings, mode: 'silentInTasks' };
      await start();
      // This process is the extension host, and the program as well.
      assert.equal((await ask(socket(), request))['code'], 'not-signed-in');
      assert.equal(editor.signIns(), 0);
      user.settings = { ...user.settings, mode: 'ask' };
      user.presses = 'Allow Once';
      assert.equal((await ask(socket(), request))['status'], 'success');
    });

  it('asks nothing but to sign in again where the user has allowed it before', async () => {
    const { editor: user } = await standIn();
    await start();
    user.presses = 'Allow for 12 Hours';
    assert.equal((await ask(socket(), request))['status'], 'success');
    await editor.signOut();
    user.presses = undefined;
    assert.equal((await ask(socket(), request))['status'], 'success');
    assert.equal(editor.signIns(), 2);
  });
});
