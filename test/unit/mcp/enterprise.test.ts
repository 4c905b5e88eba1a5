import assert from 'node:assert/strict';
import '../../standIns/editor/useEditorStandIn.ts';
import { createAllowing } from '../../../src/mcp/allowing.ts';
import {
  agreedFor,
  agreeTo,
  isEnterprise,
  providerFor,
  withEnterprise,
  withNamed,
} from '../../../src/mcp/enterprise.ts';
import { mcpTermsOf, type McpTerms } from '../../../src/mcp/consent.ts';
import { parseMcpServers } from '../../../src/mcp/settings.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { memoryOf } from '../../standIns/memento.ts';
import { accountsInMemory } from '../sessions/accountsInMemory.ts';
import { personParts } from '../../standIns/personParts.ts';

const standIn = await import('../../standIns/editor/vscode.ts');
const { editor, window } = standIn;
const { askMcpConsent } = await import('../../../src/mcp/consentQuestion.ts');
const { registerEditCommands } = await import('../../../src/ui/commands/editProvider.ts');

const url = 'https://wiki.example/mcp';
const entry = { url, enterprise: 'company', clientId: 'editor-at-wiki', label: 'Wiki' };
const named = { url, from: 'company', resource: url, issuer: 'https://auth.wiki.example', scopes: ['read'] };

const serverOf = (more: object = {}) => {
  const { servers } = parseMcpServers({ wiki: { ...entry, ...more } }, { isProvider: () => true });
  const [server] = servers.filter(isEnterprise);
  return server ?? assert.fail('the entry is wrong');
};

const madeProvider = () => {
  const parsed = providerFor(serverOf(), named);
  return parsed.ok ? parsed.provider : assert.fail(JSON.stringify(parsed.problems));
};

describe('an MCP server that is reached by the company’s sign-in', () => {
  const own = { ...window };
  afterEach(() => {
    Object.assign(window, own);
    Object.assign(editor, { settings: {}, messages: [] });
  });

  /** What the question says, one line after the other. */
  async function linesOf(before?: McpTerms): Promise<string[]> {
    let said = '';
    Object.assign(window, {
      showWarningMessage(_message: string, { detail = '' }: { detail?: string }) {
        said = detail;
        return Promise.resolve(undefined);
      },
    });
    const nameOf = (id: string) => ({ company: 'Acme', wiki: 'Wiki' })[id] ?? id;
    await askMcpConsent(withNamed(serverOf(), named), before, nameOf);
    return said.split('\n');
  }

  it('is asked about with the server that it names, and with whose sign-in is shown there', async () => {
    assert.deepEqual(await linesOf(), [
      `Server: ${url}`,
      'Identity provider: Wiki (https://auth.wiki.example)',
      'Scopes: read',
      `Resource: ${url}`,
      'Company: Acme',
      'Your sign-in to “Acme” is shown to https://auth.wiki.example, which the server names, without its tokens.',
      'The token is for this server only.',
    ]);
  });

  it('is asked about with what differs from before', async () => {
    const terms = mcpTermsOf(withNamed(serverOf(), named));
    const ownProvider = { ...terms, enterprise: undefined, issuer: 'https://old.example' };
    assert.deepEqual((await linesOf(ownProvider)).slice(-3), [
      'Changed since you allowed it:',
      'Identity provider was Wiki (https://old.example)',
      'Company was none',
    ]);
  });

  it('is a provider like one of the settings', () => {
    const { terms, ...provider } = madeProvider();
    assert.partialDeepStrictEqual(provider, {
      id: 'wiki',
      label: 'Wiki',
      issuer: named.issuer,
      clientId: 'editor-at-wiki',
      clientAuthentication: 'none',
      signInMethod: 'identity-assertion',
      resources: [url],
      scopes: ['read'],
      allowLoopbackHttp: false,
      contributedBy: undefined,
      mcpServer: url,
    });
    assert.ok(provider.service?.way === 'identity-assertion' && provider.service.from === 'company');
    assert.notEqual(terms, '');
  });

  it('cannot have an authorization server over plain http, not even on this computer', () => {
    for (const issuer of ['http://auth.wiki.example', 'http://localhost:3000'])
      assert.equal(providerFor(serverOf(), { ...named, issuer }).ok, false, issuer);
    const local = serverOf({ url: 'http://localhost:3000/mcp' });
    assert.equal(providerFor(local, { ...named, issuer: 'http://localhost:3000' }).ok, true);
    assert.equal(providerFor(local, { ...named, issuer: 'http://auth.wiki.example' }).ok, false);
  });

  it('is none before somebody has agreed, and none by what another version stored', () => {
    for (const stored of [undefined, 'x', {}, { ...named, issuer: 7 }, { ...named, scopes: undefined }]) {
      const memory = memoryOf(new Map([['enterprise/wiki', stored]]));
      assert.equal(agreedFor(memory, serverOf()), undefined);
      assert.deepEqual(
        withEnterprise({ providers: [], problems: [] }, { wiki: entry }, memory).providers,
        [],
      );
    }
    const memory = memoryOf(new Map());
    agreeTo(memory, 'wiki', named);
    const { providers } = withEnterprise({ providers: [], problems: [] }, { wiki: entry }, memory);
    assert.deepEqual(
      providers.map(({ id }) => id),
      ['wiki'],
    );
  });

  it('reads no metadata of a server whose provider is in the settings', async () => {
    const server = { id: 'wiki', label: 'Wiki', url, providerId: 'oidc', scopes: [] };
    const refuse = (): never => assert.fail('nothing is requested');
    for (const isAllowed of [true, false]) {
      const allow = createAllowing({
        providers: createConfiguredProviders(),
        memory: memoryOf(new Map()),
        consent: { check: () => Promise.resolve(isAllowed) } as never,
        loadHttp: refuse,
        readProviders: refuse,
      });
      assert.equal(await allow(server, false), isAllowed ? server : undefined);
    }
  });

  it('is changed where its entry is, and not in oidc.providers', async () => {
    editor.settings = { mcpServers: { wiki: entry }, providers: {} };
    const providers = createConfiguredProviders();
    providers.update([madeProvider()]);
    const commands = registerEditCommands({
      ...personParts({ providers, accounts: accountsInMemory().accounts }),
      providers,
    });
    for (const command of ['oidc.editProvider', 'oidc.renameProvider', 'oidc.removeProvider']) {
      editor.messages = [];
      await editor.runs.get(command)?.('wiki');
      assert.deepEqual(
        editor.messages.map(([message, button]) => [message, button]),
        [
          [
            'Wiki comes from the metadata of an MCP server. Change its entry in oidc.mcpServers.',
            'Open Settings',
          ],
        ],
      );
    }
    commands.dispose();
    assert.deepEqual(editor.settings['providers'], {});
  });
});
