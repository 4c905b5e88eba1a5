import * as vscode from 'vscode';
import type { ChallengeConstraint } from '../challenges/demand.ts';
import type { Log } from '../platform/log.ts';
import { once } from '../platform/once.ts';
import type { Provider } from '../providers/entries/definition.ts';
import type { Accounts } from '../sessions/accounts.ts';
import type { AskedDemand, NamedAccount } from '../sessions/grant/grant.ts';
import { checkAsked } from '../sessions/grant/pseudoScopes.ts';
import type { Session, SessionsChange } from '../sessions/grant/sessions.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { isCancellation } from '../ui/messages.ts';
import type { SignInParts } from '../ui/signIn/signInAndKeep.ts';
import type { SignOutParts } from '../ui/signIn/signOut.ts';

export interface ProviderContext {
  readonly accounts: Accounts;
  readonly cache: GrantCache;
  readonly log: Log;
  /** Loads what is needed in the presence of a user. */
  parts(): Promise<SignInParts & SignOutParts>;
}

/**
 * One provider ID as the editor sees it. The editor calls it for one request at a time, so none of these must hang:
 * `getSessions` never prompts, and `createSession` always settles.
 */
export class OidcAuthenticationProvider implements vscode.AuthenticationProvider, vscode.Disposable {
  readonly #id: string;
  readonly #context: ProviderContext;
  readonly #changes =
    new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  /** Most windows see no challenge. The code for them is loaded with the first one. */
  readonly #challenges = once(async () => {
    const [{ createChallengeAnswers }, { httpContext }] = await Promise.all([
      import('../ui/deferred.ts'),
      this.#context.parts(),
    ]);
    return createChallengeAnswers({ ...this.#context, httpContext, isCancellation });
  });
  readonly #endWatching: () => void;
  readonly #onIdle: () => void;
  #provider: Provider | undefined;
  #signIns = 0;

  readonly onDidChangeSessions = this.#changes.event;

  /** @param onIdle called when the last running sign-in has ended. */
  constructor(id: string, provider: Provider | undefined, context: ProviderContext, onIdle: () => void) {
    this.#onIdle = onIdle;
    this.#id = id;
    this.#provider = provider;
    this.#context = context;
    this.#endWatching = context.cache.onDidChange(change => {
      const grant = change.after ?? change.before;
      // Without settings, no session is shown.
      if (grant?.providerId === id && this.#provider) {
        this.#fire(context.accounts.change(change, this.#provider));
      }
    });
  }

  get provider(): Provider | undefined {
    return this.#provider;
  }

  set provider(provider: Provider | undefined) {
    const before = this.#provider;
    this.#provider = provider;
    if (before?.terms !== provider?.terms) void this.#tellOfOtherSessions(before, provider);
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

  /** True while a user is signing in through this object: then it must stay registered. */
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

  async createSession(
    scopes: readonly string[],
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession> {
    const { session } = await this.#busily(() => this.#signIn(scopes, options?.account));
    return asEditorSession(session);
  }

  /** As {@link getSessions}, for an extension that hands on why a server refused its token. */
  async getSessionsFromChallenges(
    constraint: ChallengeConstraint,
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession[]> {
    if (!this.#provider) return [];
    const challenges = await this.#challenges();
    const sessions = await challenges.sessions(this.#provider, constraint, options?.account);
    return sessions.map(asEditorSession);
  }

  /** As {@link createSession}, with what the server demands of the sign-in. */
  async createSessionFromChallenges(
    constraint: ChallengeConstraint,
    options: vscode.AuthenticationProviderSessionOptions,
  ): Promise<vscode.AuthenticationSession> {
    const challenges = await this.#challenges();
    const session = await this.#busily(() =>
      challenges.signIn(this.#provider, constraint, options?.account, (...asked) => this.#signIn(...asked)),
    );
    return asEditorSession(session);
  }

  /**
   * @param demanding what is requested from the provider in addition.
   * @param asked by an API. Undefined: by the user.
   */
  async #signIn(
    scopes: readonly string[],
    account: NamedAccount | undefined,
    demanding?: (provider: Provider) => Provider,
    asked?: readonly AskedDemand[],
  ): Promise<{ provider: Provider; session: Session }> {
    checkAsked(scopes);
    const { signInAndKeep } = await import('../ui/deferred.ts');
    const parts = await this.#context.parts();
    const provider = this.#provider ?? (await parts.newProviders.ask(this.#id));
    const session = await signInAndKeep(parts, { provider, demanding, scopes, account, asked });
    return { provider, session };
  }

  async #busily<T>(signIn: () => Promise<T>): Promise<T> {
    this.#signIns++;
    try {
      return await signIn();
    } finally {
      this.#signIns--;
      if (!this.busy) this.#onIdle();
    }
  }

  async removeSession(sessionId: string): Promise<void> {
    const { signOut } = await import('../ui/deferred.ts');
    await signOut(await this.#context.parts(), this.#provider, [sessionId]);
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

/**
 * The one place where an access token leaves: to the editor, which asks for consent before it hands it on. The editor's
 * type knows neither `expiresAt` nor `tokenType`, but the editor passes on what it doesn't know, in every extension host,
 * and leaves out what is undefined.
 */
const asEditorSession = ({ id, accessToken, idToken, account, scopes, expiresAt, tokenType }: Session) => ({
  id,
  accessToken: accessToken.reveal(),
  idToken: idToken?.reveal(),
  account,
  scopes,
  expiresAt,
  tokenType,
});
