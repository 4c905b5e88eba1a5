import * as vscode from 'vscode';
import { AccessRefused, refusalOf, tokenRefused } from '../client/refusal.ts';
import { SignInDeclined } from '../client/session.ts';
import type { Log } from '../platform/log.ts';
import { whileRunning } from '../platform/once.ts';
import { l10n } from '../platform/shown.ts';
import type { Allow } from './allowing.ts';
import type { McpConsent } from './consent.ts';
import { createRunningServers } from './runningServers.ts';
import {
  isBound,
  lasting,
  newSessionFor,
  sessionFor,
  silently,
  withNewToken,
  type TokenTimes,
} from './serverSessions.ts';
import type { McpServer } from './settings.ts';

export interface McpServersContext extends TokenTimes {
  readonly log: Log;
  readonly consent: Pick<McpConsent, 'isTakenBack' | 'refuse'>;
  readonly allow: Allow;
  /** Reports that a server wasn't started because the user declined. `again` asks again, then starts it. */
  onDeclined(server: McpServer, to: 'sign-in' | 'token', again: () => void): void;
  /** Reports that a server wasn't started because the token is bound to a key. `again` signs in again, then starts it. */
  onBound(server: McpServer, again: () => void): void;
  /** Reports that a server wasn't started because its provider is another one now. `again` starts it. */
  onProviderChanged(server: McpServer, again: () => void): void;
  /** Reports that a server wasn't started, and why: an {@link AccessRefused} has a message for the user. */
  onFailed(server: McpServer, error: unknown): void;
  /** Starts or restarts a server. */
  start(server: McpServer): Promise<void>;
  /** The definitions have changed: the editor asks for them, and stops the servers whose definition differs. */
  onDidChange(): void;
}

/** The MCP servers of the user's settings, started by the editor with the access token of a sign-in. */
export interface McpServers extends vscode.Disposable {
  update(servers: readonly McpServer[]): void;
  list(): readonly McpServer[];
  /** Describes the servers to the editor. Contains no token, and shows no prompt. */
  definitions(): vscode.McpHttpServerDefinition[];
  /**
   * Completes the definition of a server that is about to start with the token of a session. Asks the user whether
   * the server gets one, and to sign in if there is no session, but not again after the user declined. Simultaneous
   * starts share one decision.
   *
   * @returns undefined if the server must not start.
   */
  resolve(definition: vscode.McpHttpServerDefinition): Promise<vscode.McpHttpServerDefinition | undefined>;
  /**
   * Gets a new token, even if the current one hasn't expired, and restarts the server with it. Asks the user to sign
   * in, even after the user declined, if there is no session or no new token without that.
   *
   * @throws SignInDeclined, or the reason for the missing token. The server isn't restarted then.
   */
  restart(server: McpServer): Promise<void>;
  /** Takes the permission back, and stops the server. */
  refuse(id: string): void;
}

const noOtherToken = ({ providers }: TokenTimes, { providerId }: McpServer): string =>
  l10n.t(
    'The token was refused, and {0} didn’t provide a new one. Try again later.',
    providers.byId(providerId)?.label ?? providerId,
  );

function decline(): never {
  throw new SignInDeclined('declined');
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
    // Takes the URL from the current settings, whatever the editor remembers.
    const server = servers.find(({ label }) => label === definition.label);
    return server && starting(JSON.stringify(server), () => withToken(server));
  };

  /** Keeps the server that the user is asked about, even if the settings change before the user decides. */
  const withToken = async (asked: McpServer): Promise<vscode.McpHttpServerDefinition | undefined> => {
    let server = asked;
    const declined = (to: 'sign-in' | 'token'): undefined => {
      log.info('an MCP server is not started: declined', { server: server.label, to });
      context.onDeclined(server, to, () => void again(server));
    };
    try {
      const permitted = await context.allow(asked, false);
      if (!permitted) return declined('token');
      server = permitted;
      const session = await lasting(context, server, await sessionFor(server, false));
      // From a sign-in before "dpop" was removed from the settings. As a bearer token, no server takes it.
      if (isBound(session)) {
        context.onBound(server, () => void again(server, newSessionFor));
        return undefined;
      }
      await running.started(server, session);
      // Waiting takes as long as the user does: the ID can be that of another provider by now.
      if (context.providers.byId(server.providerId)?.issuer !== server.issuer) {
        running.end(server, 'its provider has changed');
        const start = () => context.start(server).catch((error: unknown) => context.onFailed(server, error));
        context.onProviderChanged(server, () => void start());
        return undefined;
      }
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
      context.onFailed(server, error);
      return undefined;
    }
  };

  /** @throws SignInDeclined, and what `allow` throws. */
  const allowed = async (asked: McpServer): Promise<McpServer> =>
    (await context.allow(asked, true)) ?? decline();

  const again = async (server: McpServer, signIn = sessionFor): Promise<void> => {
    try {
      await signIn(await allowed(server), true);
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
    refuse(id) {
      context.consent.refuse(id);
      const server = servers.find(other => other.id === id);
      if (server) running.end(server, 'its permission was taken back');
    },
    async restart(asked) {
      const server = await allowed(asked);
      const session = await silently(server);
      const fresh = await (session ? withNewToken(server, session) : sessionFor(server, true));
      if (!fresh) throw new AccessRefused(noOtherToken(context, server), refusalOf(tokenRefused));
      await context.start(server);
    },
    dispose() {
      running.dispose();
      watching.dispose();
    },
  };
}
