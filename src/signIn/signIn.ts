import { l10n, type Shown } from '../platform/shown.ts';
import { Failure } from '../protocol/failures/failure.ts';
import type { Metadata } from '../protocol/server/metadata.ts';
import { checkProfile } from '../protocol/client/securityProfile.ts';
import type { Provider } from '../providers/entries/definition.ts';
import type { ProviderMethod, SignInMethod } from '../providers/settings/signInMethods.ts';
import { noMethod } from './plan/noMethod.ts';
import type { Grant } from '../sessions/grant/grant.ts';
import { signInWithBrowser } from './methods/browserSignIn.ts';
import type { AttemptRequest, SignInContext, SignInControl, SignInRequest } from './methods/context.ts';
import { findDocument, type DocumentAtHand } from './client/documentAtHand.ts';
import { defaultsAmong, requestedScopes } from './methods/requestedScopes.ts';
import type { Concession } from './plan/askingLess.ts';
import { describeAttempt, nextAttempt, type Attempt } from './plan/nextAttempt.ts';
import { cureOf } from './plan/lasting.ts';
import { signInWithDeviceCode, type DeviceAttempt } from './methods/deviceSignIn.ts';
import { signInAsService } from './methods/serviceSignIn.ts';
import { cannotReturn, describePlan, planSignIn, type Plan } from './plan/planner.ts';
import { withheldTokens } from './plan/readableResponses.ts';

export type { SignInContext, SignInControl, SignInRequest, SignInStage } from './methods/context.ts';

/**
 * Signs a user in: plans how, tries the first method, and continues with the next if the environment blocks it. It
 * always settles: with a grant, a failure, or the signal's reason. It leaves nothing behind then: no listener, timer,
 * polling or waiter. But a pending token request runs to its end, to revoke its tokens.
 *
 * @throws Failure
 */
export async function signIn(context: SignInContext, request: SignInRequest): Promise<Grant> {
  const { provider, signal } = request;
  const { log } = context;

  request.progress('asking-provider');
  const { metadata, plan, withheld, document } = await planFor(context, provider, signal);
  checkProfile(metadata, provider);
  log.info('sign-in planned', { provider: provider.id, ...describePlan(plan) });

  const running = new RunningSignIn(signal);
  request.onPlan?.(plan, running);
  try {
    const method = request.method ?? plan.tries[0]?.method;
    if (method === undefined)
      throw withheld ?? unusable(document) ?? noMethod(metadata, plan, context.clientDocument);
    const isAutomatic = methodFor(context, provider) === 'auto';
    let next = firstAttempt(method, context.concessions.of(provider));
    let isChosen = request.method !== undefined;
    let tried: SignInMethod[] = [];
    const conceded: Concession[] = [];
    for (;;) {
      const { attempt } = next;
      tried.push(attempt.method);
      // A code that the user didn't choose is explained (RFC 8628 section 5.4).
      const why =
        isChosen || !isAutomatic
          ? undefined
          : (plan.tries.find(planned => planned.method === attempt.method)?.reason ?? cannotReturn());
      const asking = attemptRequest({ ...request, metadata, document }, attempt);
      const outcome = await run(context, asking, { why }, running, attempt.method);
      if (outcome.kind === 'signed-in') {
        context.concessions.add(provider, conceded);
        const { grant } = outcome;
        const { requested } = asking;
        const { method, without: dropped } = attempt;
        const cure = cureOf({ provider, grant, metadata, method, requested, dropped });
        return cure ? { ...grant, ending: { cure } } : grant;
      }
      if (outcome.kind === 'other-method') {
        log.info('another method was chosen', { provider: provider.id, method: outcome.method });
        next = { ...next, attempt: { ...attempt, method: outcome.method } };
        // Who opened the page again, chose no other method.
        isChosen ||= outcome.method !== attempt.method;
        continue;
      }
      const { failure, personSeen } = outcome;
      const { requested, ours } = asking;
      const situation = { plan, metadata, provider, tried, isChosen, isAutomatic, personSeen };
      const planned = nextAttempt({ ...situation, attempt, failure, requested, ours });
      if (!planned) throw failure;
      log.warn('this attempt to sign in failed, going on', {
        method: attempt.method,
        failure: failure.code,
        error: failure.oauthError,
        ...describeAttempt(planned.attempt),
      });
      if (planned.told !== undefined) context.tell(planned.told);
      conceded.push(...planned.concessions);
      if (planned.startsOver) tried = [];
      next = planned;
    }
  } finally {
    running.end();
  }
}

/** The first attempt, without what the server has refused in an earlier sign-in. */
const firstAttempt = (method: SignInMethod, conceded: readonly Concession[]): { attempt: Attempt } => ({
  attempt: {
    method,
    without: conceded.flatMap(one => (one.startsWith('scope:') ? [one.slice('scope:'.length)] : [])),
    loopbackHost: conceded.includes('redirect:localhost') ? 'localhost' : '127.0.0.1',
    asksForToken: false,
    hasRegisteredAgain: false,
    withoutDocument: false,
  },
});

function attemptRequest(
  request: SignInRequest & Pick<AttemptRequest, 'metadata' | 'document'>,
  attempt: Attempt,
): AttemptRequest {
  const { without, loopbackHost, asksForToken, withoutDocument } = attempt;
  const { metadata, document } = request;
  return {
    ...request,
    document: withoutDocument ? undefined : document,
    requested: requestedScopes(metadata, request, without),
    ours: defaultsAmong(metadata, request),
    loopbackHost: request.provider.redirect.loopbackHost ?? loopbackHost,
    asksForToken,
  };
}

/** How a sign-in to a provider would go from here. */
export async function planFor(
  context: SignInContext,
  provider: Provider,
  signal?: AbortSignal,
): Promise<{
  metadata: Metadata;
  plan: Plan;
  withheld: Failure | undefined;
  document: DocumentAtHand | undefined;
}> {
  const wanted: (keyof Metadata)[] = [
    ...(provider.clientId === undefined ? (['registration_endpoint'] as const) : []),
    ...(methodFor(context, provider) === 'device-code' ? (['device_authorization_endpoint'] as const) : []),
  ];
  const { metadata } = await context.httpContext.metadata.get(provider.issuer, provider, signal, wanted);
  const { surroundings } = context;
  const withheld =
    surroundings.runsIn === 'web-worker'
      ? await withheldTokens(context.httpContext, provider, metadata, signal)
      : undefined;
  const document = await findDocument(context, provider, metadata, signal);
  const plan = planSignIn({
    surroundings,
    withholdsTokens: withheld !== undefined,
    metadata,
    provider,
    providers: context.providers(),
    method: methodFor(context, provider),
    document: document?.kind === 'usable' ? document.document : undefined,
    failed: [...(context.failedMethods.get(provider.id) ?? [])],
  });
  return { metadata, plan, withheld, document };
}

const methodFor = ({ method }: SignInContext, { signInMethod }: Provider): ProviderMethod =>
  signInMethod ?? method;

type Outcome =
  | { readonly kind: 'signed-in'; readonly grant: Grant }
  | { readonly kind: 'other-method'; readonly method: SignInMethod }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly personSeen: boolean };

/** @throws anything but a failure, above all the signal's reason. */
async function run(
  context: SignInContext,
  request: AttemptRequest,
  device: DeviceAttempt,
  running: RunningSignIn,
  method: SignInMethod,
): Promise<Outcome> {
  let personSeen = false;
  const own: AttemptRequest = {
    ...request,
    signal: running.begin(method),
    progress(stage, authorization) {
      personSeen ||= stage.startsWith('waiting-');
      request.progress(stage, authorization);
    },
  };
  const { id } = request.provider;
  const begin = (): Promise<Grant> => {
    switch (method) {
      case 'device-code':
        return signInWithDeviceCode(context, own, device);
      case 'client-credentials':
      case 'impersonation':
      case 'token-exchange':
      case 'identity-assertion':
        return signInAsService(context, own);
      default:
        return signInWithBrowser(context, own, {
          method,
          onRedirect: uri => (running.redirectUri = uri),
          onPaste: take => running.takePasted(take),
        });
    }
  };
  try {
    const grant = await begin();
    context.failedMethods.get(id)?.delete(method);
    return { kind: 'signed-in', grant };
  } catch (error) {
    request.signal.throwIfAborted();
    if (running.chosen !== undefined) return { kind: 'other-method', method: running.chosen };
    if (!(error instanceof Failure)) throw error;
    if (['port-taken', 'redirect-refused', 'no-response', 'responses-astray'].includes(error.code)) {
      const failed = context.failedMethods.get(id) ?? new Set();
      context.failedMethods.set(id, failed.add(method));
    }
    return { kind: 'failed', failure: error, personSeen };
  }
}

/** The running sign-in, as far as the user can control it. */
class RunningSignIn implements SignInControl {
  readonly #signal: AbortSignal;
  #current = new AbortController();
  #take: ((text: string) => Shown | undefined) | undefined;
  redirectUri: string | undefined;
  #ended = false;
  method: SignInMethod | undefined;
  /** The method that was chosen in place of the current one. */
  chosen: SignInMethod | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** @returns the signal that ends this attempt. */
  begin(method: SignInMethod): AbortSignal {
    this.method = method;
    this.chosen = undefined;
    this.redirectUri = undefined;
    this.#take = undefined;
    this.#current = new AbortController();
    return AbortSignal.any([this.#signal, this.#current.signal]);
  }

  takePasted(take: (text: string) => Shown | undefined): void {
    this.#take = take;
  }

  end(): void {
    this.#ended = true;
    this.method = undefined;
    this.#take = undefined;
  }

  use(method: SignInMethod): void {
    if (this.#ended) return;
    this.chosen = method;
    this.#current.abort(new Error('Another sign-in method was chosen.'));
  }

  paste(text: string): Shown | undefined {
    return this.#take ? this.#take(text) : l10n.t('No sign-in is waiting for a URL.');
  }
}

const unusable = (document: DocumentAtHand | undefined): Failure | undefined =>
  document?.kind === 'unusable' ? document.failure : undefined;
