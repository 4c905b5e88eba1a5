import * as vscode from 'vscode';
import type { ProviderActions } from './authentication/provider.ts';
import type { Registry } from './authentication/registry.ts';
import { environment } from './environment.ts';
import type { Clock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import type { Tokens } from './protocol/tokens.ts';
import { createWire } from './protocol/wire.ts';
import type { Provider } from './providers/definition.ts';
import { writtenProviders } from './providers/settings.ts';
import type { Accounts } from './sessions/accounts.ts';
import type { AccountFacts } from './sessions/accountFacts.ts';
import type { Recorder } from './sessions/activity.ts';
import type { Grant } from './sessions/grant.ts';
import type { GrantBook } from './sessions/grantBook.ts';
import type { Sharing } from './sessions/sharing.ts';
import { refreshGrant } from './signIn/keepGrant.ts';
import type { FindSubject } from './signIn/machineTokens.ts';
import type { PendingResponses } from './signIn/pendingResponses.ts';
import { renewFacts } from './signIn/renewFacts.ts';
import { editorClientSecrets } from './ui/clientCredentials.ts';
import { registerCommands, signInAnotherWay } from './ui/commands.ts';
import { registerDiagnoseCommand } from './ui/diagnoseProvider.ts';
import type { DiagnosisReports } from './ui/diagnosisReports.ts';
import { registerEditCommands } from './ui/editProvider.ts';
import { createNewProviders, registerAddCommand } from './ui/newProviders.ts';
import { createProviderActions } from './ui/providerActions.ts';
import { createSignIns, editorRegistrations } from './ui/signIns.ts';
import type { Repeating } from './ui/repeating.ts';
import { registerSignInCommands } from './ui/signInsView/actions.ts';
import { editorTrust } from './ui/trust.ts';

/** What every window has from its start, which the deferred parts build on. */
export interface WindowParts {
  readonly context: Pick<vscode.ExtensionContext, 'extension' | 'secrets' | 'globalState'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly book: GrantBook;
  readonly sharing: Pick<Sharing, 'renew' | 'troubles'>;
  readonly accounts: Accounts;
  readonly registry: Registry;
  readonly pending: PendingResponses;
  readonly record: Recorder;
  readonly repeating: Repeating;
  readonly diagnosisReports: DiagnosisReports;
  /** The provider that a grant came from, as it is configured now. */
  configured(grant: Grant): Provider | undefined;
  /** Starts a sign-in anew, after one that failed. */
  signInAgain(providerId: string, scopes: readonly string[]): void;
  showLog(): void;
}

/**
 * The parts of the extension that most windows do without: everything on the wire, and everything that a person
 * does beside having a session. They are files of their own, which are loaded when they are first needed.
 */
export interface DeferredParts extends vscode.Disposable {
  readonly actions: ProviderActions;
  /** Sends the grant's refresh token, see `KeeperOptions`. */
  refresh(
    provider: Provider,
    grant: Grant,
    beforeSending: () => void,
    derived: readonly string[] | undefined,
  ): Promise<Tokens>;
  /** What the provider says of the account of a grant that was refreshed, see `KeeperOptions`. */
  facts(provider: Provider, grant: Grant, tokens: Tokens): Promise<AccountFacts | undefined>;
}

/** Puts them together, and registers the commands. */
export function createDeferredParts(window: WindowParts): DeferredParts {
  const { clock, log, book, accounts, registry, pending, record, showLog } = window;
  const { extension, secrets, globalState } = window.context;
  const wire = createWire({ fetch: environment.fetch, clock, log, mutualTls: environment.mutualTls });
  const registrations = editorRegistrations(secrets, wire);
  const clientSecrets = editorClientSecrets(secrets);
  const findSubject: FindSubject = async id => {
    const provider = registry.providers().find(configured => configured.id === id);
    return provider && { provider, grants: await accounts.current(provider) };
  };
  const services = { wire, registrations, clientSecrets, findSubject };

  const signIns = createSignIns({
    ...services,
    log,
    extension,
    pending,
    startAnother: () => signInAnotherWay(registry, signIns, showLog),
  });
  const trust = editorTrust(globalState);
  const newProviders = createNewProviders({
    trust,
    wire,
    extension,
    // Also those of entries that are wrong: nothing that a person wrote is written over.
    ids: () => [...registry.providers().map(({ id }) => id), ...Object.keys(writtenProviders())],
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
    configured: registry,
    repeating: window.repeating,
    retry: (providerId, scopes) => window.signInAgain(providerId, scopes),
    showLog,
  });
  const commands = vscode.Disposable.from(
    registerCommands({ ...window, actions }),
    registerAddCommand({ accounts, newProviders, log, record, ...actions }),
    registerEditCommands({ registry, registrations, clientSecrets, trust }),
    registerSignInCommands(window),
    registerDiagnoseCommand(
      { wire, registry, book, signIns, clientSecrets, secrets, extension },
      window.diagnosisReports,
    ),
  );
  return {
    actions,
    refresh: (...renewal) => refreshGrant(services, ...renewal),
    facts: (provider, grant, tokens) => renewFacts(services, provider, grant, tokens),
    dispose() {
      signIns.dispose();
      commands.dispose();
    },
  };
}
