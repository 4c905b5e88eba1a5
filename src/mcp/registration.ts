import * as vscode from 'vscode';
import type { Log } from '../platform/log.ts';
import type { Memory } from '../platform/storage.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { SettledProviders } from '../providers/entries/contested.ts';
import { readProviders } from '../providers/entries/settings.ts';
import { agreedTerms } from '../providers/entries/terms.ts';
import type { EditorMcpServers } from './editorServers.ts';
import type { withEnterprise as WithEnterprise } from './enterprise.ts';
import { registerCommand } from '../ui/clicks.ts';

/** Under `contributes.mcpServerDefinitionProviders` in our manifest. */
const collectionId = 'oidc.mcpServers';

export const mcpCommands: readonly string[] = ['oidc.restartMcpServer', 'oidc.manageMcpAccess'];

/** True if a change of settings concerns the MCP servers. */
export const changesMcpServers = (event: vscode.ConfigurationChangeEvent): boolean =>
  event.affectsConfiguration('oidc.mcpServers');

/** The entries of the user's settings, right or wrong. Undefined: there are none. */
const writtenServers = (): unknown =>
  vscode.workspace.getConfiguration('oidc').inspect<unknown>('mcpServers')?.globalValue;

/** Reads the providers, with those that MCP servers' metadata names. These are loaded where an entry has one. */
export function readingProviders(memory: Pick<Memory, 'get'>) {
  let withEnterprise: typeof WithEnterprise | undefined;
  /** True if there is an entry whose metadata names a provider, or was. */
  const isEnterprise = (): boolean =>
    !!withEnterprise || /"enterprise"/.test(JSON.stringify(writtenServers()));
  return {
    isEnterprise,
    async read(): Promise<SettledProviders> {
      if (isEnterprise()) ({ withEnterprise } = await import('./enterprise.ts'));
      return readProviders(
        id => agreedTerms(memory, id),
        own => withEnterprise?.(own, writtenServers(), memory) ?? own,
      );
    },
  };
}

/** What the editor knows of MCP servers by us, from the start of a window. */
export type McpServerRegistration = ReturnType<typeof registerMcpServers>;

/**
 * Registers with the editor what provides its MCP servers, and the command. Most windows have no such server: what
 * it takes to have one is loaded when the setting names one.
 */
export function registerMcpServers(
  log: Log,
  providers: ConfiguredProviders,
  load: (onDidChange: () => void) => Promise<EditorMcpServers>,
) {
  const changes = new vscode.EventEmitter<void>();
  let loading: Promise<EditorMcpServers> | undefined;
  const loaded = (): Promise<EditorMcpServers> => (loading ??= load(() => changes.fire()));
  const registration = registerWithEditor(
    {
      onDidChangeMcpServerDefinitions: changes.event,
      provideMcpServerDefinitions: async () =>
        loading || isConfigured() ? (await loaded()).definitions() : [],
      resolveMcpServerDefinition: async definition => (await loaded()).resolve(definition),
    },
    log,
  );
  const commands = vscode.Disposable.from(
    registerCommand('oidc.restartMcpServer', async (id?: unknown) => (await loaded()).restartOne(id)),
    registerCommand('oidc.manageMcpAccess', async () => (await loaded()).manageAccess()),
  );
  /** The setting has changed. */
  const settingsChanged = (): void => {
    if (loading || isConfigured()) void loaded().then(servers => servers.readSettings());
  };
  const endWatching = providers.onDidChange(settingsChanged);
  return {
    settingsChanged,
    dispose() {
      endWatching();
      commands.dispose();
      registration?.dispose();
      changes.dispose();
      void loading?.then(servers => void servers.dispose());
    },
  };
}

/** True if the user configured anything, valid or not. */
const isConfigured = (): boolean => writtenServers() !== undefined;

/** An editor without MCP support, or one that rejects our servers, works without them. */
function registerWithEditor(
  provider: vscode.McpServerDefinitionProvider<vscode.McpHttpServerDefinition>,
  log: Log,
): vscode.Disposable | undefined {
  // Typed after the current API. An older or another editor might have less of it.
  const lm = vscode.lm as Partial<typeof vscode.lm> | undefined;
  if (!lm?.registerMcpServerDefinitionProvider) return undefined;
  try {
    return lm.registerMcpServerDefinitionProvider(collectionId, provider);
  } catch {
    log.info('this editor does not take MCP servers from extensions');
    return undefined;
  }
}
