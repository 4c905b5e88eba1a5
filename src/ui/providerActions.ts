import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ProviderActions } from '../authentication/provider.ts';
import type { Log } from '../platform/log.ts';
import { createState } from '../protocol/authorizationRequest.ts';
import { Failure } from '../protocol/failure.ts';
import type { Provider } from '../providers/definition.ts';
import type { Recorder } from '../sessions/activity.ts';
import type { Grant } from '../sessions/grant.ts';
import { readChallengedResource } from '../signIn/challengedResource.ts';
import { endGrantSession, revokeGrant, type GrantServices } from '../signIn/keepGrant.ts';
import type { PendingResponses } from '../signIn/pendingResponses.ts';
import type { Plan } from '../signIn/planner.ts';
import type { OpenRedirect } from '../signIn/redirect/redirect.ts';
import { whileConfigured, type ConfiguredNow } from '../signIn/providerWatch.ts';
import { uriHandlerAddress } from '../signIn/redirect/uriHandler.ts';
import type { Trust } from '../signIn/trust.ts';
import { isCancellation, messageOf, showSignInFailure } from './messages.ts';
import type { NewProviders } from './newProviders.ts';
import { chooseWay } from './otherWays.ts';
import { openBrowser, type SignIns } from './signIns.ts';
import type { Repeating } from './repeating.ts';

export interface ProviderActionsOptions extends GrantServices {
  readonly log: Log;
  readonly signIns: SignIns;
  readonly record: Recorder;
  readonly pending: PendingResponses;
  readonly newProviders: NewProviders;
  readonly trust: Trust;
  readonly configured: ConfiguredNow;
  readonly repeating: Repeating;
  readonly extensionId: string;
  /** Starts a sign-in anew, after one that failed. */
  retry(providerId: string, scopes: readonly string[]): void;
  showLog(): void;
}

/** What the providers do when a person is there to see it. */
export function createProviderActions(options: ProviderActionsOptions): ProviderActions {
  const { log, signIns, extensionId, record, newProviders } = options;

  const chooseOtherWay = async (provider: Provider, scopes: readonly string[], plan: Plan): Promise<void> => {
    const way = await chooseWay(provider, plan, undefined);
    if (way === undefined) return;
    signIns.choose(provider.id, way);
    options.retry(provider.id, scopes);
  };

  return {
    async signIn(wish) {
      const { provider, scopes } = wish;
      try {
        return await whileConfigured(provider, options.configured, async ended => {
          if (!(await options.trust.check(provider, ended))) {
            ended.throwIfAborted();
            throw new vscode.CancellationError();
          }
          const grant = await signIns.run(wish, ended);
          await newProviders.proved(provider);
          return grant;
        });
      } catch (error) {
        if (isCancellation(error)) {
          log.info('sign-in cancelled', { provider: provider.id });
          throw error;
        }
        log.error('sign-in failed', { provider: provider.id, ...failureFields(error) });
        if (newProviders.failed(provider, error)) throw new Error(messageOf(error));
        if (error instanceof Failure && error.code === 'provider-removed') {
          // There is nothing to try again with.
          void vscode.window.showWarningMessage(error.message);
          throw new Error(error.message);
        }
        const plan = signIns.latestPlan(provider.id);
        void showSignInFailure(provider, error, {
          retry: () => options.retry(provider.id, scopes),
          showLog: () => options.showLog(),
          otherWays: plan && (() => void chooseOtherWay(provider, scopes, plan)),
        });
        // The consumer gets the same words as the person, and nothing else.
        throw new Error(messageOf(error));
      }
    },

    configure: id => newProviders.ask(id),

    async revoke(provider, grant, how = provider?.signOut) {
      // Nobody signed in in a browser where the client did so by itself.
      const isPerson = grant.binding.machine === undefined;
      await tellServer(provider, grant);
      if (provider && isPerson && how === 'revoke-and-end-session') await endInBrowser(provider, grant);
    },

    readResource: (...asked) => readChallengedResource(options.wire, ...asked),

    onNotKept(provider) {
      const log = l10n.t('Show Log');
      const message = l10n.t(
        'You are signed in to {0}, but the sign-in could not be stored: it ends when this window is closed. Check the keyring of this computer.',
        provider.label,
      );
      void options.repeating.warn(message, log).then(pressed => pressed === log && options.showLog());
    },
  };

  /** Ends the session in the browser, in which otherwise the next sign-in would ask for no password. */
  async function endInBrowser(provider: Provider, grant: Grant): Promise<void> {
    const { label } = provider;
    const { signal } = new AbortController();
    try {
      const outcome = await endGrantSession(options, provider, grant, {
        redirect: await signedOutRedirect(provider),
        timeout: 120,
        signal,
        openBrowser: address => openBrowser(address, signal),
      });
      log.info('session at the provider', { provider: provider.id, outcome });
      void vscode.window.showInformationMessage(signedOutText(outcome, label));
    } catch (error) {
      log.warn('session at the provider not ended', { provider: provider.id, ...failureFields(error) });
      record(
        'failure',
        grant,
        l10n.t('The session in the browser could not be ended. {0}', messageOf(error)),
      );
      void warnOf(provider, l10n.t('You are signed out of {0} here. {1}', label, messageOf(error)));
    }
  }

  async function signedOutRedirect({ redirect }: Provider): Promise<OpenRedirect | undefined> {
    const path = redirect.signedOutPath;
    if (path === undefined) return undefined;
    const state = createState();
    const { response, drop } = options.pending.expect(state, path);
    const redirectUri = await uriHandlerAddress(extensionId).of(path);
    return { redirectUri, state, response, close: drop };
  }

  async function tellServer(provider: Provider | undefined, grant: Grant): Promise<void> {
    const { account, providerId } = grant;
    if (!provider) {
      log.warn('signed out without telling the provider, which is no longer configured', {
        provider: providerId,
      });
      record(
        'failure',
        grant,
        l10n.t('The provider could not be told of the sign-out: it is no longer configured.'),
      );
      return;
    }
    try {
      const outcome = await revokeGrant(options, provider, grant);
      log.info('tokens given back', { provider: providerId, account: account.label, outcome });
      if (outcome === 'unsupported') record('failure', grant, l10n.t('The provider takes no tokens back.'));
      else record('revocation', grant);
    } catch (error) {
      log.warn('tokens could not be given back', { provider: providerId, ...failureFields(error) });
      record(
        'failure',
        grant,
        l10n.t('The provider could not be told of the sign-out. {0}', messageOf(error)),
      );
      void warnOf(
        provider,
        l10n.t(
          'You are signed out of {0} here, but the provider could not be told; what was granted to {1} ends there by itself later. {2}',
          provider.label,
          account.label,
          messageOf(error),
        ),
      );
    }
  }
}

function signedOutText(outcome: 'ended' | 'opened' | 'unsupported', label: string): string {
  switch (outcome) {
    case 'ended':
      return l10n.t('You are signed out of {0}, here and in the browser.', label);
    case 'opened':
      return l10n.t(
        'You are signed out of {0} here. In the browser, {0} shows whether you are signed out there.',
        label,
      );
    case 'unsupported':
      return l10n.t(
        'You are signed out of {0} here. {0} offers no way to end the session in the browser from here.',
        label,
      );
  }
}

/** About a sign-out, which is over: nothing is left to be tried again, but what was in its way can be found out. */
async function warnOf({ id }: Provider, message: string): Promise<void> {
  const button = l10n.t('Diagnose');
  if ((await vscode.window.showWarningMessage(message, button)) === button)
    await vscode.commands.executeCommand('oidc.diagnoseProvider', id);
}

const failureFields = (error: unknown): { failure: string; reason?: string } =>
  error instanceof Failure
    ? { failure: error.code, reason: error.message }
    : { failure: error instanceof Error ? error.name : 'unknown' };
