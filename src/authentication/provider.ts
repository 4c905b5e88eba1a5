import * as vscode from 'vscode';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Provider, SignOut } from '../providers/entries/definition.ts';
import type { Accounts, SignedOut } from '../sessions/accounts.ts';
import type { Recorder } from '../sessions/activity.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { checkAsked } from '../sessions/grant/pseudoScopes.ts';
import { parseSessionId } from '../sessions/grant/scopes.ts';
import type { Session, SessionsChange } from '../sessions/grant/sessions.ts';
import type { ReadResource } from '../challenges/resource.ts';
import { createChallengeAnswers, type ChallengeAnswers } from '../challenges/answers.ts';
import {
  ChallengeRefused,
  demandingProvider,
  readDemand,
  unmet,
  type ChallengeConstraint,
  type Demand,
} from '../challenges/demand.ts';
import { readableClaims } from '../challenges/claimsRequest.ts';

/** What a provider in the Accounts menu does, apart from the answering of questions. */
export interface ProviderActions {
  /**
   * Signs a person in, visibly and with a way to cancel.
   *
   * @throws Failure, or a `vscode.CancellationError` if the person cancelled.
   */
  signIn(request: {
    provider: Provider;
    scopes: readonly string[];
    grantedScopes: readonly string[];
    loginHint: string | undefined;
  }): Promise<Grant>;
  /** Asks for the provider's settings and keeps them. */
  configure(id: string): Promise<Provider>;
  /**
   * Tells the server that the tokens of grants are no longer needed, and the person once what came of it. The session
   * in the browser ends with the last grant of its account.
   *
   * @param signedOut together, from the same provider.
   * @param how by default as the provider's settings say.
   * @returns when the server knows, or could not be told. Never rejects.
   */
  revoke(provider: Provider | undefined, signedOut: readonly SignedOut[], how?: SignOut): Promise<void>;
  readonly readResource: ReadResource;
  /** A sign-in could not be stored: it ends with this window. */
  onNotKept(provider: Provider): void;
}

export interface ProviderContext {
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly cache: GrantCache;
  readonly log: Log;
  readonly actions: ProviderActions;
  /** Notes what happened for the person to look up. */
  readonly record: Recorder;
}

/**
 * One provider id as the editor sees it. The editor calls it for one request at a time, so that none of these
 * may hang: `getSessions` asks nobody, and `createSession` ends by itself.
 */
export class OidcAuthenticationProvider implements vscode.AuthenticationProvider, vscode.Disposable {
  readonly #id: string;
  readonly #context: ProviderContext;
  readonly #changes =
    new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  readonly #challenges: ChallengeAnswers;
  readonly #endWatching: () => void;
  readonly #onIdle: () => void;
  #provider: Provider | undefined;
  #signIns = 0;

  readonly onDidChangeSessions = this.#changes.event;

  /** @param onIdle called when the last sign-in that was under way has ended. */
  constructor(id: string, provider: Provider | undefined, context: ProviderContext, onIdle: () => void) {
    this.#onIdle = onIdle;
    this.#id = id;
    this.#provider = provider;
    this.#context = context;
    this.#challenges = createChallengeAnswers({
      ...context,
      readResource: (...asked) => context.actions.readResource(...asked),
    });
    this.#endWatching = context.cache.onDidChange(change => {
      const grant = change.after ?? change.before;
      // Without settings, nobody is shown a session.
      if (grant?.providerId === id && this.#provider) {
        this.#fire(context.accounts.change(change, this.#provider));
      }
    });
  }

  /** The provider as it is configured now; undefined if it is not. */
  get provider(): Provider | undefined {
    return this.#provider;
  }

  set provider(provider: Provider | undefined) {
    const before = this.#provider;
    this.#provider = provider;
    if (identityOf(before) !== identityOf(provider)) void this.#tellOfOtherSessions(before, provider);
  }

  /** With another issuer, client or machine, other grants are shown than before. */
  async #tellOfOtherSessions(before: Provider | undefined, after: Provider | undefined): Promise<void> {
    const sessionsOf = async (provider: Provider | undefined) =>
      provider ? this.#context.accounts.sessions(provider, undefined) : [];
    const [old, now] = await Promise.all([sessionsOf(before), sessionsOf(after)]);
    const isIn = (list: readonly Session[]) => (session: Session) => list.some(({ id }) => id === session.id);
    const removed = old.filter(session => !isIn(now)(session));
    this.#fire({
      added: now.filter(session => !isIn(old)(session)),
      removed,
      // The editor drops the whole account of a session that goes.
      changed: removed.length > 0 ? now.filter(isIn(old)) : [],
    });
  }

  /** True while a person is signing in through this object: then it must stay registered. */
  get busy(): boolean {
    return this.#signIns > 0;
  }

  async getSessions(
    scopes: readonly string[] | undefined,
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession[]> {
    if (!this.#provider) return [];
    const sessions = await this.#context.accounts.sessions(this.#provider, scopes, options?.account);
    return sessions.map(asEditorSession);
  }

  createSession(
    scopes: readonly string[],
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession> {
    return this.#signIn(scopes, options?.account);
  }

  /** As {@link getSessions}, for an extension that hands on why a server refused its token. */
  async getSessionsFromChallenges(
    constraint: ChallengeConstraint,
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession[]> {
    if (!this.#provider) return [];
    const demand = await this.#challenges.understand(this.#provider, readDemand(constraint), false);
    const sessions = await this.#challenges.sessions(this.#provider, demand, options?.account);
    return sessions.map(asEditorSession);
  }

  /** As {@link createSession}, with what the server demands of the sign-in. */
  async createSessionFromChallenges(
    constraint: ChallengeConstraint,
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession> {
    const provider = this.#provider;
    const read = readDemand(constraint);
    const demand = provider ? await this.#challenges.understand(provider, read, true) : read;
    const account =
      options?.account ?? (provider && (await this.#challenges.refusedAccount(provider, demand)));
    try {
      return await this.#signIn(demand.scopes, account, demand);
    } catch (error) {
      const isNo = error instanceof vscode.CancellationError || error instanceof ChallengeRefused;
      if (provider && !isNo) this.#challenges.failed(provider, demand);
      throw error;
    }
  }

  async #signIn(
    scopes: readonly string[],
    account: { id: string; label: string } | undefined,
    demand?: Demand,
  ): Promise<vscode.AuthenticationSession> {
    const { accounts, actions, log, record } = this.#context;
    checkAsked(scopes);
    this.#signIns++;
    try {
      const provider = this.#provider ?? (await actions.configure(this.#id));
      const grant = await actions.signIn({
        provider: demand ? demandingProvider(provider, demand) : provider,
        scopes,
        grantedScopes: account ? await accounts.grantedScopes(provider, account, scopes) : [],
        loginHint: account?.label,
      });
      // A new provider counts from its first sign-in on.
      this.#provider ??= provider;
      const { session, kept } = await accounts.add(provider, grant);
      log.info('signed in', { provider: provider.id, account: session.account.label, scopes: [...scopes] });
      record('sign-in', { ...grant, account: session.account });
      if (!kept) actions.onNotKept(provider);
      if (demand) await this.#checkDemand(provider, demand, session);
      return asEditorSession(session);
    } finally {
      this.#signIns--;
      if (!this.busy) this.#onIdle();
    }
  }

  /**
   * The sign-in is kept whatever it lacks: it is a good one, if not good enough for the server that asked.
   *
   * @throws ChallengeRefused
   */
  async #checkDemand(provider: Provider, demand: Demand, session: Session): Promise<void> {
    const { cache, clock } = this.#context;
    const grant = await cache.get(parseSessionId(session.id).grantId);
    if (!grant) return;
    this.#challenges.signedIn(provider, grant, demand);
    const accessToken = readableClaims(session.accessToken.reveal());
    const lack = unmet(demand, grant, clock.now() / 1000, accessToken);
    if (lack !== undefined) throw new ChallengeRefused(lack(provider.label));
  }

  async removeSession(sessionId: string): Promise<void> {
    const signedOut = await this.#forget(sessionId);
    if (signedOut) void this.#context.actions.revoke(this.#provider, [signedOut]);
  }

  /**
   * Signs every account of the provider out.
   *
   * @param how by default here and in the browser.
   * @returns the labels of the accounts, and `told`: when the provider knows, or could not be told.
   */
  async signOutEverywhere(
    how: SignOut = 'revoke-and-end-session',
  ): Promise<{ labels: readonly string[]; told: Promise<void> }> {
    const signedOut: SignedOut[] = [];
    for (const { id } of await this.getSessions(undefined, {})) {
      const ended = await this.#forget(id);
      if (ended) signedOut.push(ended);
    }
    const labels = new Set(signedOut.map(({ grant }) => grant.account.label));
    return { labels: [...labels], told: this.#context.actions.revoke(this.#provider, signedOut, how) };
  }

  /** @returns undefined if there is no such grant: two sessions may be of one. */
  async #forget(sessionId: string): Promise<SignedOut | undefined> {
    const { accounts, log, record } = this.#context;
    const signedOut = await accounts.remove(sessionId, this.#provider);
    if (!signedOut) return undefined;
    const { grant } = signedOut;
    log.info('signed out', { provider: grant.providerId, account: grant.account.label });
    record('sign-out', grant);
    return signedOut;
  }

  #fire({ added, removed, changed }: SessionsChange): void {
    if (added.length + removed.length + changed.length === 0) return;
    this.#changes.fire({
      added: added.map(asEditorSession),
      removed: removed.map(asEditorSession),
      changed: changed.map(asEditorSession),
    });
  }

  dispose(): void {
    this.#endWatching();
    this.#changes.dispose();
  }
}

/** By what grants are attributed to a provider, see `belongsTo`. */
const identityOf = (provider: Provider | undefined): string =>
  JSON.stringify([provider?.issuer, provider?.clientId, provider?.service]);

/** The one place where an access token leaves: to the editor, which asks for consent before it hands it on. */
function asEditorSession(session: Session): vscode.AuthenticationSession {
  return {
    id: session.id,
    accessToken: session.accessToken.reveal(),
    ...(session.idToken && { idToken: session.idToken.reveal() }),
    account: session.account,
    scopes: session.scopes,
  };
}
