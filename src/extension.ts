import * as vscode from 'vscode';
import { environment } from './environment.ts';
import { createExports } from './authentication/exports.ts';
import type { OidcAuthenticationApi } from './client/facts.ts';
import type { ProviderActions } from './authentication/provider.ts';
import { createRegistry, type Registry } from './authentication/registry.ts';
import { secondsNow, systemClock } from './platform/clock.ts';
import { speak } from './platform/language.ts';
import { once } from './platform/once.ts';
import { randomFraction } from './platform/random.ts';
import { editorLog } from './ui/editorLog.ts';
import { createConfiguredProviders } from './providers/entries/configuredProviders.ts';
import type { DefinitionProblem } from './providers/entries/definition.ts';
import { changesProviders, readProviders } from './providers/entries/settings.ts';
import { createAccounts } from './sessions/accounts.ts';
import { activityOf, createActivityLog, type Recorder } from './sessions/activity.ts';
import type { Grant } from './sessions/grant/grant.ts';
import { createGrantCache } from './sessions/store/grantCache.ts';
import { createGrantStore, isOfGrants } from './sessions/store/grantStore.ts';
import { shareGrants } from './sessions/sharing/sharing.ts';
import { createPendingResponses } from './signIn/redirect/pendingResponses.ts';
import { registerUriHandler } from './signIn/redirect/uriHandler.ts';
import { activityCommands, activityFile, registerActivityCommands } from './ui/commands/activity.ts';
import { contributedCommands, registerDeferredCommands } from './ui/deferredCommands.ts';
import { registerDiagnosisReports } from './ui/diagnosisReports.ts';
import { changesMcpServers, mcpCommands, registerMcpServers } from './mcp/registration.ts';
import {
  showDefinitionProblems,
  showSetAside,
  showSignInNeeded,
  type ProviderSetting,
} from './ui/messages.ts';
import { createRepeating, type Repeating } from './ui/repeating.ts';
import { createSignInsView } from './ui/signInsView/view.ts';

/** What remains to be done when the window closes. */
let leave = (): Promise<void> => Promise.resolve();

/**
 * Puts the parts together. Everything that is registered here is registered before it returns, without the
 * network and without a secret read: an extension that asks for a session waits for us.
 */
export function activate(context: vscode.ExtensionContext): OidcAuthenticationApi {
  if (vscode.l10n.bundle) speak(vscode.env.language, vscode.l10n.bundle);
  const channel = vscode.window.createOutputChannel('OpenID Connect Authentication', { log: true });
  const log = editorLog(channel);
  const clock = systemClock;
  const showLog = (): void => channel.show();

  const providers = createConfiguredProviders();
  const store = createGrantStore({
    storage: context.secrets,
    log,
    onSetAside: entry => void showSetAside(entry),
  });
  const cache = createGrantCache(store, clock, log);
  const pending = createPendingResponses();
  const sharing = shareGrants({
    cache,
    clock,
    log,
    activity: createActivityLog(activityFile(context.globalStorageUri), log),
    directory: vscode.Uri.joinPath(context.globalStorageUri, 'windows').fsPath,
    async findWayToJoin() {
      // After the start: the editor, and whoever waits for us, waits for no socket.
      await new Promise(resolve => setTimeout(resolve));
      return environment.findWayToJoin(context.secrets);
    },
    isFocused: () => vscode.window.state.focused,
    deliver: (path, parameters) => pending.deliver(path, parameters),
    showSignInNeeded(grant) {
      const label = providers.of(grant)?.label ?? grant.providerId;
      const signIn = (): void => signInAgain(registry, grant.providerId, grant.sessions[0] ?? [], grant);
      if (grant.signInNeeded) void showSignInNeeded(label, grant.account.label, grant.signInNeeded, signIn);
    },
    random: randomFraction,
    providers,
    server: {
      refresh: async (...renewal) => (await deferred()).refresh(...renewal),
      profile: async (...renewed) => (await deferred()).profile(...renewed),
    },
    onOrphaned: (grant, tokens) =>
      void actions.revoke(providers.of(grant), [
        { grant: { ...grant, tokens: { serial: 0, ...tokens } }, isLast: false },
      ]),
  });
  leave = () => sharing.dispose();
  const record: Recorder = (event, grant, reason) =>
    sharing.record(activityOf(event, grant, secondsNow(clock), reason));
  const accounts = createAccounts({
    cache,
    clock,
    log,
    sharing,
  });

  const diagnosisReports = registerDiagnosisReports();
  /** What most windows do without is loaded when it is first needed. */
  const deferred = once(async () => {
    const { createDeferredParts } = await import('./deferred.ts');
    commands.dispose();
    const parts = createDeferredParts({
      context,
      clock,
      log,
      providers,
      cache,
      sharing,
      accounts,
      registry,
      pending,
      record,
      repeating,
      diagnosisReports,
      signInAgain: (providerId, scopes) => signInAgain(registry, providerId, scopes),
      showLog,
    });
    context.subscriptions.push(parts);
    return parts;
  });
  const commands = registerDeferredCommands(
    contributedCommands(context.extension.packageJSON).filter(
      id => ![...activityCommands, ...mcpCommands].includes(id),
    ),
    deferred,
  );
  const actions: ProviderActions = {
    signIn: async signInRequest => (await deferred()).actions.signIn(signInRequest),
    configure: async id => (await deferred()).actions.configure(id),
    revoke: async (...signedOut) => (await deferred()).actions.revoke(...signedOut),
    readResource: async (...asked) => (await deferred()).actions.readResource(...asked),
    onNotKept: provider => void deferred().then(parts => parts.actions.onNotKept(provider)),
  };
  const registry = createRegistry(providers, { accounts, cache, clock, log, actions, record });
  const view = createSignInsView({ providers, cache, clock, sharing });
  const repeating = createRepeating(context.globalState);
  const exported = createExports({ cache, providers });
  const mcpServers = registerMcpServers(log, providers, async onDidChange => {
    const { createEditorMcpServers } = await import('./mcp/editorServers.ts');
    return createEditorMcpServers({
      clock,
      log,
      onDidChange,
      extensionId: context.extension.id,
      describe: session => exported.describe(session),
      providers,
      showProblems: problemReporter('oidc.mcpServers', repeating),
    });
  });
  const problems = problemReporter('oidc.providers', repeating);
  const readSettings = (): void => {
    const settings = readProviders();
    providers.update(settings.providers);
    problems(settings.problems);
  };
  readSettings();

  context.subscriptions.push(
    channel,
    registry,
    view,
    registerUriHandler(context.extension.id, sharing, log),
    diagnosisReports,
    registerActivityCommands(sharing, id => providers.byId(id)?.label ?? id),
    commands,
    mcpServers,
    vscode.extensions.onDidChange(readSettings),
    context.secrets.onDidChange(({ key }) => {
      if (!isOfGrants(key)) sharing.credentialsChanged();
    }),
    vscode.workspace.onDidChangeConfiguration(event => {
      if (changesProviders(event)) readSettings();
      if (changesMcpServers(event)) mcpServers.settingsChanged();
    }),
  );
  return exported;
}

/** The editor waits a few seconds for this: a refresh that is under way ends, and another window takes over. */
export function deactivate(): Promise<void> {
  return leave();
}

/** Starts a sign-in that a person has asked for in a message. What goes wrong, it shows itself. */
function signInAgain(registry: Registry, providerId: string, scopes: readonly string[], grant?: Grant): void {
  const options = grant ? { account: grant.account } : {};
  registry
    .get(providerId)
    ?.createSession(scopes, options)
    .catch(() => undefined);
}

/** Reports each problem once, however often settings and manifests are read, and again if it comes back. */
function problemReporter(
  setting: ProviderSetting,
  repeating: Repeating,
): (problems: readonly DefinitionProblem[]) => void {
  let told = new Set<string>();
  return problems => {
    const fresh = problems.filter(problem => !told.has(JSON.stringify(problem)));
    told = new Set(problems.map(problem => JSON.stringify(problem)));
    if (fresh.length > 0) showDefinitionProblems(fresh, setting, repeating);
  };
}
