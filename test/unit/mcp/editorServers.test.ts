import assert from 'node:assert/strict';
import { mock } from 'node:test';
import '../../standIns/editor/useEditorStandIn.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import type { EditorMcpServers } from '../../../src/mcp/editorServers.ts';
import type * as EditorStandIn from '../../standIns/editor/vscode.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { NotEnterprise } from '../../../src/mcp/namedByServer.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memoryOf } from '../../standIns/memento.ts';
import { recordingLog, type RecordingLog } from '../../standIns/recordingLog.ts';
import { someProvider } from '../sessions/someGrant.ts';

const url = 'https://mcp.example.com/mcp';
const { issuer } = someProvider;
const allowed = { url, provider: 'oidc', issuer, scopes: ['wiki'], targets: [] };
const session = { id: 'a', accessToken: 'one', account: { id: 'alice', label: 'alice' }, scopes: ['wiki'] };

describe('restarting an MCP server with a new token', () => {
  let standIn: typeof EditorStandIn;
  let servers: EditorMcpServers;
  let log: RecordingLog;
  /** Why no metadata can be read. */
  let unread = new Error('nothing is requested');

  beforeEach(async () => {
    standIn = await import('../../standIns/editor/vscode.ts');
    const { createEditorMcpServers } = await import('../../../src/mcp/editorServers.ts');
    standIn.editor.settings = { mcpServers: { wiki: { url, scopes: ['wiki'] } } };
    standIn.editor.errors = [];
    mock.method(standIn.authentication, 'getAccounts', () => Promise.resolve([session.account]));
    const providers = createConfiguredProviders();
    providers.update([someProvider]);
    log = recordingLog();
    servers = createEditorMcpServers({
      providers,
      log,
      clock: manualClock(),
      extensionId: 'vscode-oidc.oidc-authentication',
      memory: memoryOf(new Map([['mcp/wiki', { allowed }]])),
      describe: () => Promise.reject(new Error('nobody asks')),
      loadHttp: () => Promise.reject(unread),
      readProviders: () => Promise.reject(new Error('no provider is read')),
      showProblems: problems => assert.deepEqual(problems, []),
      onDidChange: () => undefined,
    });
  });
  afterEach(() => {
    servers.dispose();
    mock.reset();
    Object.assign(standIn.editor, { settings: {}, errors: [] });
  });

  /** How the editor answers with the refusal of the token that it has. */
  const restart = async (answer: () => Promise<unknown>): Promise<readonly string[]> => {
    mock.method(standIn.authentication, 'getSession', (_id: string, request: unknown) =>
      Array.isArray(request) ? Promise.resolve(session) : answer(),
    );
    await servers.restartOne('wiki');
    return standIn.editor.errors.flat();
  };

  it('says so if the provider has no other one', async () => {
    assert.deepEqual(await restart(() => Promise.resolve(session)), [
      'Couldn’t start the MCP server “wiki”. The token was refused, and Company didn’t provide a new one. Try again later.',
    ]);
  });

  it('says why the provider refuses it', async () => {
    const why = 'You were already asked once to sign in to Company for it.';
    assert.deepEqual(await restart(() => Promise.reject(new Error(why))), [
      `Couldn’t start the MCP server “wiki”. ${why}`,
    ]);
  });

  for (const [error, said] of [
    [new NotEnterprise('Its metadata names nothing.'), 'Its metadata names nothing.'],
    [new Failure('unreachable', { host: 'mcp.example.com', reason: 'ENOTFOUND' }), 'mcp.example.com'],
  ] as const)
    it(`says why a server’s own metadata is of no use (${error.name}), and starts nothing`, async () => {
      standIn.editor.settings = { mcpServers: { wiki: { url, enterprise: 'oidc', clientId: 'editor' } } };
      unread = error;
      servers.readSettings();
      await servers.restartOne('wiki');
      const [[message = ''] = []] = standIn.editor.errors;
      assert.ok(
        message.startsWith('Couldn’t start the MCP server “wiki”. ') && message.includes(said),
        message,
      );
    });

  it('has in the log what it sends the user there for', async () => {
    mock.method(standIn.authentication, 'getSession', () => Promise.reject(new RangeError('broken')));
    await servers.restartOne('wiki');
    assert.match(standIn.editor.errors.flat().join(), /See the log for details/);
    assert.match(JSON.stringify(log.lines), /RangeError/);
  });
});
