import * as vscode from 'vscode';
import { SignInDeclined } from '../client/session.ts';
import type { Log } from '../platform/log.ts';
import { whileRunning } from '../platform/once.ts';
import type { McpConsent } from './consent.ts';
import { createRunningServers } from './runningServers.ts';
import { lasting, sessionFor, silently, withNewToken, type TokenTimes } from './serverSessions.ts';
import type { McpServer } from './settings.ts';

export interface McpServersContext extends TokenTimes {
  readonly log: Log;
  readonly consent: McpConsent;
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

export function createMcpServers(context: McpServersContext): McpServers {
  const { log } = context;
  const running = createRunningServers(context, () => context.onDidChange());
  let servers: readonly McpServer[] = [];
  const starting = whileRunning<vscode.McpHttpServerDefinition | undefined>();

  const definitionOf = ({ id, label, url }: McpServer): vscode.McpHttpServerDefinition =>
    // Never sent: the headers of the resolved definition take the place of this one.
    new vscode.McpHttpServerDefinition(label, vscode.Uri.parse(url, true), {
      'Token-Number': `${running.endings(id)}`,
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
      const session = await lasting(context, server, await sessionFor(server, false));
      await running.started(server, session);
      // Last: nothing is waited for between this and the token.
      if (context.consent.isTakenBack(server)) {
        running.end(server, 'its permission was taken back');
        return declined('token');
      }
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
    if (!(await context.consent.check(server, true))) throw new SignInDeclined('declined');
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

  const review = async (providerId: string): Promise<void> => {
    for (const server of servers) if (server.providerId === providerId) await running.review(server);
  };

  const watching = vscode.authentication.onDidChangeSessions(({ provider }) => void review(provider.id));

  return {
    update(wanted) {
      for (const server of servers) {
        const other = wanted.find(({ id }) => id === server.id);
        if (JSON.stringify(other) !== JSON.stringify(server))
          running.end(server, 'its settings have changed');
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
      if (server) running.end(server, 'its permission was taken back');
    },
    async restart(server) {
      await allowed(server);
      const session = await silently(server);
      const fresh = await (session ? withNewToken(server, session) : sessionFor(server, true));
      if (!fresh) {
        log.info('an MCP server is not started anew: there is no fresh token', { server: server.label });
        throw new Error('There is no other token than the one that was refused.');
      }
      await context.start(server);
    },
    dispose() {
      running.dispose();
      watching.dispose();
    },
  };
}
