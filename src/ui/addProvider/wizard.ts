import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { Secret } from '../../platform/secret.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import { discovered, lookUp } from '../../providers/lookUp/lookUp.ts';
import { readTypedAddress } from '../../providers/lookUp/typedAddress.ts';
import type { Provider, ProviderDefinition } from '../../providers/entries/definition.ts';
import { definitionOf, idOf, presetName, providerOf } from './answers.ts';
import { createBoxes, type Move } from './boxes.ts';
import { hostOf } from './client.ts';
import { withFound } from './pages.ts';
import { stepsDocument } from './register.ts';
import type { Facts, WizardState } from './state.ts';
import { troubleOf } from './where.ts';

export interface WizardContext {
  readonly httpContext: HttpContext;
  showLog(): void;
  /**
   * Opens a document, and a message that leads back to the wizard.
   *
   * @throws vscode.CancellationError if the user closes the message.
   */
  showSteps(host: string, text: string): Promise<void>;
  showDiagnosis(provider: Provider): Promise<void>;
}

/** A provider as the user described it, not in the settings yet. */
export interface AddedProvider {
  readonly provider: Provider;
  readonly definition: ProviderDefinition;
  readonly secret: Secret | undefined;
  /** False: it is to be saved without a proof that it works. */
  readonly signIn: boolean;
}

/**
 * Asks for a provider, finds out what it offers, and describes it as settings. Saves nothing.
 *
 * @param keep receives the state of the wizard, each time that it changes.
 * @throws vscode.CancellationError if the user leaves.
 */
export async function askProvider(
  context: WizardContext,
  facts: Facts,
  start: WizardState,
  keep: (state: WizardState) => void,
): Promise<AddedProvider> {
  const boxes = createBoxes(facts, keep);
  let state = start;
  try {
    for (;;) {
      const { next, effect } = await boxes.show(state);
      state = next;
      if (effect?.do === 'look-up') state = await found(context, state, facts, boxes.show);
      else if (effect?.do === 'finish') {
        keep(state);
        const { answers } = state;
        const provider = providerOf(answers, facts.fixedId ?? idOf(answers, facts.taken));
        return {
          provider,
          definition: definitionOf(answers),
          secret: answers.secret,
          signIn: effect.signIn,
        };
      } else if (effect?.do === 'copy') await vscode.env.clipboard.writeText(effect.text);
      else if (effect?.do === 'open') await vscode.env.openExternal(vscode.Uri.parse(effect.address));
      else if (effect?.what === 'log') context.showLog();
      else if (effect?.what === 'steps') {
        // It would cover the steps.
        boxes.close();
        await context.showSteps(hostOf(state.answers), stepsDocument(state.answers, facts));
      } else if (effect) await context.showDiagnosis(providerOf(state.answers, facts.fixedId));
    }
  } finally {
    boxes.dispose();
  }
}

/** Looks the provider up, until the user does something else. Failures are shown in the page. */
async function found(
  context: WizardContext,
  state: WizardState,
  facts: Facts,
  show: (state: WizardState) => Promise<Move>,
): Promise<WizardState> {
  const { httpContext } = context;
  const { answers } = state;
  const { preset, typed: text } = answers;
  const typed = text === undefined ? undefined : readTypedAddress(text);
  const about =
    typed?.kind === 'email'
      ? typed.address
      : typed && typed.kind !== 'problem'
        ? new URL(typed.url).host
        : preset && presetName(preset);
  const abort = new AbortController();
  const ask = async (): Promise<WizardState> => {
    try {
      if (typed && typed.kind !== 'problem')
        return withFound(state, await lookUp(httpContext, typed, abort.signal), facts);
      const { found: _, ...unfound } = answers;
      const provider = providerOf(unfound);
      const how = l10n.t('It is a known provider.');
      return withFound(
        state,
        await discovered(httpContext, provider.issuer, provider, how, abort.signal),
        facts,
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      httpContext.log.warn('no provider found', { typed: about ?? '', failure: error.code });
      return { ...state, trouble: troubleOf(error) };
    }
  };
  try {
    const waiting = { ...state, waiting: l10n.t('Connecting to {0}…', about ?? '') };
    return await Promise.race([ask(), show(waiting).then(({ next }) => next)]);
  } finally {
    abort.abort();
  }
}
