import { l10n } from '../platform/shown.ts';
import * as vscode from 'vscode';
import type { SessionInfo } from '../client/sessionInfo.ts';
import { answerRefusal, refusalOf, tokenRefused } from '../client/refusal.ts';
import { requireSession, SignInDeclined, type AuthorizedOptions } from '../client/session.ts';
import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { whileRunning } from '../platform/once.ts';
import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { McpConsent } from './consent.ts';
import type { McpServer } from './settings.ts';

/** So long before a token ends, in seconds, no server is left running on it. */
const margin = 10;

/** A server is not started on a token with less time left than this, in seconds, if most of its time is over. */
const fairRun = 600;

export interface McpServersContext {
  readonly providers: ConfiguredProviders;
  readonly clock: Clock;
  readonly log: Log;
  readonly consent: McpConsent;
  /** See `OidcAuthenticationApi.describe`. */
  describe(session: vscode.AuthenticationSession): Promise<SessionInfo>;
  /** A server was not started because the person said no to that. `again` asks again, then starts it. */
  onDeclined(server: McpServer, to: 'sign-in' | 'token', again: () => void): void;
  /** A server was not started because its session could not be had. */
  onFailed(server: McpServer, error: unknown): void;
  /** Starts a server, or starts it anew. */
  start(server: McpServer): Promise<void>;
  /** The definitions have changed: the editor asks for them, and stops the servers whose definition differs. */
  onDidChange(): void;
}

/** The MCP servers of the person's settings, started by the editor with the access token of a sign-in. */
export interface McpServers extends vscode.Disposable {
  update(servers: readonly McpServer[]): void;
  list(): readonly McpServer[];
  /** What the editor is to know of the servers. No token is in it, and nobody is asked for anything. */
  definitions(): vscode.McpHttpServerDefinition[];
  /**
   * The definition to start a server with: with the token of a session. The person is asked whether the server gets
   * one, and for a session if there is none, but not again after a no. Starts at the same time share one answer.
   *
   * @returns undefined if it is not to be started.
   */
  resolve(definition: vscode.McpHttpServerDefinition): Promise<vscode.McpHttpServerDefinition | undefined>;
  /**
   * Gets a new token, whatever the expiry of the one there is, and starts the server anew with it. Asks the
   * person to sign in, even after a no, if there is no session or no new token without that.
   *
   * @throws SignInDeclined, or what kept it from getting a new token; then the server is not started anew.
   */
  restart(server: McpServer): Promise<void>;
  /** Takes the permission back, and stops the server. */
  refuse(id: string): Promise<void>;
}

/** A server that was given a token, as long as it may be running on it. */
interface Running {
  readonly token: string;
  readonly account: vscode.AuthenticationSessionAccountInformation;
  readonly cancelTimer: Cancel | undefined;
}

export function createMcpServers(context: McpServersContext): McpServers {
  const { clock, log } = context;
  const running = new Map<string, Running>();
  /** How often a server's token has ended; a definition that differs makes the editor stop the server. */
  const endings = new Map<string, number>();
  let servers: readonly McpServer[] = [];
  const starting = whileRunning<vscode.McpHttpServerDefinition | undefined>();

  const forget = (id: string): void => {
    running.get(id)?.cancelTimer?.();
    running.delete(id);
  };

  /** Has the editor stop a server. It starts it again, with a token of then, as soon as a tool of it is used. */
  const end = ({ id, label }: McpServer, why: string): void => {
    if (!running.has(id)) return;
    forget(id);
    endings.set(id, (endings.get(id) ?? 0) + 1);
    log.info('an MCP server is stopped until it is used again', { server: label, why });
    context.onDidChange();
  };

  /** Of the session's token: the seconds that are left of it, and those it was given. Undefined if it has no end. */
  const timeOf = async (
    session: vscode.AuthenticationSession,
  ): Promise<{ left: number; whole: number } | undefined> => {
    const known = await context.describe(session).then(
      info => info,
      // A provider of another extension, or a token that was renewed this moment.
      () => undefined,
    );
    if (known?.expiresAt === undefined) return undefined;
    return { left: known.expiresAt - clock.now() / 1000, whole: known.expiresAt - known.receivedAt };
  };

  /**
   * A session whose token lasts: what a tool is doing when the token ends is lost, so that a server is better begun
   * with a new one than with what is left of the old.
   */
  const lasting = async (
    server: McpServer,
    session: vscode.AuthenticationSession,
  ): Promise<vscode.AuthenticationSession> => {
    const time = await timeOf(session);
    const isFair = !time || time.left >= Math.min(fairRun, time.whole / 2);
    // Where a new token ends the old one, other servers may be running on that.
    if (isFair || context.providers.byId(server.providerId)?.refreshEndsAccessToken) return session;
    return (await renewed(server, session, 'Bearer', { signIn: 'never' }).catch(() => undefined)) ?? session;
  };

  /** Notes which token a server runs on, to stop it before that ends. */
  const watch = async (server: McpServer, session: vscode.AuthenticationSession): Promise<void> => {
    const left = (await timeOf(session))?.left;
    forget(server.id);
    // A token of a few seconds is used for most of them.
    const wait = left === undefined ? undefined : Math.max(left - margin, left * 0.8, 0);
    const cancelTimer =
      wait === undefined ? undefined : clock.after(wait * 1000, () => end(server, 'its token ends'));
    running.set(server.id, { token: session.accessToken, account: session.account, cancelTimer });
  };

  /** For the person who has to sign in. */
  const detailOf = ({ label, url }: McpServer): string =>
    l10n.t('The MCP server “{0}” ({1}) will be sent your access token.', label, new URL(url).host);

  const sessionFor = (server: McpServer, askAgain: boolean): Promise<vscode.AuthenticationSession> =>
    requireSession(server.providerId, server.scopes, { detail: detailOf(server), askAgain });

  const definitionOf = ({ id, label, url }: McpServer): vscode.McpHttpServerDefinition =>
    // Never sent: the headers of the resolved definition take the place of this one.
    new vscode.McpHttpServerDefinition(label, vscode.Uri.parse(url, true), {
      'Token-Number': `${endings.get(id) ?? 0}`,
    });

  const resolve = async (
    definition: vscode.McpHttpServerDefinition,
  ): Promise<vscode.McpHttpServerDefinition | undefined> => {
    // The address comes from the settings of now, whatever the editor remembers.
    const server = servers.find(({ label }) => label === definition.label);
    return server && starting(JSON.stringify(server), () => withToken(server));
  };

  /** The server is the one that the person is asked about, whatever the settings say when they answer. */
  const withToken = async (server: McpServer): Promise<vscode.McpHttpServerDefinition | undefined> => {
    const declined = (to: 'sign-in' | 'token'): undefined => {
      log.info('an MCP server is not started: declined', { server: server.label, to });
      context.onDeclined(server, to, () => void again(server));
    };
    try {
      if (!(await context.consent.check(server, false))) return declined('token');
      const session = await lasting(server, await sessionFor(server, false));
      await watch(server, session);
      log.info('an MCP server gets the access token of a session', {
        server: server.label,
        host: new URL(server.url).host,
        provider: server.providerId,
        account: session.account.label,
      });
      const { label, uri } = definitionOf(server);
      return new vscode.McpHttpServerDefinition(label, uri, {
        Authorization: `Bearer ${session.accessToken}`,
      });
    } catch (error) {
      if (error instanceof SignInDeclined) return declined('sign-in');
      log.info('an MCP server is not started', { server: server.label, provider: server.providerId });
      context.onFailed(server, error);
      return undefined;
    }
  };

  /** @throws SignInDeclined */
  const allowed = async (server: McpServer): Promise<void> => {
    if (!(await context.consent.check(server, true))) throw new SignInDeclined();
  };

  const again = async (server: McpServer): Promise<void> => {
    try {
      await allowed(server);
      await sessionFor(server, true);
      await context.start(server);
    } catch (error) {
      if (!(error instanceof SignInDeclined)) context.onFailed(server, error);
    }
  };

  /** What has become of the tokens that servers run on. */
  const review = async (providerId: string): Promise<void> => {
    for (const server of servers) {
      const known = running.get(server.id);
      if (server.providerId !== providerId || !known) continue;
      const { token, account } = known;
      const session = await silently(server, account);
      if (running.get(server.id)?.token !== token) continue;
      // Another account that is allowed is somebody else.
      if (session?.account.id !== account.id) end(server, 'signed out');
      else if (session.accessToken !== token && context.providers.byId(providerId)?.refreshEndsAccessToken) {
        end(server, 'its token was replaced');
      }
    }
  };

  const silently = async (
    { providerId, scopes }: McpServer,
    account?: vscode.AuthenticationSessionAccountInformation,
  ) =>
    vscode.authentication.getSession(providerId, scopes, { ...(account && { account }), silent: true }).then(
      session => session,
      () => undefined,
    );

  const watching = vscode.authentication.onDidChangeSessions(({ provider }) => void review(provider.id));

  return {
    update(wanted) {
      for (const server of servers) {
        const other = wanted.find(({ id }) => id === server.id);
        if (JSON.stringify(other) !== JSON.stringify(server)) end(server, 'its settings have changed');
      }
      const changed = JSON.stringify(wanted) !== JSON.stringify(servers);
      servers = wanted;
      if (changed) context.onDidChange();
    },
    list: () => servers,
    definitions: () => servers.map(definitionOf),
    resolve,
    async refuse(id) {
      await context.consent.refuse(id);
      const server = servers.find(other => other.id === id);
      if (server) end(server, 'its permission was taken back');
    },
    async restart(server) {
      await allowed(server);
      const session = await silently(server);
      const fresh = session
        ? await renewed(server, session, tokenRefused, { detail: detailOf(server), askAgain: true })
        : await sessionFor(server, true);
      if (!fresh) {
        log.info('an MCP server is not started anew: there is no fresh token', { server: server.label });
        throw new Error('There is no other token than the one that was refused.');
      }
      await context.start(server);
    },
    dispose() {
      for (const id of [...running.keys()]) forget(id);
      watching.dispose();
    },
  };
}

/** As if the server had refused the token that there is: it is renewed though it has not ended. */
const renewed = (
  { providerId, scopes }: McpServer,
  session: vscode.AuthenticationSession,
  challenge: string,
  options: AuthorizedOptions,
): Promise<vscode.AuthenticationSession | undefined> =>
  answerRefusal(providerId, scopes, options, session, refusalOf(challenge));
