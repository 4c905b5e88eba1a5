import * as vscode from 'vscode';
import type { ProviderActions } from '../authentication/provider.ts';
import type { Log } from '../platform/log.ts';
import type { Secret } from '../platform/secret.ts';
import { Failure } from '../protocol/failure.ts';
import type { Wire } from '../protocol/wire.ts';
import type { Provider } from '../providers/definition.ts';
import type { Grant } from '../sessions/grant.ts';
import type { Redirect } from '../signIn/redirect/redirect.ts';
import { addProvider } from './addFirstProvider.ts';
import { isCancellation, messageOf, showSignInFailure } from './messages.ts';
import { withSignInProgress } from './signInProgress.ts';

export interface ProviderActionsOptions {
  readonly wire: Wire;
  readonly log: Log;
  readonly redirect: Redirect;
  readonly extensionId: string;
  /** How long a person may take in the browser, in seconds. */
  timeout(): number;
  /** Starts a sign-in anew, after one that failed. */
  retry(providerId: string, scopes: readonly string[]): void;
  showLog(): void;
}

/** What the providers do when a person is there to see it. */
export function createProviderActions(options: ProviderActionsOptions): ProviderActions {
  const { wire, log, redirect, extensionId } = options;
  return {
    async signIn({ provider, scopes, grantedScopes, loginHint }) {
      try {
        // Loaded here: a window in which nobody signs in does without it.
        const { signIn } = await import('../signIn/signIn.ts');
        return await withSignInProgress(provider, (progress, signal) =>
          signIn(
            { wire, log, redirect, openBrowser, timeout: options.timeout() },
            { provider, scopes, grantedScopes, loginHint, progress, signal },
          ),
        );
      } catch (error) {
        if (isCancellation(error)) {
          log.info('sign-in cancelled', { provider: provider.id });
          throw error;
        }
        log.error('sign-in failed', { provider: provider.id, ...failureFields(error) });
        void showSignInFailure(provider.label, error, {
          retry: () => options.retry(provider.id, scopes),
          showLog: () => options.showLog(),
        });
        // The consumer gets the same words as the person, and nothing else.
        throw new Error(messageOf(error));
      }
    },

    configure: id => addProvider(id, wire, extensionId),

    revoke(provider, grant) {
      void tellServer(provider, grant);
    },

    onNotKept(provider) {
      void vscode.window.showWarningMessage(
        `You are signed in to ${provider.label}, but ${notKept.charAt(0).toLowerCase()}${notKept.slice(1)}`,
      );
    },
  };

  async function tellServer(provider: Provider | undefined, grant: Grant): Promise<void> {
    const { account, providerId } = grant;
    if (!provider) {
      log.warn('signed out without telling the provider, which is no longer configured', {
        provider: providerId,
      });
      return;
    }
    try {
      const { revokeGrant } = await import('../signIn/keepGrant.ts');
      const outcome = await revokeGrant(wire, provider, grant);
      log.info('tokens given back', { provider: providerId, account: account.label, outcome });
    } catch (error) {
      log.warn('tokens could not be given back', { provider: providerId, ...failureFields(error) });
      void vscode.window.showWarningMessage(
        `You are signed out of ${provider.label} here, but the provider could not be told; what was granted to ${account.label} ends there by itself later. ${messageOf(error)}`,
      );
    }
  }
}

const notKept =
  'The sign-in could not be stored: it ends when this window is closed. Check the keyring of this computer.';

const failureFields = (error: unknown): { failure: string; reason?: string } =>
  error instanceof Failure
    ? { failure: error.code, reason: error.message }
    : { failure: error instanceof Error ? error.name : 'unknown' };

/**
 * Opens an address in the person's browser. The typings ask for a `Uri`, but that decodes and encodes the
 * address again, which changes escapes within escapes (`%26` in a redirect URI); text is passed on as it is.
 */
async function openBrowser(address: Secret): Promise<boolean> {
  return vscode.env.openExternal(address.reveal() as unknown as vscode.Uri);
}
