import * as vscode from 'vscode';
import { createExports, describeHeld, proveHeld } from './authentication/exports.ts';
import { createRegistry } from './authentication/registry.ts';
import type { OidcAuthenticationApi } from './client/sessionInfo.ts';
import type { WindowParts } from './ui/deferred.ts';
import { environment } from './environment.ts';
import {
  changesMcpServers,
  mcpCommands,
  readingProviders,
  registerMcpServers,
  type McpServerRegistration,
} from './mcp/registration.ts';
import { systemClock } from './platform/clock.ts';
import { speak } from './platform/language.ts';
import { once } from './platform/once.ts';
import { remembering } from './platform/storage.ts';
import { createConfiguredProviders } from './providers/entries/configuredProviders.ts';
import { changesProviders } from './providers/entries/settings.ts';
import { createAccounts } from './sessions/accounts.ts';
import { createMemories } from './sessions/refresh/memories.ts';
import { sharingLater } from './sessions/sharing/sharingLater.ts';
import { createGrantCache } from './sessions/store/grantCache.ts';
import { createGrantStore, isOfGrants } from './sessions/store/grantStore.ts';
import { createPendingResponses } from './signIn/redirect/pendingResponses.ts';
import { registerUriHandler } from './signIn/redirect/uriHandler.ts';
import { registerActivityDocument } from './ui/commands/activityDocument.ts';
import { registerQuery } from './ui/clicks.ts';
import { contributedCommands, registerDeferredCommands } from './ui/commands/deferredCommands.ts';
import { registerDiagnosisReports } from './ui/documents.ts';
import { createLogChannel, editorLog } from './ui/editorLog.ts';
import { showSetAside } from './ui/messages.ts';
import { createProblemReporter } from './ui/problems/reporter.ts';
import { createRepeating } from './ui/problems/repeating.ts';
import { createSignInsView } from './ui/signInsView/view.ts';
import { watchWaitingSignIns } from './ui/problems/waitingSignIns.ts';
import { createSendings } from './protocol/server/sendings.ts';

/** What remains to be done when the window closes. */
let leave = (): Promise<void> => Promise.resolve();

/**
 * Puts the parts together, each from those before it. Everything that is registered here is registered before it
 * resolves, without the network and without a secret read: an extension that asks for a session waits for us.
 */
export async function activate(context: vscode.ExtensionContext): Promise<OidcAuthenticationApi> {
  if (vscode.l10n.bundle) speak(vscode.env.language, vscode.l10n.bundle);
  const channel = createLogChannel();
  const log = editorLog(channel);
  const clock = systemClock;
  const memory = remembering(context.globalState);
  const repeating = createRepeating(memory);
  const pending = createPendingResponses();
  const sendings = createSendings();
  const providers = createConfiguredProviders();
  const cache = createGrantCache(
    createGrantStore({ storage: context.secrets, log, onSetAside: entry => void showSetAside(entry) }),
    clock,
    log,
  );

  const parts = { cache, clock, log, providers, sendings };

  /**
   * What most windows do without is loaded when first needed. The one cycle is here: it builds on parts that are made
   * below, which ask it for new tokens. No caller gets it before they are complete.
   */
  const { promise: windowParts, resolve: complete } = Promise.withResolvers<WindowParts>();
  const deferred = once(async () => {
    const [{ createDeferredParts }, all] = await Promise.all([import('./ui/deferred.ts'), windowParts]);
    return createDeferredParts(all);
  });

  const memories = createMemories();
  const sharing = sharingLater(memories, log, async () => {
    const { openSharing } = await import('./authentication/openSharing.ts');
    return openSharing(context, {
      ...parts,
      memories,
      loadTransport: () => environment.loadTransport(context.secrets),
      server: {
        refresh: async (...renewal) => (await deferred()).refresh(...renewal),
        profile: async (...renewed) => (await deferred()).profile(...renewed),
      },
      revoke: async (...signedOut) => (await deferred()).revoke(...signedOut),
      isFocused: () => vscode.window.state.focused,
      deliver: (path, parameters) => pending.deliver(path, parameters),
      onOrphaned: (...orphaned) => void deferred().then(parts => parts.giveBackOrphan(...orphaned)),
      showSignInNeeded: grant => void deferred().then(parts => parts.showSignInNeeded(grant)),
    });
  });
  leave = () => sharing.dispose();
  const accounts = createAccounts({ cache, clock, log, sharing });

  const registry = createRegistry(providers, { accounts, cache, log, parts: deferred });
  const view = createSignInsView({ ...parts, sharing });
  const exporting = { ...parts, parts: deferred };
  const exported = createExports(exporting);
  const diagnosisReports = registerDiagnosisReports();
  const mcpServers = registerMcpServers(log, providers, async onDidChange => {
    const { createEditorMcpServers } = await import('./mcp/editorServers.ts');
    return createEditorMcpServers({
      ...parts,
      onDidChange,
      extensionId: context.extension.id,
      memory,
      loadHttp: async () => (await deferred()).httpContext,
      readProviders: readSettings,
      describe: session => exported.describe(session),
      showProblems: createProblemReporter('oidc.mcpServers', repeating),
    });
  });
  const activity = registerActivityDocument(sharing, id => providers.byId(id)?.label ?? id);
  const standIns = registerDeferredCommands(
    contributedCommands(context.extension.packageJSON).filter(id => !mcpCommands.includes(id)),
    deferred,
  );

  const showProblems = createProblemReporter('oidc.providers', repeating);
  const reading = readingProviders(memory);
  const readSettings = async (): Promise<void> => {
    const settings = await reading.read();
    providers.update(settings.providers, settings.contested);
    showProblems(settings.problems);
  };
  const settingsRead = readSettings();
  context.subscriptions.push(
    channel,
    registry,
    view,
    registerUriHandler(context.extension.id, sharing, pending, log),
    diagnosisReports,
    activity,
    standIns,
    mcpServers,
    registerQuery('oidc.describeSession', (id, digest) => describeHeld(parts, id, digest)),
    registerQuery('oidc.proveSession', (id, digest, request) => proveHeld(exporting, id, digest, request)),
    watchWaitingSignIns(providers, cache, memory, deferred, () => void readSettings()),
    vscode.window.onDidChangeWindowState(({ focused }) => focused && sharing.rouse()),
    environment.onOnline(() => sharing.rouse()),
    vscode.extensions.onDidChange(() => void readSettings()),
    context.secrets.onDidChange(({ key }) => {
      if (!isOfGrants(key)) sharing.credentialsChanged();
      // In another window, the user might have agreed to what a server's metadata names, and signed in there.
      else if (reading.isEnterprise()) void readSettings();
    }),
    watchSettings(readSettings, mcpServers),
  );
  complete({
    ...parts,
    context,
    memory,
    repeating,
    pending,
    sharing,
    accounts,
    activity,
    diagnosisReports,
    standIns,
    readSettings,
    showLog: () => channel.show(),
  });
  await settingsRead;
  return exported;
}

/** Reads the settings again after each change. */
const watchSettings = (
  readSettings: () => Promise<void>,
  mcpServers: McpServerRegistration,
): vscode.Disposable =>
  vscode.workspace.onDidChangeConfiguration(event => {
    const isOfServers = changesMcpServers(event);
    if (isOfServers) mcpServers.settingsChanged();
    // A server's metadata can name a provider.
    if (isOfServers || changesProviders(event)) void readSettings();
  });

/** The editor waits a few seconds for this: a running refresh ends, and another window takes over. */
export function deactivate(): Promise<void> {
  return leave();
}
