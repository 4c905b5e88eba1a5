import assert from 'node:assert/strict';
import { memoryOf } from '../standIns/memento.ts';
import { mock } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type * as vscode from 'vscode';
import type * as Authentication from '../../src/mcp/servers.ts';
import type { McpServers } from '../../src/mcp/servers.ts';
import { createMcpConsent, type McpTerms } from '../../src/mcp/consent.ts';
import { createExports } from '../../src/authentication/exports.ts';
import { createConfiguredProviders } from '../../src/providers/entries/configuredProviders.ts';
import type { Provider } from '../../src/providers/entries/definition.ts';
import type { McpServer } from '../../src/mcp/settings.ts';
import type { Yes } from '../../src/signIn/trust.ts';
import { until } from '../protocol/signingIn.ts';
import { startMcpServer, type ProtectedMcpServer } from '../servers/resourceServers/mcpServer.ts';
import { people } from '../servers/identityProvider/people.ts';
import { openBrowser } from '../servers/identityProvider/person.ts';
import type * as EditorStandIn from '../standIns/editor/vscode.ts';
import { settled } from '../standIns/manualClock.ts';
import { recordingLog, type RecordingLog } from '../standIns/recordingLog.ts';
import type { McpServerRegistration } from '../../src/mcp/registration.ts';
import { openSignedInEditor, type SignedInEditor } from './signedInEditor.ts';

describe('MCP servers of the settings', () => {
  let surroundings: SignedInEditor;
  let server: ProtectedMcpServer;
  let authentication: typeof Authentication;
  let standIn: typeof EditorStandIn;
  let servers: McpServers;
  let log: RecordingLog;
  let wiki: McpServer;
  let endsWithRefresh: boolean;
  let changes: number;
  let declined: { to: string; again: () => void }[];
  /** The servers that the person was asked about, with what they had agreed to. */
  let questions: { server: McpServer; before: McpTerms | undefined }[];
  let allows: boolean;
  let takesBack: () => void;
  let remembered: Map<string, unknown>;
  let failed: unknown[];
  let moved: (() => void)[];
  let bound: (() => void)[];
  let started: string[];

  // Time that has passed for the tokens has passed for the provider, too: each test has its own.
  beforeEach(async () => {
    surroundings = await openSignedInEditor();
    server = await startMcpServer({ issuer: surroundings.identityProvider.issuer });
    authentication = await import('../../src/mcp/servers.ts');
    standIn = await import('../standIns/editor/vscode.ts');
    const { issuer } = surroundings.identityProvider;
    const scopes = ['openid', 'profile'];
    wiki = { id: 'wiki', label: 'Wiki', url: server.url, providerId: 'oidc', issuer, scopes };
    await surroundings.reset();
    [endsWithRefresh, changes, declined, failed, started, log] = [false, 0, [], [], [], recordingLog()];
    [moved, bound] = [[], []];
    [questions, allows, takesBack] = [[], true, () => undefined];
    remembered = new Map();
    servers = create();
    servers.update([wiki]);
    changes = 0;
  });
  afterEach(async () => {
    servers.dispose();
    await server.close();
    await surroundings.close();
  });

  const withHabit = (id: string): Provider | undefined => {
    const provider = surroundings.exportsContext().providers.byId(id);
    return provider && { ...provider, refreshEndsAccessToken: endsWithRefresh };
  };
  const create = (): McpServers => {
    const consent = createMcpConsent({
      memory: memoryOf(remembered),
      ask: (asked, before) => {
        questions.push({ server: asked, before });
        return Promise.resolve(allows as Yes | false);
      },
    });
    return authentication.createMcpServers({
      clock: surroundings.clock,
      log,
      describe: async session => {
        const described = await createExports(surroundings.exportsContext()).describe(session);
        takesBack();
        return described;
      },
      providers: { ...surroundings.exportsContext().providers, byId: withHabit },
      consent,
      allow: async (asked, asksAgain) => ((await consent.check(asked, asksAgain)) ? asked : undefined),
      onDeclined: (_server, to, again) => void declined.push({ to, again }),
      onBound: (_server, again) => void bound.push(again),
      onProviderChanged: (_server, again) => void moved.push(again),
      onFailed: (_server, error) => void failed.push(error),
      start: ({ label }) => Promise.resolve(void started.push(label)),
      onDidChange: () => changes++,
    });
  };
  const offered = () => servers.definitions();
  /** What the editor does to start a server: it hands over the definition it knows. */
  const resolve = async (definition = offered()[0]) => definition && servers.resolve(definition);
  const tokenOf = (definition: vscode.McpHttpServerDefinition | undefined): string =>
    /^Bearer (.+)$/.exec(definition?.headers['Authorization'] ?? '')?.[1] ?? '';
  /** An MCP client that sends what the editor would send. */
  const connect = async (definition: vscode.McpHttpServerDefinition | undefined): Promise<Client> => {
    assert.ok(definition);
    const { uri, headers } = definition;
    const client = new Client({ name: 'editor', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(uri.toString(true)), {
      requestInit: { headers },
    });
    await client.connect(transport);
    return client;
  };

  it('are offered without a token, and nobody is asked', () => {
    const [definition] = offered();
    assert.equal(definition?.label, 'Wiki');
    assert.equal(definition?.uri.toString(), server.url);
    assert.equal(tokenOf(definition), '');
    assert.deepEqual(standIn.editor.dialogs, []);
    assert.equal(surroundings.signIns(), 0);
  });

  it('get the token of a session when they start, which they take', async () => {
    const definition = await resolve();
    assert.deepEqual(Object.keys(definition?.headers ?? {}), ['Authorization']);
    const client = await connect(definition);
    const { tools } = await client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['whoami'],
    );
    const answer = await client.callTool({ name: 'whoami', arguments: {} });
    assert.match(JSON.stringify(answer.content), new RegExp(people.alice.sub));
    await client.close();
    await resolve();
    assert.deepEqual(standIn.editor.dialogs, ['sign in'], 'asked once');
  });

  it('let nobody in without it, and say where they describe themselves', async () => {
    const { status, headers } = await fetch(server.url, { method: 'POST', body: '{}' });
    assert.equal(status, 401);
    assert.ok(headers.get('www-authenticate')?.includes(`resource_metadata="${server.metadataUrl}"`));
    await assert.rejects(connect(offered()[0]));
  });

  it('write no token to the log', async () => {
    const token = tokenOf(await resolve());
    assert.ok(token.length > 100);
    const lines = JSON.stringify(log.lines);
    assert.match(lines, /an MCP server gets the access token of a session/);
    assert.ok(!lines.includes(token) && !lines.includes(token.slice(-40)));
  });

  it('are stopped before their token ends, and start again with another one', async () => {
    const before = offered()[0];
    const token = tokenOf(await resolve(before));
    await surroundings.renewal();
    await settled();
    assert.equal(changes, 0, 'a token that was renewed early is good until its end');
    await surroundings.clock.advance(600_000);
    assert.equal(changes, 1);
    assert.notDeepEqual(offered()[0]?.headers, before?.headers, 'by which the editor sees the difference');
    const fresh = tokenOf(await resolve());
    assert.notEqual(fresh, token);
    assert.deepEqual(standIn.editor.dialogs, ['sign in']);
  });

  it('are not stopped for a token that they no longer run on', async () => {
    await resolve();
    await surroundings.renewal();
    await settled();
    await resolve();
    // The first token's time is over, not the second one's.
    await surroundings.clock.advance(300_000);
    assert.equal(changes, 0);
  });

  it('start with a new token in place of one that is nearly over, so that a tool has time', async () => {
    const first = tokenOf(await resolve());
    await surroundings.clock.advance(2_900_000);
    assert.equal(tokenOf(await resolve()), first, 'more than ten minutes are left');
    // Less than ten minutes are left, and the earliest renewal is ten seconds away (fate.ts).
    await surroundings.clock.advance(150_000);
    const second = tokenOf(await resolve());
    assert.notEqual(second, first);
    assert.deepEqual(standIn.editor.dialogs, ['sign in'], 'without the person');
    await surroundings.clock.advance(545_000);
    assert.equal(changes, 0, 'and are not stopped when the first would have been');
    await servers.restart(wiki);
    assert.notEqual(tokenOf(await resolve()), second, 'the command still gets another one');
  });

  it('start with a short token as long as half of it is left, and once with the old one if there is no other', async () => {
    surroundings.identityProvider.settings.accessTokenLifetime = 300;
    const first = tokenOf(await resolve());
    await surroundings.clock.advance(140_000);
    assert.equal(tokenOf(await resolve()), first);
    await surroundings.clock.advance(20_000);
    surroundings.identityProvider.revokeEverything(people.alice.sub);
    assert.equal(tokenOf(await resolve()), first, 'there is no new one: the old one is good for a while');
  });

  it('start with what is left of a token where a new one would end it', async () => {
    endsWithRefresh = true;
    const first = tokenOf(await resolve());
    // As above.
    await surroundings.clock.advance(3_050_000);
    assert.equal(tokenOf(await resolve()), first);
  });

  it('are stopped with the renewal, where that ends the old token', async () => {
    endsWithRefresh = true;
    await resolve();
    await surroundings.renewal();
    await until(() => changes === 1);
  });

  it('are stopped when the person signs out', async () => {
    await resolve();
    await surroundings.signOut();
    await until(() => changes === 1);
  });

  it('are stopped when the person signs out of the account they run as, though another one is allowed', async () => {
    await resolve();
    surroundings.person = people.bob;
    surroundings.browser = openBrowser();
    await standIn.authentication.getSession('oidc', wiki.scopes, { forceNewSession: true });
    await settled();
    assert.equal(changes, 0, 'the other account does not concern them');
    const { cache } = surroundings.exportsContext();
    const alice = cache.known().find(({ account }) => account.id === people.alice.sub);
    assert.ok(alice && cache.known().length === 2);
    await cache.remove(alice.id, surroundings.clock.now() / 1000);
    await until(() => changes === 1);
    const session = await standIn.authentication.getSession('oidc', wiki.scopes, { silent: true });
    assert.equal(session?.account.label, 'bob');
  });

  it('are left alone by what happens to accounts while they do not run', async () => {
    await surroundings.signOut();
    standIn.editor.takeBack('oidc', 'alice');
    await settled();
    assert.equal(changes, 0);
  });

  it('are stopped and known anew when their settings change', async () => {
    const old = offered()[0];
    await resolve(old);
    servers.update([{ ...wiki, url: 'https://mcp.example.com/mcp' }]);
    assert.ok(changes > 0);
    // The editor may still have the old definition: the token goes to the address of the settings.
    assert.equal((await resolve(old))?.uri.toString(), 'https://mcp.example.com/mcp');
    servers.update([]);
    assert.equal(await resolve(old), undefined);
    assert.deepEqual(offered(), []);
  });

  it('are no news if the settings are read again and say the same', async () => {
    await resolve();
    servers.update([{ ...wiki }]);
    assert.equal(changes, 0);
  });

  it('do not start for somebody who says no, and do not ask again by themselves', async () => {
    standIn.editor.consents = false;
    assert.equal(await resolve(), undefined);
    assert.equal(await resolve(), undefined);
    assert.equal(standIn.editor.dialogs.length, 1);
    assert.equal(declined.length, 2, 'but it is told, with a button');
    standIn.editor.consents = true;
    declined[1]?.again();
    await until(() => started.length === 1);
    assert.notEqual(tokenOf(await resolve()), '');
    assert.deepEqual(failed, []);
  });

  it('get nothing, whoever wrote them into the settings, before the person allows each', async () => {
    assert.notEqual(tokenOf(await resolve()), '');
    const [signIns, dialogs] = [surroundings.signIns(), standIn.editor.dialogs.length];
    const evil = { ...wiki, id: 'evil', label: 'Evil', url: 'https://evil.example/mcp' };
    servers.update([wiki, evil]);
    allows = false;
    assert.equal(await resolve(offered()[1]), undefined);
    assert.deepEqual([questions.at(-1)?.server.url, questions.at(-1)?.before], [evil.url, undefined]);
    assert.equal(declined.at(-1)?.to, 'token');
    assert.equal(await resolve(offered()[1]), undefined);
    assert.equal(questions.length, 2, 'a refusal is remembered');
    assert.notEqual(tokenOf(await resolve(offered()[0])), '', 'the other one goes on');
    assert.deepEqual([surroundings.signIns(), standIn.editor.dialogs.length], [signIns, dialogs]);
    allows = true;
    declined.at(-1)?.again();
    await until(() => started.length === 1);
    assert.notEqual(tokenOf(await resolve(offered()[1])), '', 'asked for again');
  });

  it('ask nobody else for a session before the person allows them', async () => {
    allows = false;
    assert.equal(await resolve(), undefined);
    await assert.rejects(servers.restart(wiki), { name: 'SignInDeclined' });
    assert.equal(questions.length, 2, 'the command asks again');
    assert.deepEqual([standIn.editor.dialogs, surroundings.signIns(), started], [[], 0, []]);
  });

  const changed: Record<string, Partial<McpServer> | (() => Partial<McpServer>)> = {
    'its host': { url: 'https://mcp.example.com/mcp' },
    'its port': { url: 'http://127.0.0.1:1/mcp' },
    'its provider': { providerId: 'other' },
    'whose tokens its provider gives': { issuer: 'https://login.other.example' },
    'its scopes': { scopes: ['openid', 'profile', 'email'] },
    'its resource': { scopes: ['openid', 'profile', 'resource:https://api.example.com'] },
    'its audience': { scopes: ['openid', 'profile', 'audience:api'] },
    'its path': () => ({ url: `${wiki.url}/other` }),
    'its query': () => ({ url: `${wiki.url}?for=other` }),
    'its id': { id: 'other' },
  };
  for (const [what, change] of Object.entries(changed)) {
    it(`are asked about again when ${what} changes, and not when it is what it was`, async () => {
      await resolve();
      allows = false;
      servers.update([{ ...wiki, ...(typeof change === 'function' ? change() : change) }]);
      assert.equal(await resolve(), undefined);
      assert.equal(questions.length, 2);
      assert.equal(questions[1]?.before === undefined, what === 'its id');
      servers.update([wiki]);
      assert.notEqual(tokenOf(await resolve()), '');
      assert.equal(questions.length, 2);
    });
  }

  it('get no token of another provider that has the ID by the time there is one', async () => {
    servers.update([{ ...wiki, issuer: 'https://login.other.example' }]);
    assert.equal(await resolve(), undefined);
    assert.equal(questions.length, 1);
    assert.deepEqual([moved.length, failed, started.length], [1, [], 0]);
    moved[0]?.();
    assert.equal(started.length, 1);
  });

  it('are not asked about again for another label or order of scopes', async () => {
    await resolve();
    servers.update([{ ...wiki, label: 'New', scopes: ['profile', 'openid'] }]);
    assert.notEqual(tokenOf(await resolve()), '');
    assert.equal(questions.length, 1);
  });

  it('that start twice at once ask once, and share the answer', async () => {
    const both = await Promise.all([resolve(), resolve()]);
    assert.equal(questions.length, 1);
    assert.equal(surroundings.signIns(), 1);
    assert.deepEqual(standIn.editor.dialogs, ['sign in']);
    assert.equal(tokenOf(both[0]), tokenOf(both[1]));
  });

  it('get the token at the address that the person was asked about, though the settings change meanwhile', async () => {
    const resolving = resolve();
    servers.update([{ ...wiki, url: 'https://evil.example/mcp' }]);
    assert.equal((await resolving)?.uri.toString(), wiki.url);
    assert.equal(questions[0]?.server.url, wiki.url);
  });

  it('are stopped when the permission is taken back, and not asked about by themselves', async () => {
    await resolve();
    servers.refuse(wiki.id);
    assert.equal(changes, 1);
    assert.equal(await resolve(), undefined);
    assert.equal(questions.length, 1);
    await servers.restart(wiki);
    assert.equal(questions.length, 2, 'the command asks');
    assert.notEqual(tokenOf(await resolve()), '');
  });

  it('get nothing if the permission is taken back while they are being started', async () => {
    await resolve();
    const [terms] = [...remembered.values()] as { allowed: unknown }[];
    // The last thing that is waited for: what is known of the session's end. Another window takes it back meanwhile.
    takesBack = () => remembered.set('mcp/wiki', { refused: terms?.allowed });
    assert.equal(await resolve(), undefined);
    assert.deepEqual(
      declined.map(({ to }) => to),
      ['token'],
    );
  });

  it('do not start, and say so, where no session can be had', async () => {
    servers.update([{ ...wiki, providerId: 'nobody' }]);
    assert.equal(await resolve(), undefined);
    assert.equal(failed.length, 1);
    assert.deepEqual(declined, []);
  });

  it('get no token that is bound to a key, whatever the settings say today, but one of a new sign-in', async () => {
    await surroundings.register({ dpop: 'required' });
    await standIn.authentication.getSession('oidc', wiki.scopes, { createIfNone: true });
    const { identityProvider, trial } = surroundings;
    surroundings
      .exportsContext()
      .providers.update([trial.provider({ issuer: identityProvider.issuer, dpop: undefined })]);
    assert.equal(await resolve(), undefined);
    assert.deepEqual([bound.length, failed, started], [1, [], []]);
    await servers.restart(wiki);
    assert.equal(await resolve(), undefined, 'a refreshed token is bound as well');
    started = [];
    bound[0]?.();
    await until(() => started.length > 0);
    const client = await connect(await resolve());
    await client.close();
    assert.equal(surroundings.signIns(), 2);
    assert.deepEqual(failed, []);
  });

  it('are left alone where the person does not sign in again for an unbound token', async () => {
    await surroundings.register({ dpop: 'required' });
    await standIn.authentication.getSession('oidc', wiki.scopes, { createIfNone: true });
    assert.equal(await resolve(), undefined);
    standIn.editor.consents = false;
    bound[0]?.();
    await until(() => standIn.editor.dialogs.includes('sign in again'));
    await settled();
    assert.deepEqual([failed, started], [[], []]);
  });

  it('are started anew by the command with a new token, though the old one has not ended', async () => {
    const old = tokenOf(await resolve());
    await servers.restart(wiki);
    assert.deepEqual(started, ['Wiki']);
    const fresh = tokenOf(await resolve());
    assert.notEqual(fresh, old);
    assert.equal(surroundings.signIns(), 1, 'without the person');
  });

  it('are started anew by the command after another sign-in, where there is no new token without it', async () => {
    const old = tokenOf(await resolve());
    surroundings.identityProvider.revokeEverything(people.alice.sub);
    standIn.editor.consents = false;
    await assert.rejects(servers.restart(wiki), { name: 'SignInDeclined' });
    assert.deepEqual(started, [], 'not with the token that was refused');
    standIn.editor.consents = true;
    await servers.restart(wiki);
    assert.deepEqual([started, surroundings.signIns()], [['Wiki'], 2]);
    assert.notEqual(tokenOf(await resolve()), old);
  });

  it('are not started anew by the command without another token', async () => {
    await resolve();
    const known = await standIn.authentication.getSession('oidc', wiki.scopes, { silent: true });
    const same = mock.method(standIn.authentication, 'getSession', () => Promise.resolve(known));
    await assert.rejects(servers.restart(wiki), { name: 'AccessRefused' });
    same.mock.restore();
    assert.deepEqual(started, []);
  });

  it('are started by the command for somebody who has yet to sign in, with that token', async () => {
    await servers.restart(wiki);
    assert.deepEqual(started, ['Wiki']);
    assert.equal(surroundings.tokenRequests(), 1, 'the token is fresh: no renewal');
  });
});

describe('the registration of MCP servers with the editor', () => {
  let standIn: typeof EditorStandIn;
  let registration: McpServerRegistration | undefined;
  let loads: number;
  let reads: number;
  let tell: () => void;

  const register = async (): Promise<McpServerRegistration> => {
    const { registerMcpServers } = await import('../../src/mcp/registration.ts');
    [loads, reads] = [0, 0];
    return registerMcpServers(recordingLog(), createConfiguredProviders(), onDidChange => {
      loads++;
      tell = onDidChange;
      return Promise.resolve({
        definitions: () => [],
        resolve: () => Promise.resolve(undefined),
        readSettings: () => void reads++,
        restartOne: () => Promise.resolve(),
        manageAccess: () => Promise.resolve(),
        dispose: () => undefined,
      });
    });
  };
  before(async () => {
    await import('../standIns/editor/useEditorStandIn.ts');
    standIn = await import('../standIns/editor/vscode.ts');
  });
  beforeEach(() => {
    standIn.mcp.known = 'yes';
    standIn.editor.settings = {};
  });
  afterEach(() => {
    registration?.dispose();
    standIn.editor.settings = {};
  });

  it('loads nothing where the setting names none', async () => {
    registration = await register();
    registration.settingsChanged();
    assert.deepEqual(await standIn.mcp.provider?.provideMcpServerDefinitions(), []);
    assert.equal(loads, 0);
  });

  it('loads once, reads the setting with each change of it, and tells the editor of changes', async () => {
    standIn.editor.settings = { mcpServers: { wiki: {} } };
    registration = await register();
    let told = 0;
    standIn.mcp.provider?.onDidChangeMcpServerDefinitions?.(() => told++);
    registration.settingsChanged();
    await standIn.mcp.provider?.provideMcpServerDefinitions();
    assert.deepEqual([loads, reads], [1, 1]);
    standIn.editor.settings = {};
    registration.settingsChanged();
    await settled();
    assert.deepEqual([loads, reads], [1, 2], 'the last server was taken out of the setting');
    tell();
    assert.equal(told, 1);
  });

  for (const known of ['no', 'refused'] as const) {
    it(`does without an editor that ${known === 'no' ? 'knows no MCP servers' : 'refuses them'}`, async () => {
      standIn.mcp.known = known;
      registration = await register();
      assert.equal(standIn.mcp.provider, undefined);
      registration.settingsChanged();
    });
  }
});
