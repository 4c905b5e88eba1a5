import * as vscode from 'vscode';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import { firstProviderId } from '../providers/entries/definition.ts';
import { parseMcpServers, type ConfiguredMcpServers } from './settings.ts';

const section = 'oidc';
const key = 'mcpServers';

/**
 * Reads the MCP servers from the user's own settings. A workspace cannot define one, which would have it sent a
 * token: the setting has application scope, and only its user value is read.
 */
export const readMcpServers = (providers: ConfiguredProviders): ConfiguredMcpServers =>
  // The first one can be signed in to before it is configured: that is how a person begins.
  parseMcpServers(userValue(), id => id === firstProviderId || providers.byId(id) !== undefined);

function userValue(): unknown {
  return vscode.workspace.getConfiguration(section).inspect<unknown>(key)?.globalValue;
}
