import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { Failure } from '../../protocol/failures/failure.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import {
  firstProviderId,
  parseDefinition,
  providerIdProblem,
  type Provider,
  type ProviderDefinition,
} from '../../providers/entries/definition.ts';
import { discovered, lookUp, type FoundServer } from '../../providers/lookUp/lookUp.ts';
import { presets } from '../../providers/presets/presets.ts';
import { readTypedAddress, type TypedAddress } from '../../providers/lookUp/typedAddress.ts';
import { withProgress } from '../cancellation.ts';
import { withSomeClient, wizardTitle, type Answers, type Outcome } from './answers.ts';
import { askClient, askClientId, type RegisteringContext } from './client.ts';
import { kindSettings } from './kinds.ts';
import { askText, back, steps } from './questions.ts';
import { askScopes } from './scopes.ts';
import { askPresetValues, askRecognized, askWhich } from './which.ts';
import { window } from '../show.ts';

export interface AddProviderContext extends RegisteringContext {
  readonly httpContext: HttpContext;
  /** The ids that are taken. */
  ids(): readonly string[];
}

/** A provider as the person has described it. It is not in the settings yet. */
export interface AddedProvider {
  readonly provider: Provider;
  readonly definition: ProviderDefinition;
}

/**
 * Asks for a provider step by step, finds out what it offers, and describes it as settings. Nothing is saved.
 *
 * @param id the id it gets; undefined: the person says.
 * @param answers of an earlier time, to begin with.
 * @throws vscode.CancellationError if the person leaves one of the questions.
 */
export async function askProvider(
  context: AddProviderContext,
  id: string | undefined,
  answers: Answers = {},
): Promise<AddedProvider> {
  const questions = [
    () => askWhich(answers),
    () => askPresetValues(answers),
    () => findOut(context, answers),
    () => askRecognized(answers),
    () => askClient(answers),
    () => askClientId(context, answers, definitionOf(answers)),
    () => askScopes(answers),
    () => askNames(context, answers, id),
  ];
  /** The questions that were really asked, in their order: those that Back leads to. */
  const asked: number[] = [];
  let at = 0;
  while (at < questions.length) {
    const outcome = await questions[at]?.();
    if (outcome === back) {
      at = asked.pop() ?? 0;
      continue;
    }
    if (outcome === 'asked') asked.push(at);
    at++;
  }
  const definition = definitionOf(answers);
  const parsed = parseDefinition(id ?? answers.id ?? firstProviderId, definition);
  if (!parsed.ok)
    throw new Error(parsed.problems.map(({ field, reason }) => `${field} ${reason}`).join('; '));
  return { provider: parsed.provider, definition };
}

/** The settings that the answers make. */
function definitionOf(answers: Answers): ProviderDefinition {
  const { preset, presetValues = {}, found, clientId, clientAuthentication, scopes, label } = answers;
  const server: ProviderDefinition = preset
    ? { preset, ...(Object.keys(presetValues).length > 0 && { presetValues }) }
    : {
        issuer: found?.issuer ?? '',
        ...(found?.metadataUrl !== undefined && { metadataUrl: found.metadataUrl }),
        ...(found?.allowLoopbackHttp === true && { allowLoopbackHttp: true }),
        ...(found?.resource !== undefined && { resource: [found.resource] }),
      };
  return {
    ...(label !== undefined && label !== '' && { label }),
    ...server,
    ...kindSettings(answers),
    ...(clientId !== undefined && clientId !== '' && { clientId }),
    ...(clientAuthentication !== undefined && { clientAuthentication }),
    ...(scopes !== undefined && { scopes: [...scopes] }),
  };
}

/** Asks the server. What goes wrong is shown with a way to change the address. */
async function findOut({ httpContext }: AddProviderContext, answers: Answers): Promise<Outcome> {
  const typed = answers.typed === undefined ? undefined : readTypedAddress(answers.typed);
  const host = hostOf(typed);
  const about = answers.preset ? presets[answers.preset].label : (answers.typed ?? '');
  try {
    const title = host === undefined ? l10n.t('Asking the provider…') : l10n.t('Asking {0}…', host);
    answers.found = await withProgress(title, ({ signal }) =>
      answers.preset && answers.typed === undefined
        ? ofPreset(httpContext, answers, signal)
        : lookUp(httpContext, typed as Exclude<TypedAddress, { kind: 'problem' }>, signal),
    );
    return 'skipped';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    httpContext.log.warn('no provider found', { typed: about, failure: error.code });
    const change = answers.preset ? l10n.t('Change the Values') : l10n.t('Change the Address');
    if ((await window.showErrorMessage(error.message, change)) !== change)
      throw new vscode.CancellationError();
    return back;
  }
}

const hostOf = (typed: TypedAddress | undefined): string | undefined => {
  if (typed?.kind === 'email') return typed.address.slice(typed.address.indexOf('@') + 1);
  return typed && typed.kind !== 'problem' ? new URL(typed.url).host : undefined;
};

async function ofPreset(
  httpContext: HttpContext,
  answers: Answers,
  signal: AbortSignal,
): Promise<FoundServer> {
  const parsed = parseDefinition(firstProviderId, withSomeClient(definitionOf(answers)));
  if (!parsed.ok) throw new Error(parsed.problems.map(({ reason }) => reason).join('; '));
  const { provider } = parsed;
  return discovered(httpContext, provider.issuer, provider, l10n.t('It is a known provider.'), signal);
}

async function askNames(
  context: AddProviderContext,
  answers: Answers,
  fixedId: string | undefined,
): Promise<Outcome> {
  const taken = context.ids();
  const label = await askText({
    title: wizardTitle(),
    step: steps,
    prompt: l10n.t('The name of the provider in the Accounts menu'),
    value: answers.label ?? suggestedLabel(answers),
    problem: text => (text.trim() === '' ? l10n.t('The name must not be empty') : undefined),
  });
  if (label === back) return back;
  answers.label = label;
  if (fixedId !== undefined || !taken.includes(firstProviderId)) return 'asked';
  const id = await askText({
    title: wizardTitle(),
    step: steps,
    prompt: l10n.t('The id of the provider: extensions ask for it by this name'),
    value:
      answers.id ??
      label
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, ''),
    problem: text =>
      taken.includes(text.trim()) ? l10n.t('Another provider has this id') : providerIdProblem(text.trim()),
  });
  if (id === back) return askNames(context, answers, fixedId);
  answers.id = id;
  return 'asked';
}

function suggestedLabel({ preset, presetValues = {}, found }: Answers): string {
  if (!preset) return new URL(found?.issuer ?? '').host;
  const { label, values } = presets[preset];
  return label.replace(
    /\{(\w+)\}/g,
    (_, name: string) => presetValues[name] ?? values[name]?.fallback ?? name,
  );
}
