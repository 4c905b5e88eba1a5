import * as vscode from 'vscode';
import type { ProviderActions } from './authentication/provider.ts';
import type { Registry } from './authentication/registry.ts';
import { environment } from './environment.ts';
import type { Clock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import { createHttpContext } from './protocol/server/httpContext.ts';
import type { ConfiguredProviders } from './providers/entries/configuredProviders.ts';
import { writtenProviders } from './providers/entries/settings.ts';
import type { Accounts } from './sessions/accounts.ts';
import type { TokenServer } from './sessions/refresh/refresherOptions.ts';
import type { Recorder } from './sessions/activity.ts';
import type { GrantCache } from './sessions/store/grantCache.ts';
import type { Sharing } from './sessions/sharing/sharing.ts';
import { refreshGrant } from './signIn/after/keepGrant.ts';
import type { FindSubject } from './signIn/client/serviceTokens.ts';
import type { PendingResponses } from './signIn/redirect/pendingResponses.ts';
import { refreshProfile } from './signIn/after/refreshProfile.ts';
import { editorClientSecrets } from './ui/commands/clientCredentials.ts';
import { registerCommands, signInAnotherWay } from './ui/commands/commands.ts';
import { registerDiagnoseCommand } from './ui/commands/diagnoseProvider.ts';
import type { DiagnosisReports } from './ui/diagnosisReports.ts';
import { registerEditCommands } from './ui/commands/editProvider.ts';
import { createNewProviders, registerAddCommand } from './ui/signIn/newProviders.ts';
import { createProviderActions } from './ui/signIn/providerActions.ts';
import { createSignIns, editorRegistrations } from './ui/signIn/signIns.ts';
import type { Repeating } from './ui/repeating.ts';
import { registerSignInCommands } from './ui/signInsView/actions.ts';
import { editorTrust } from './ui/signIn/trustQuestion.ts';

/** What every window has from its start, which the deferred parts build on. */
export interface WindowParts {
  readonly context: Pick<vscode.ExtensionContext, 'extension' | 'secrets' | 'globalState'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly providers: ConfiguredProviders;
  readonly cache: GrantCache;
  readonly sharing: Pick<Sharing, 'renew' | 'troubles'>;
  readonly accounts: Accounts;
  readonly registry: Registry;
  readonly pending: PendingResponses;
  readonly record: Recorder;
  readonly repeating: Repeating;
  readonly diagnosisReports: DiagnosisReports;
  /** Starts a sign-in anew, after one that failed. */
  signInAgain(providerId: string, scopes: readonly string[]): void;
  showLog(): void;
}

/**
 * The parts of the extension that most windows do without: everything on the wire, and everything that a person
 * does beside having a session. They are files of their own, which are loaded when they are first needed.
 */
export interface DeferredParts extends TokenServer, vscode.Disposable {
  readonly actions: ProviderActions;
}

/** Puts them together, and registers the commands. */
export function createDeferredParts(window: WindowParts): DeferredParts {
  const { clock, log, providers, cache, accounts, registry, pending, record, showLog } = window;
  const { extension, secrets, globalState } = window.context;
  const httpContext = createHttpContext({
    fetch: environment.fetch,
    clock,
    log,
    mutualTls: environment.mutualTls,
  });
  const registrations = editorRegistrations(secrets, httpContext);
  const clientSecrets = editorClientSecrets(secrets);
  const findSubject: FindSubject = async id => {
    const provider = providers.byId(id);
    return provider && { provider, grants: await accounts.current(provider) };
  };
  const services = { httpContext, registrations, clientSecrets, findSubject };

  const signIns = createSignIns({
    ...services,
    log,
    extension,
    pending,
    startAnother: () => signInAnotherWay(window, signIns, showLog),
  });
  const trust = editorTrust(globalState);
  const newProviders = createNewProviders({
    trust,
    httpContext,
    extension,
    // Also those of entries that are wrong: nothing that a person wrote is written over.
    ids: () => [...providers.list().map(({ id }) => id), ...Object.keys(writtenProviders())],
  });
  const actions = createProviderActions({
    ...services,
    log,
    signIns,
    record,
    pending,
    extensionId: extension.id,
    newProviders,
    trust,
    providers,
    repeating: window.repeating,
    retry: (providerId, scopes) => window.signInAgain(providerId, scopes),
    showLog,
  });
  const commands = vscode.Disposable.from(
    registerCommands({ ...window, actions }),
    registerAddCommand({ accounts, newProviders, log, record, ...actions }),
    registerEditCommands({ providers, registry, registrations, clientSecrets, trust }),
    registerSignInCommands(window),
    registerDiagnoseCommand(
      { httpContext, providers, cache, signIns, clientSecrets, secrets, extension },
      window.diagnosisReports,
    ),
  );
  return {
    actions,
    refresh: (...renewal) => refreshGrant(services, ...renewal),
    profile: (provider, grant, tokens) => refreshProfile(services, provider, grant, tokens),
    dispose() {
      signIns.dispose();
      commands.dispose();
    },
  };
}
