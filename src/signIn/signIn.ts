import * as l10n from '@vscode/l10n';
import { Failure } from '../protocol/failures/failure.ts';
import type { Metadata } from '../protocol/server/metadata.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { methodName, type ProviderMethod, type SignInMethod } from '../providers/settings/signInMethods.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import { signInWithBrowser } from './methods/browserSignIn.ts';
import type { SignInContext, SignInControl, SignInRequest } from './methods/context.ts';
import { signInWithDeviceCode, type DeviceAttempt } from './methods/deviceSignIn.ts';
import { signInAsService } from './methods/serviceSignIn.ts';
import { describePlan, planSignIn, type Plan } from './plan/planner.ts';
import { withheldTokens } from './plan/readableResponses.ts';

export type { SignInContext, SignInControl, SignInRequest, SignInStage } from './methods/context.ts';

/**
 * Signs a person in: plans how, tries the first way, and goes on to the next if the surroundings let it fail.
 * It always settles: with a grant, a failure, or the signal's reason. Nothing of it is left behind then: no
 * listener, no timer, no polling, nothing that waits for an answer; but a token request under way comes to its end, so
 * that its tokens can be given back.
 *
 * @throws Failure
 */
export async function signIn(context: SignInContext, request: SignInRequest): Promise<Grant> {
  const { provider, signal } = request;
  const { log } = context;

  request.progress('asking-provider');
  const { metadata, plan, withheld } = await planFor(context, provider, signal);
  log.info('sign-in planned', { provider: provider.id, ...describePlan(plan) });

  const running = new RunningSignIn(signal);
  request.onPlan?.(plan, running);
  try {
    const left = plan.tries.map(({ way }) => way);
    let next = request.way ?? left.shift();
    let chosen = request.way !== undefined;
    for (;;) {
      if (next === undefined) throw withheld ?? noMethod(metadata, plan);
      const way: SignInMethod = next;
      // A code that nobody has chosen is explained (RFC 8628 section 5.4).
      const isChosen = chosen || methodFor(context, provider) !== 'auto';
      const why = isChosen ? undefined : plan.tries.find(planned => planned.way === way)?.reason;
      const outcome = await attempt(context, request, { metadata, why }, running, way);
      if (outcome.kind === 'signed-in') return outcome.grant;
      if (outcome.kind === 'other-way') {
        log.info('another way was chosen', { provider: provider.id, way: outcome.way });
        next = outcome.way;
        chosen = true;
        continue;
      }
      const { failure } = outcome;
      const isDenied = way === 'device-code' && !isChosen && !outcome.codeShown && isRefusal(failure);
      next = left.find(candidate => candidate !== way) ?? (isDenied ? plan.offered[0]?.way : undefined);
      if (!(isOfSurroundings(failure) || isDenied) || next === undefined || chosen) throw failure;
      left.splice(0, left.indexOf(next) + 1);
      log.warn('this way to sign in failed, going on', { way, failure: failure.code, next });
      context.tell(l10n.t('{0} Going on another way: {1}.', failure.message, methodName(next)));
    }
  } finally {
    running.end();
  }
}

/** How a sign-in to a provider would go from here. */
export async function planFor(
  context: SignInContext,
  provider: Provider,
  signal?: AbortSignal,
): Promise<{ metadata: Metadata; plan: Plan; withheld: Failure | undefined }> {
  const { metadata } = await context.httpContext.metadata.get(provider.issuer, provider, signal);
  const { surroundings } = context;
  const withheld =
    surroundings.runsIn === 'web-worker'
      ? await withheldTokens(context.httpContext, provider, metadata, signal)
      : undefined;
  const plan = planSignIn({
    surroundings,
    withholdsTokens: withheld !== undefined,
    metadata,
    provider,
    method: methodFor(context, provider),
    hasClientDocument: context.clientDocument !== undefined,
    failed: [...(context.failedMethods.get(provider.id) ?? [])],
  });
  return { metadata, plan, withheld };
}

const methodFor = ({ method }: SignInContext, { signInMethod }: Provider): ProviderMethod =>
  signInMethod ?? method;

type Outcome =
  | { readonly kind: 'signed-in'; readonly grant: Grant }
  | { readonly kind: 'other-way'; readonly way: SignInMethod }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly codeShown: boolean };

/** @throws what is not a failure: the signal's reason above all. */
async function attempt(
  context: SignInContext,
  request: SignInRequest,
  { metadata, why }: DeviceAttempt,
  running: RunningSignIn,
  way: SignInMethod,
): Promise<Outcome> {
  let codeShown = false;
  const own: SignInRequest = {
    ...request,
    signal: running.begin(way),
    progress(stage, authorization) {
      codeShown ||= stage === 'waiting-for-code';
      request.progress(stage, authorization);
    },
  };
  const { id } = request.provider;
  const begin = (): Promise<Grant> => {
    switch (way) {
      case 'device-code':
        return signInWithDeviceCode(context, own, { metadata, why });
      case 'client-credentials':
      case 'impersonation':
      case 'token-exchange':
        return signInAsService(context, own, metadata);
      default:
        return signInWithBrowser(context, own, { way, metadata, onPaste: take => running.takePasted(take) });
    }
  };
  try {
    const grant = await begin();
    context.failedMethods.get(id)?.delete(way);
    return { kind: 'signed-in', grant };
  } catch (error) {
    request.signal.throwIfAborted();
    if (running.chosen !== undefined) return { kind: 'other-way', way: running.chosen };
    if (!(error instanceof Failure)) throw error;
    if (isOfSurroundings(error) || error.code === 'no-response') {
      const failed = context.failedMethods.get(id) ?? new Set();
      context.failedMethods.set(id, failed.add(way));
    }
    return { kind: 'failed', failure: error, codeShown };
  }
}

/** Failures of one way back that leave the others untouched. */
const isOfSurroundings = ({ code }: Failure): boolean => code === 'port-taken' || code === 'redirect-refused';

/**
 * Before a code is shown, a server that offers device codes refuses them so to a client that is not allowed to have
 * them. That client may well sign in with the browser.
 */
const isRefusal = ({ code }: Failure): boolean => code === 'client-refused' || code === 'request-refused';

/** The sign-in that is under way, as the person can reach into it. */
class RunningSignIn implements SignInControl {
  readonly #signal: AbortSignal;
  #current = new AbortController();
  #take: ((text: string) => string | undefined) | undefined;
  #ended = false;
  way: SignInMethod | undefined;
  /** The way that was chosen in place of the current one. */
  chosen: SignInMethod | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @returns the signal that ends this attempt. */
  begin(way: SignInMethod): AbortSignal {
    this.way = way;
    this.chosen = undefined;
    this.#take = undefined;
    this.#current = new AbortController();
    return AbortSignal.any([this.#signal, this.#current.signal]);
  }

  takePasted(take: (text: string) => string | undefined): void {
    this.#take = take;
  }

  end(): void {
    this.#ended = true;
    this.way = undefined;
    this.#take = undefined;
  }

  use(way: SignInMethod): void {
    if (this.#ended) return;
    this.chosen = way;
    this.#current.abort(new Error('Another way to sign in was chosen.'));
  }

  paste(text: string): string | undefined {
    return this.#take ? this.#take(text) : l10n.t('No sign-in waits for an address now.');
  }
}

/** Says what the server offers and what would be needed. */
function noMethod(metadata: Metadata, plan: Plan): Failure {
  const offers = [
    metadata.authorization_endpoint && l10n.t('sign-in with the browser'),
    metadata.device_authorization_endpoint && l10n.t('device codes'),
    metadata.registration_endpoint && l10n.t('registration of applications'),
  ].filter(offer => offer !== undefined);
  const offered =
    offers.length > 0
      ? l10n.t('It offers {0}.', offers.join(', '))
      : l10n.t('It offers none that is known here.');
  const reasons = [...new Set(plan.closed.map(({ why }) => why))];
  const set = plan.offered.map(({ way }) => methodName(way));
  const others = set.length > 0 ? [l10n.t('Other ways would be open: {0}.', set.join('; '))] : [];
  return new Failure('no-way', {
    issuer: metadata.issuer,
    why: [offered, ...reasons, ...others].join(' '),
  });
}
