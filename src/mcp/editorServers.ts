import { l10n, shown } from '../platform/shown.ts';
import type { Memory } from '../platform/storage.ts';
import * as vscode from 'vscode';
import { createAllowing, type AllowingContext } from './allowing.ts';
import { createMcpConsent } from './consent.ts';
import { askMcpConsent, chooseAllowed } from './consentQuestion.ts';
import { agreedFor, isEnterprise, withNamed } from './enterprise.ts';
import { NotEnterprise } from './namedByServer.ts';
import { boundTo } from './ownResource.ts';
import { createMcpServers, type McpServers, type McpServersContext } from './servers.ts';
import { AccessRefused } from '../client/refusal.ts';
import { SignInDeclined } from '../client/session.ts';
import { errorName } from '../platform/log.ts';
import { Failure } from '../protocol/failures/failure.ts';
import { firstProviderId } from '../providers/entries/definition.ts';
import { parseMcpServers, type McpServer } from './settings.ts';
import type { DefinitionProblem } from '../providers/settings/problems.ts';
import { isCancellation } from '../ui/messages.ts';
import { window } from '../ui/show.ts';

/** The editor's own command, which has no API. It stops a server, and starts it with its current definition. */
const editorRestart = 'workbench.mcp.restartServer';

/** The MCP servers of the settings, with everything that a user sees of them. */
export interface EditorMcpServers extends Pick<McpServers, 'definitions' | 'resolve' | 'dispose'> {
  readSettings(): void;
  /** Restarts a server with a new token. Without an ID, the user selects the server. */
  restartOne(id: unknown): Promise<void>;
  /** Shows which servers get a token, and revokes the permission that the user selects. */
  manageAccess(): Promise<void>;
}

export interface McpServerParts extends Pick<
  McpServersContext,
  'providers' | 'clock' | 'log' | 'describe' | 'onDidChange'
> {
  readonly extensionId: string;
  readonly memory: Memory;
  loadHttp: AllowingContext['loadHttp'];
  readProviders: AllowingContext['readProviders'];
  showProblems(problems: readonly DefinitionProblem[]): void;
}

export function createEditorMcpServers(parts: McpServerParts): EditorMcpServers {
  const labelOf = (id: string): string => parts.providers.byId(id)?.label ?? id;
  const consent = createMcpConsent({
    memory: parts.memory,
    ask: (server, before) => askMcpConsent(server, before, labelOf),
  });
  const failed = (server: McpServer, error: unknown): void => {
    const reason = errorName(error);
    parts.log.info('an MCP server is not started', {
      server: server.label,
      provider: server.providerId,
      reason,
    });
    showFailed(server, error);
  };
  const servers = createMcpServers({
    ...parts,
    allow: createAllowing({ ...parts, consent }),
    consent,
    onDeclined: showDeclined,
    onBound: showBound,
    onProviderChanged: showProviderChanged,
    onFailed: failed,
    start: server => start(parts.extensionId, server),
  });
  // The first provider allows sign-in before it is configured, because new users start with it.
  const isProvider = (id: string): boolean =>
    id === firstProviderId || parts.providers.byId(id) !== undefined;
  // Reads only the user's own value: a workspace can't define a server and have a token sent to it.
  const readSettings = (): void => {
    const written = vscode.workspace.getConfiguration('oidc').inspect<unknown>('mcpServers')?.globalValue;
    const { providers, memory } = parts;
    const { servers: configured, problems } = parseMcpServers(written, {
      isProvider,
      bindsTokens: id => providers.byId(id)?.dpop === 'required',
      isTaken: id => providers.list().some(each => each.id === id && each.mcpServer === undefined),
    });
    const withAgreed = (server: McpServer): McpServer => {
      const agreed = isEnterprise(server) && agreedFor(memory, server);
      return agreed ? withNamed(server, agreed) : server;
    };
    servers.update(configured.map(each => boundTo(withAgreed(each), providers.byId(each.providerId))));
    parts.showProblems(problems);
  };
  readSettings();
  return {
    definitions: () => servers.definitions(),
    resolve: definition => servers.resolve(definition),
    dispose: () => void servers.dispose(),
    readSettings,
    async manageAccess() {
      const id = await chooseAllowed(consent.answers(), servers.list(), labelOf);
      if (id !== undefined) servers.refuse(id);
    },
    async restartOne(id) {
      const list = servers.list();
      const server = list.find(candidate => candidate.id === id) ?? (await chooseServer(list));
      if (!server) return;
      try {
        await servers.restart(server);
      } catch (error) {
        // A user who declined needs no message about it.
        if (!(error instanceof SignInDeclined)) failed(server, error);
      }
    },
  };
}

function showDeclined({ label }: McpServer, to: 'sign-in' | 'token', again: () => void): void {
  const [message, button] =
    to === 'sign-in'
      ? [
          l10n.t('The MCP server “{0}” wasn’t started because you aren’t signed in.', label),
          l10n.t('Sign In'),
        ]
      : [
          l10n.t('The MCP server “{0}” wasn’t started because you haven’t allowed it.', label),
          l10n.t('Review…'),
        ];
  void window.showWarningMessage(message, button).then(chosen => chosen === button && again());
}

function showBound({ label }: McpServer, again: () => void): void {
  const button = l10n.t('Sign In');
  const message = l10n.t(
    'The MCP server “{0}” wasn’t started because the access token of your sign-in is bound to a key (DPoP), which an MCP server can’t get.',
    label,
  );
  void window.showWarningMessage(message, button).then(chosen => chosen === button && again());
}

function showProviderChanged({ label, providerId }: McpServer, again: () => void): void {
  const button = l10n.t('Try Again');
  const message = l10n.t(
    'The MCP server “{0}” wasn’t started because the settings of “{1}” changed in the meantime.',
    label,
    providerId,
  );
  void window.showWarningMessage(message, button).then(chosen => chosen === button && again());
}

function showFailed({ label, providerId }: McpServer, error: unknown): void {
  if (isCancellation(error)) return;
  const message =
    error instanceof AccessRefused || error instanceof NotEnterprise || error instanceof Failure
      ? l10n.t('Couldn’t start the MCP server “{0}”. {1}', label, error.message)
      : l10n.t(
          'Couldn’t start the MCP server “{0}”: no session for “{1}” is available. See the log for details.',
          label,
          providerId,
        );
  void window.showErrorMessage(message);
}

async function start(extensionId: string, { label }: McpServer): Promise<void> {
  if ((await vscode.commands.getCommands()).includes(editorRestart)) {
    const id = `${extensionId.toLowerCase()}/${label}`;
    await vscode.commands.executeCommand(editorRestart, id, { autoTrustChanges: true });
    return;
  }
  void window.showInformationMessage(
    l10n.t(
      'The MCP server “{0}” has a new token. Restart the server in the list of MCP servers to use it.',
      label,
    ),
  );
}

async function chooseServer(servers: readonly McpServer[]): Promise<McpServer | undefined> {
  if (servers.length === 0) {
    const button = l10n.t('Open Settings');
    const message = l10n.t('No MCP server uses your sign-ins yet. Add one to the setting oidc.mcpServers.');
    if ((await window.showInformationMessage(message, button)) === button) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'oidc.mcpServers');
    }
    return undefined;
  }
  if (servers.length === 1) return servers[0];
  const items = servers.map(server => ({
    server,
    label: shown(server.label),
    description: shown(server.providerId),
    detail: shown(server.url),
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Restart which MCP server?') }))?.server;
}
