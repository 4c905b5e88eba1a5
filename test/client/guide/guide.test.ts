import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { createExports } from '../../../src/authentication/exports.ts';
import { until } from '../../protocol/signingIn.ts';
import { startChallengingApi, type ChallengingApi } from '../../servers/resourceServers/challengingApi.ts';
import { parseDefinition, type ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { reportsResource } from '../../servers/identityProvider/resources.ts';
import {
  startWebSocketServer,
  type TokenWebSocketServer,
} from '../../servers/resourceServers/webSocketServer.ts';
import type * as EditorStandIn from '../../standIns/editor/vscode.ts';
import type * as Client from '../../../src/client/index.ts';
import type * as Guide from './guide.ts';
import { openBoundEditor } from '../bound/boundEditor.ts';
import { openSignedInEditor, type SignedInEditor } from '../signedInEditor.ts';

describe('the guide for extension authors', () => {
  let surroundings: SignedInEditor;
  let api: ChallengingApi;
  let chat: TokenWebSocketServer;
  let guide: typeof Guide;
  let client: typeof Client;
  let editor: typeof EditorStandIn.editor;
  let commands: typeof EditorStandIn.commands;

  before(async () => {
    surroundings = await openSignedInEditor();
    const { issuer } = surroundings.identityProvider;
    api = await startChallengingApi({ issuer });
    chat = await startWebSocketServer({ issuer });
    guide = await import('./guide.ts');
    client = await import('../../../src/client/index.ts');
    ({ editor, commands } = await import('../../standIns/editor/vscode.ts'));
  });
  after(async () => {
    await chat.close();
    await api.close();
    await surroundings.close();
  });
  beforeEach(() => surroundings.reset());

  it('shows the code that is compiled and run here, and no other', async () => {
    const text = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
    const files = [
      'guide.ts',
      'guideExtension.ts',
      'guideReports.ts',
      'guideReportsTest.ts',
      'guideServer.ts',
      'guideTesting.ts',
      'guidePlaywright.ts',
      'guideProvider.ts',
    ];
    const code = (await Promise.all(files.map(text))).join('\n');
    const document = await text('../../../docs/extension-authors.md');
    const regions = [...code.matchAll(/\/\/ #region \w+\n([\s\S]*?)\/\/ #endregion/g)].map(([, region]) =>
      (region ?? '')
        .trim()
        .replace('../../../src/client/index.ts', 'oidc-authentication-client')
        .replace('../../manifest/client/testing.ts', 'oidc-authentication-client/testing')
        .replace("'./guideReports.ts'", "'./reports.ts'")
        .replace('../../manifest/client/playwright.ts', 'oidc-authentication-client/testing/playwright'),
    );
    const shown = [...document.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => (block ?? '').trim());
    assert.ok(shown.length >= 8);
    assert.deepEqual(shown.toSorted(), regions.toSorted());
  });

  it('proves the key of a token that has one', async () => {
    const { authorization, dpop } = await guide.headersFor(api.url);
    assert.deepEqual([authorization?.split(' ')[0], dpop], ['Bearer', undefined]);
    const bound = await openBoundEditor();
    try {
      await bound.reset();
      const url = `${bound.api.url}/whoami`;
      const headers = await guide.headersFor(url);
      assert.equal((await fetch(url, { headers })).status, 200);
    } finally {
      await bound.close();
    }
  });

  it('signs in', async () => {
    assert.partialDeepStrictEqual(await guide.whoAmI(api.url), { caller: { sub: people.alice.sub } });
  });

  it('gets a token for one API', async () => {
    const session = await guide.reportsSession(reportsResource);
    assert.deepEqual(session.scopes, ['openid', 'reports:read', `resource:${reportsResource}`]);
    assert.equal(decodeJwt(session.accessToken).aud, reportsResource);
    assert.deepEqual(await guide.reportsSession(reportsResource), session);
    assert.equal(surroundings.signIns(), 1);
  });

  it('hands a refusal on', async () => {
    assert.equal((await guide.write(api.url)).status, 200);
    assert.equal(surroundings.signIns(), 2);
  });

  it('opens the vault, or says why not', async () => {
    assert.equal(await guide.openVault(api.url), 'open');
    await surroundings.reset();
    editor.consents = false;
    assert.equal(await guide.openVault(api.url), 'closed: sign-in declined');
    editor.consents = true;
    assert.partialDeepStrictEqual(await guide.onClick(), { account: { label: 'alice' } });
  });

  it('begins with an extension that works', async () => {
    const { activate } = await import('./guideExtension.ts');
    const subscriptions: { dispose(): unknown }[] = [];
    activate({ subscriptions } as never);
    Object.assign(editor.settings, { api: api.url, webSocket: chat.url });
    const run = (name: string) => editor.runs.get(`reports.${name}`)?.();
    editor.messages = [];
    await run('show');
    assert.match(editor.messages.flat().join(), /^200: .*"sub"/);
    editor.messages = [];
    await run('openVault');
    assert.match(editor.messages.flat().join(), /^200: .*"sub"/);
    assert.equal(surroundings.signIns(), 2);
    const handshakes = chat.handshakes.length;
    await run('subscribe');
    assert.deepEqual(chat.handshakes.slice(handshakes), [101]);
    await surroundings.reset();
    editor.consents = false;
    editor.messages = [];
    await run('show');
    assert.deepEqual([editor.messages, editor.errors], [[], []]);
    for (const subscription of subscriptions) subscription.dispose();
    assert.equal(editor.runs.has('reports.show'), false);
    editor.settings = {};
  });

  it('shows a manifest of that extension, and settings that are right', async () => {
    const document = await readFile(new URL('../../../docs/extension-authors.md', import.meta.url), 'utf8');
    const shown = [...document.matchAll(/```json\n([\s\S]*?)```/g)].map(
      ([, block]) => JSON.parse(block ?? '') as Record<string, unknown>,
    );
    const [manifest, compiler, settings] = shown;
    assert.ok(compiler?.['compilerOptions'], 'package.test.ts compiles with it');
    const { contributes, engines } = manifest as {
      contributes: {
        commands: { command: string }[];
        configuration: { properties: Record<string, unknown> };
      };
      engines: object;
    };
    assert.deepEqual(
      contributes.commands.map(({ command }) => command),
      ['reports.show', 'reports.openVault', 'reports.subscribe'],
    );
    assert.deepEqual(Object.keys(contributes.configuration.properties), [
      'reports.provider',
      'reports.api',
      'reports.webSocket',
    ]);
    const ours = JSON.parse(
      await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as typeof manifest;
    assert.deepEqual(engines, ours?.['engines']);
    const { oidc } = settings?.['oidc.providers'] as { oidc: ProviderDefinition };
    const parsed = parseDefinition('oidc', oidc);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.equal(oidc.clientId, surroundings.identityProvider.clients.editorWeb.clientId);
  });

  it('says why not', async () => {
    const why = (asked: Promise<unknown>) => asked.then(() => 'it is', guide.whyNot);
    const open = (address: string, options = {}) =>
      client.authorizedWebSocket('oidc', ['email'], address, options);
    assert.equal(await why(open(chat.url, { signIn: 'never' })), 'not signed in');
    editor.consents = false;
    assert.equal(await why(open(chat.url)), 'sign-in declined');
    editor.consents = true;
    assert.equal(await why(open(chat.url, { askAgain: true })), 'it is');
    assert.equal(await why(open(api.url.replace('http', 'ws'))), 'the server responded with 404');
    const vault = client.authorizedFetch('oidc', ['email'])(`${api.url}/unreachable-vault`);
    assert.equal(await why(vault), 'no sign-in helps: insufficient_user_authentication');
    assert.throws(() => guide.whyNot(new TypeError('a bug')), TypeError);
  });

  it('shows who is signed in', async () => {
    await guide.onClick();
    const shown: string[] = [];
    const showing = guide.showAccount(text => shown.push(text));
    await until(() => shown.length === 1);
    await surroundings.signOut();
    await until(() => shown.length === 2);
    assert.deepEqual(shown, ['Signed in as alice', 'Not signed in']);
    showing.dispose();
  });

  it('listens', async () => {
    const shown: string[] = [];
    const listening = await guide.listen(chat.url, text => shown.push(text));
    await until(() => shown.includes('subscribe'));
    listening.dispose();
  });

  for (const [way, listen] of [
    ['by a subprotocol', () => guide.listenFromBrowser(chat.url)],
    ['with a ticket', () => guide.listenWithTicket(chat.url)],
  ] as const) {
    it(`listens ${way}, as a browser can`, async () => {
      const before = chat.handshakes.length;
      const connection = await listen();
      const answer = new Promise(resolve =>
        connection.onDidReceive(data => data === 'hello' && resolve(data)),
      );
      connection.send('hello');
      await answer;
      connection.dispose();
      assert.deepEqual(chat.handshakes.slice(before), [101]);
    });
  }

  it('finds the session of one of several accounts', async () => {
    await guide.onClick();
    assert.equal((await guide.sessionOf('alice'))?.account.label, 'alice');
    assert.equal(await guide.sessionOf('nobody'), undefined);
  });

  it('offers to install what is missing, once that is wanted, and signs in where it is not', async () => {
    editor.exported = {};
    editor.messages = [];
    editor.commands = [];
    assert.equal(await guide.signInIfPossible(), undefined);
    assert.deepEqual(editor.commands, []);
    editor.presses = 'Install';
    assert.equal(await guide.signInIfPossible(), undefined);
    assert.equal(editor.messages.length, 2);
    assert.deepEqual(editor.commands, [
      ['workbench.extensions.installExtension', 'vscode-oidc.oidc-authentication'],
    ]);
    editor.presses = undefined;
    editor.exported = { 'vscode-oidc.oidc-authentication': {} };
    assert.equal((await guide.signInIfPossible())?.account.label, 'alice');
    editor.exported = {};
    const elsewhere = commands.registerCommand('oidc.signIn', () => undefined);
    assert.equal((await guide.signInIfPossible())?.account.label, 'alice');
    elsewhere.dispose();
    assert.equal(editor.messages.length, 2);
  });

  it('knows the groups', async () => {
    const exported = createExports(surroundings.exportsContext());
    editor.exported = { 'vscode-oidc.oidc-authentication': exported };
    assert.deepEqual(await guide.groups(), people.alice.groups);
  });

  it('knows how long the token lasts', async () => {
    assert.equal(await guide.minutesLeft(), 59);
  });
});
