import type * as vscode from 'vscode';
import type { Cancel } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { silently, timeOf, type TokenTimes } from './serverSessions.ts';
import type { McpServer } from './settings.ts';

/** So long before a token ends, in seconds, no server is left running on it. */
const margin = 10;

/** A server that got a token, while it might be running on it. */
interface Running {
  readonly token: string;
  readonly account: vscode.AuthenticationSessionAccountInformation;
  readonly cancelTimer: Cancel | undefined;
}

/** Which servers run, and on which tokens. The editor stops a server whose definition differs from before. */
export function createRunningServers(context: TokenTimes & { readonly log: Log }, onDidChange: () => void) {
  const running = new Map<string, Running>();
  const endings = new Map<string, number>();

  const forget = (id: string): void => {
    running.get(id)?.cancelTimer?.();
    running.delete(id);
  };

  /** Has the editor stop a server. It starts it again, with a token of then, as soon as a tool of it is used. */
  const end = ({ id, label }: McpServer, why: string): void => {
    if (!running.has(id)) return;
    forget(id);
    endings.set(id, (endings.get(id) ?? 0) + 1);
    context.log.info('an MCP server is stopped until it is used again', { server: label, why });
    onDidChange();
  };

  return {
    end,
    /** How often a server's token has ended: another number in its definition makes the editor stop it. */
    endings: (id: string): number => endings.get(id) ?? 0,
    /** Notes which token a server runs on, to stop it before that ends. */
    async started(server: McpServer, session: vscode.AuthenticationSession): Promise<void> {
      const left = (await timeOf(context, session))?.left;
      forget(server.id);
      // A token of a few seconds is used for most of them.
      const wait = left === undefined ? undefined : Math.max(left - margin, left * 0.8, 0);
      const cancelTimer =
        wait === undefined
          ? undefined
          : context.clock.after(wait * 1000, () => end(server, 'its token ends'));
      running.set(server.id, { token: session.accessToken, account: session.account, cancelTimer });
    },
    /** What has become of the token that a server runs on. */
    async review(server: McpServer): Promise<void> {
      const known = running.get(server.id);
      if (!known) return;
      const { token, account } = known;
      const session = await silently(server, account);
      if (running.get(server.id)?.token !== token) return;
      const provider = context.providers.byId(server.providerId);
      // Another account that is allowed is another user.
      if (session?.account.id !== account.id) end(server, 'signed out');
      else if (session.accessToken !== token && provider?.refreshEndsAccessToken) {
        end(server, 'its token was replaced');
      }
    },
    dispose() {
      for (const id of [...running.keys()]) forget(id);
    },
  };
}
