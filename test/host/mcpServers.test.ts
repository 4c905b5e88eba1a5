import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { configure, definitionOf, issuerHost } from './editor.ts';
import { clearMessages, waitForMessage } from './outside.ts';

describe('the setting oidc.mcpServers', () => {
  let company: IdentityProvider;
  before(async () => {
    company = await startIdentityProvider({ host: issuerHost });
    await configure({ oidc: definitionOf(company, { label: 'Company' }) });
    await clearMessages();
  });
  after(async () => {
    await configureServers(undefined);
    await clearMessages();
    await company.close();
  });

  const configureServers = (value: unknown) =>
    vscode.workspace.getConfiguration('oidc').update('mcpServers', value, vscode.ConfigurationTarget.Global);

  it('is wrong in one entry: that is told by name and field, and disturbs nobody else', async () => {
    await configureServers({
      wiki: { url: 'https://mcp.example.com/mcp' },
      plain: { url: 'http://mcp.example.com/mcp' },
      lost: { url: 'https://mcp.example.com/mcp', provider: 'nobody' },
    });
    const buttons = ['Open Settings', 'Don’t Show Again'];
    const { message, severity } = await waitForMessage(/^The setting oidc\.mcpServers has errors/, buttons);
    assert.equal(severity, 'warning');
    for (const part of ['“plain → url”: must start with https://', '“lost → provider”: names “nobody”']) {
      assert.ok(message.includes(part), `${part}: ${message}`);
    }
    assert.match(message, /Other servers still work/);
    assert.deepEqual(company.requests, [], 'and nobody was asked for anything');
  });

  it('cannot be made by a workspace', async () => {
    const update = vscode.workspace
      .getConfiguration('oidc')
      .update('mcpServers', {}, vscode.ConfigurationTarget.Workspace);
    await assert.rejects(async () => update, /only into User settings/);
  });
});
