import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ProviderActions } from '../../authentication/provider.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { readChallengedResource } from '../../signIn/challengedResource.ts';
import type { Plan } from '../../signIn/plan/planner.ts';
import { whileConfigured } from '../../signIn/providerWatch.ts';
import type { Trust } from '../../signIn/trust.ts';
import { failureFields, isCancellation, messageOf, showSignInFailure } from '../messages.ts';
import type { NewProviders } from './newProviders.ts';
import { chooseMethod } from './otherMethods.ts';
import type { SignIns } from './signIns.ts';
import { createSignOutTelling, type SignOutTellingOptions } from './signOutReport.ts';
import type { Repeating } from '../repeating.ts';

export interface ProviderActionsOptions extends SignOutTellingOptions {
  readonly signIns: SignIns;
  readonly newProviders: NewProviders;
  readonly trust: Trust;
  readonly providers: ConfiguredProviders;
  readonly repeating: Repeating;
  /** Starts a sign-in anew, after one that failed. */
  retry(providerId: string, scopes: readonly string[]): void;
  showLog(): void;
}

/** What the providers do when a person is there to see it. */
export function createProviderActions(options: ProviderActionsOptions): ProviderActions {
  const { log, signIns, newProviders } = options;

  const chooseOtherMethod = async (
    provider: Provider,
    scopes: readonly string[],
    plan: Plan,
  ): Promise<void> => {
    const way = await chooseMethod(provider, plan, undefined);
    if (way === undefined) return;
    signIns.choose(provider.id, way);
    options.retry(provider.id, scopes);
  };

  return {
    async signIn(signInRequest) {
      const { provider, scopes } = signInRequest;
      try {
        return await whileConfigured(provider, options.providers, async ended => {
          if (!(await options.trust.check(provider, ended))) {
            ended.throwIfAborted();
            throw new vscode.CancellationError();
          }
          const grant = await signIns.run(signInRequest, ended);
          await newProviders.proved(provider);
          return grant;
        });
      } catch (error) {
        if (isCancellation(error)) {
          newProviders.cancelled(provider);
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
          otherMethods: plan && (() => void chooseOtherMethod(provider, scopes, plan)),
        });
        // The consumer gets the same words as the person, and nothing else.
        throw new Error(messageOf(error));
      }
    },

    configure: id => newProviders.ask(id),

    revoke: createSignOutTelling(options),

    readResource: (...asked) => readChallengedResource(options.httpContext, ...asked),

    onNotKept(provider) {
      const log = l10n.t('Show Log');
      const message = l10n.t(
        'You are signed in to {0}, but the sign-in could not be stored: it ends when this window is closed. Check the keyring of this computer.',
        provider.label,
      );
      void options.repeating.warn(message, log).then(pressed => pressed === log && options.showLog());
    },
  };
}
