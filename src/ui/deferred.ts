import type * as vscode from 'vscode';
import { environment } from '../environment.ts';
import { secondsNow, type Clock } from '../platform/clock.ts';
import type { Memory } from '../platform/storage.ts';
import type { Sendings } from '../protocol/server/sendings.ts';
import { createHttpContext } from '../protocol/server/httpContext.ts';
import type { Tokens } from '../protocol/tokens/tokens.ts';
import type { ContestedId } from '../providers/entries/contested.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { writtenProviders } from '../providers/entries/settings.ts';
import type { Accounts } from '../sessions/accounts.ts';
import { activityOf, type Recorder } from '../sessions/activity.ts';
import { dependentsOf } from '../sessions/dependents.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import type { TokenServer } from '../sessions/refresh/refresherOptions.ts';
import type { Sharing } from '../sessions/sharing/sharing.ts';
import type { SignOutServices } from '../sessions/sharing/signOutTeller.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { refreshGrant, revokeGrant } from '../signIn/after/keepGrant.ts';
import { prove, type ProofOrRefusal, type ProvenSession } from '../signIn/after/prove.ts';
import { refreshProfile } from '../signIn/after/refreshProfile.ts';
import { createConcessions } from '../signIn/client/concessions.ts';
import type { FindSubject } from '../signIn/client/subject.ts';
import { registerActivityCommands } from './commands/activity.ts';
import type { ActivityDocument } from './commands/activityDocument.ts';
import { editorClientSecrets } from './commands/clientCredentials.ts';
import { registerCommands } from './commands/commands.ts';
import { registerDiagnoseCommand, showDiagnosis } from './commands/diagnoseProvider.ts';
import { registerEditCommands } from './commands/editProvider.ts';
import type { DiagnosisReports } from './documents.ts';
import { createNewProviders } from './signIn/newProviders.ts';
import { showSignInNeeded, type SignInParts } from './signIn/signInAndKeep.ts';
import { releaseSignIns, showContested, showWaiting } from './signIn/changedTerms.ts';
import { createSignIns, editorRegistrations } from './signIn/signIns.ts';
import { keepSignOut, tellProvider, type SignOutParts } from './signIn/signOut.ts';
import { editorTrust } from './signIn/questions/trustQuestion.ts';
import { beside } from './signIn/wizardVisits.ts';
import { registerSignInCommands } from './commands/signInActions.ts';

// One file is loaded at once, and not one for each of these.
export { createChallengeAnswers } from '../challenges/answers.ts';
export { signInAndKeep } from './signIn/signInAndKeep.ts';
export { signOut } from './signIn/signOut.ts';

/** What every window has from its start, which the deferred parts build on. */
export interface WindowParts
  extends
    Omit<SignInParts, 'httpContext' | 'accounts' | 'signIns' | 'newProviders' | 'trust' | 'record'>,
    Pick<SignOutParts, 'pending'> {
  readonly context: Pick<vscode.ExtensionContext, 'extension' | 'secrets' | 'subscriptions'>;
  /** What the extension remembers apart from secrets. */
  readonly memory: Memory;
  readonly clock: Clock;
  readonly sendings: Sendings;
  readonly cache: GrantCache;
  readonly sharing: Pick<Sharing, 'renew' | 'memories' | 'record' | 'signOuts' | 'activities'>;
  readonly accounts: Accounts;
  readonly activity: ActivityDocument;
  readonly diagnosisReports: DiagnosisReports;
  /** Represent the commands until these are registered here. */
  readonly standIns: vscode.Disposable;
  /** Reads the settings again. */
  readSettings(): Promise<void>;
}

/**
 * The parts of the extension that most windows do without: everything that sends requests, and everything that a user
 * does apart from having a session. They are separate files, loaded when first needed.
 */
export interface DeferredParts
  extends SignInParts, SignOutParts, TokenServer, Pick<SignOutServices, 'revoke'> {
  readonly accounts: Accounts;
  /** Proves the key of a session's token for one request. */
  prove(session: ProvenSession, request: unknown): Promise<ProofOrRefusal>;
  /** Revokes tokens that will never be used. */
  giveBackOrphan(grant: Grant, tokens: Tokens): Promise<void>;
  showSignInNeeded(grant: Grant): Promise<void>;
  /** Reports that sign-ins need the user's review, because their provider has changed. */
  showWaiting(provider: Provider): Promise<void>;
  /** Says that several bring an id, and that none is used. */
  showContested(contested: ContestedId): Promise<void>;
}

/** Puts them together, and registers the commands. */
export function createDeferredParts(window: WindowParts): DeferredParts {
  const { clock, log, memory, providers, accounts, pending } = window;
  const { extension, secrets, subscriptions } = window.context;
  const httpContext = createHttpContext({
    fetch: environment.fetch,
    clock,
    log,
    mutualTls: environment.mutualTls,
    sendings: window.sendings,
  });
  const findSubject: FindSubject = async id => {
    const provider = providers.byId(id);
    if (!provider) return undefined;
    const renew = (grant: Grant) => accounts.renew(provider, grant, undefined);
    return { provider, grants: await accounts.current(provider), renew };
  };
  const concessions = createConcessions(memory, clock, log);
  const services = {
    httpContext,
    concessions,
    registrations: editorRegistrations(secrets, httpContext, concessions),
    clientSecrets: editorClientSecrets(secrets),
    findSubject,
  };
  const trust = editorTrust(memory, clock, {
    hasSignIns: async id => (await window.cache.ofProvider(id)).length > 0,
    onAgreed: provider => releaseSignIns({ ...window, httpContext }, provider),
  });
  const { repeating } = window;
  const signIns = createSignIns({ ...services, log, extension, pending, providers, repeating });
  const newProviders = createNewProviders({
    ...services,
    trust,
    extension,
    showLog: window.showLog,
    reports: window.diagnosisReports,
    showDiagnosis: provider =>
      showDiagnosis(
        { ...window, ...services, trust, signIns, secrets, extension },
        window.diagnosisReports,
        provider,
        beside,
      ),
    // Include the wrong entries, too: nothing that the user wrote is overwritten.
    ids: () => [
      ...[...providers.list(), ...providers.contested()].map(({ id }) => id),
      ...Object.keys(writtenProviders()),
    ],
  });
  const record: Recorder = (event, grant, reason) =>
    window.sharing.record(activityOf(event, grant, secondsNow(clock), reason, window.sendings));
  const parts = {
    ...window,
    ...services,
    dependentsOf: (grant: Grant) => dependentsOf(providers, window.cache, grant),
    record,
    extension,
    extensionId: extension.id,
    secrets,
    trust,
    signIns,
    newProviders,
  };

  window.standIns.dispose();
  subscriptions.push(
    signIns,
    registerCommands(parts),
    registerEditCommands(parts),
    registerSignInCommands(parts),
    registerDiagnoseCommand(parts, window.diagnosisReports),
    registerActivityCommands(window.sharing, window.activity),
  );
  return {
    ...parts,
    refresh: (...renewal) => refreshGrant(services, ...renewal),
    profile: (...renewed) => refreshProfile(services, ...renewed),
    revoke: (...signedOut) => revokeGrant(services, ...signedOut),
    prove: (...asked) => prove({ accounts, httpContext }, ...asked),
    async giveBackOrphan(grant, tokens) {
      const orphan = { ...grant, tokens: { ...tokens, serial: grant.tokens.serial + 1 } };
      const provider = providers.of(grant);
      const isKept = await keepSignOut(parts, provider, orphan);
      await tellProvider(parts, provider, [{ grant: orphan, isLast: false, isKept }]);
    },
    showSignInNeeded: grant => showSignInNeeded(parts, grant),
    showWaiting: provider => showWaiting(parts, provider),
    showContested: contested => showContested(parts, contested),
  };
}
