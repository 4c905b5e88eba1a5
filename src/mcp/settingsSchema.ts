import * as vscode from 'vscode';
import { parseMcpServers, type ConfiguredMcpServers } from './settings.ts';

const section = 'oidc';
const key = 'mcpServers';

/**
 * Reads the MCP servers from the user's own settings. A workspace cannot define one, which would have it sent a
 * token: the setting has application scope, and only its user value is read.
 *
 * @param isProvider whether there is an identity provider of this id.
 */
export const readMcpServers = (isProvider: (id: string) => boolean): ConfiguredMcpServers =>
  parseMcpServers(userValue(), isProvider);

function userValue(): unknown {
  return vscode.workspace.getConfiguration(section).inspect<unknown>(key)?.globalValue;
}
