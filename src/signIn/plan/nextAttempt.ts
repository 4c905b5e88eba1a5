import { l10n, shown, type Shown } from '../../platform/shown.ts';
import { anyOf } from '../../platform/language.ts';
import type { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';
import { askForOfflineAccess } from './lasting.ts';
import { methodName } from './methodName.ts';
import { droppedScopes, type Concession } from './askingLess.ts';
import type { Plan } from './planner.ts';

export interface Attempt {
  readonly method: SignInMethod;
  /** Scopes of our own that are gone without. */
  readonly without: readonly string[];
  /** The host of this computer in the redirect URI, where the settings name none. */
  readonly loopbackHost: '127.0.0.1' | 'localhost';
  /** Whether a refused registration asks the user for an initial access token. */
  readonly asksForToken: boolean;
  /** The editor has registered again, with another client authentication method, after the browser was open. */
  readonly hasRegisteredAgain: boolean;
  /** The server has refused the client ID metadata document, and registers the editor. */
  readonly withoutDocument: boolean;
}

/** What an attempt came to, and in which sign-in. */
export interface FailedAttempt {
  readonly attempt: Attempt;
  readonly failure: Failure;
  readonly plan: Plan;
  readonly metadata: Metadata;
  readonly provider: Pick<Provider, 'clientId' | 'redirect'>;
  /** What was tried before, this method included. */
  readonly tried: readonly SignInMethod[];
  /** The user has chosen this method in place of the planned ones. */
  readonly isChosen: boolean;
  /** Methods are chosen automatically: the settings name none. */
  readonly isAutomatic: boolean;
  /** The browser was open, or the code was shown: the refusal might be about the user. */
  readonly personSeen: boolean;
  readonly requested: readonly string[];
  /** Those of them that only this extension requests. */
  readonly ours: readonly string[];
}

export interface NextAttempt {
  readonly attempt: Attempt;
  /** What is to be remembered of it, if it works. */
  readonly concessions: readonly Concession[];
  /** What the user is shown about it. */
  readonly told: Shown | undefined;
  /** The methods that were tried can be tried again. */
  readonly startsOver?: true;
}

/**
 * Decides what follows a failed attempt: the same method with less, if this extension requested too much, otherwise the
 * next method, if the environment or the server blocks this one. A pure function: every decision can be logged and
 * tested.
 *
 * @returns undefined if the sign-in has failed.
 */
export function nextAttempt(failed: FailedAttempt): NextAttempt | undefined {
  return (
    withFewerScopes(failed) ??
    withOtherHost(failed) ??
    withOtherProof(failed) ??
    withRegistration(failed) ??
    anotherMethod(failed) ??
    withToken(failed)
  );
}

function withFewerScopes({
  attempt,
  failure,
  metadata,
  requested,
  ours,
  personSeen,
}: FailedAttempt): NextAttempt | undefined {
  const dropped = droppedScopes(failure, requested, ours, metadata);
  if (dropped.length === 0) return undefined;
  const isOfClient = !personSeen || failure.oauthError === 'invalid_scope';
  const { host } = new URL(metadata.issuer);
  const refused = l10n.t('{0} didn’t grant {1}, so the sign-in continues without it.', host, anyOf(dropped));
  const lasting = l10n.t('You’ll have to sign in again when your session with the provider ends.');
  return {
    attempt: { ...attempt, without: [...attempt.without, ...dropped] },
    // What one user isn't allowed to have, another one might be.
    concessions: isOfClient ? dropped.map((scope): Concession => `scope:${scope}`) : [],
    told: dropped.includes('offline_access')
      ? shown`${refused} ${lasting} ${askForOfflineAccess()}`
      : refused,
  };
}

function withOtherHost({ attempt, failure, provider }: FailedAttempt): NextAttempt | undefined {
  const isFree = attempt.method === 'loopback' && provider.redirect.loopbackHost === undefined;
  if (!isFree || attempt.loopbackHost === 'localhost' || !refusesRedirect(failure)) return undefined;
  return {
    attempt: { ...attempt, loopbackHost: 'localhost' },
    concessions: ['redirect:localhost'],
    told: undefined,
  };
}

/**
 * Some servers register a client without a secret, and then require one at the token endpoint. The next registration
 * has another client authentication method: what was refused is remembered.
 */
function withOtherProof({ attempt, failure, metadata, personSeen }: FailedAttempt): NextAttempt | undefined {
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const hasOther = methods.some(name => name !== 'none');
  if (failure.code !== 'registered-client-refused' || !personSeen || !hasOther || attempt.hasRegisteredAgain)
    return undefined;
  const { host = '' } = failure.details;
  return {
    attempt: { ...attempt, hasRegisteredAgain: true },
    concessions: [],
    told: l10n.t(
      '{0} rejected this editor’s automatic registration, so the editor registers again. Sign in once more.',
      host,
    ),
  };
}

/** A server that refuses the client ID metadata document might still register this editor. */
function withRegistration({
  attempt,
  failure,
  metadata,
  personSeen,
}: FailedAttempt): NextAttempt | undefined {
  const isRefused = failure.code === 'client-document-refused';
  if (!isRefused || attempt.withoutDocument || metadata.registration_endpoint === undefined) return undefined;
  const { host = '' } = failure.details;
  return {
    attempt: { ...attempt, withoutDocument: true },
    concessions: ['client:document'],
    told: personSeen
      ? l10n.t(
          '{0} rejected this editor’s client ID metadata document, so the editor registers. Sign in once more.',
          host,
        )
      : l10n.t('{0} rejected this editor’s client ID metadata document, so the editor registers.', host),
  };
}

function anotherMethod(failed: FailedAttempt): NextAttempt | undefined {
  const { attempt, failure, plan, tried, isChosen, isAutomatic } = failed;
  if (isChosen) return undefined;
  // The user was asked for an initial access token and has none.
  if (attempt.asksForToken && failure.code === 'registration-closed') return undefined;
  const denied = isDenied(failed);
  if (failure.code !== 'port-taken' && !refusesRedirect(failure) && !denied) return undefined;
  // Pasting uses a loopback redirect URI, too.
  const isRegistration = failure.code.startsWith('registration-');
  const left = plan.tries
    .map(({ method }) => method)
    .filter(method => !tried.includes(method) && !(isRegistration && method === 'paste'));
  // A device code needs no redirect URI, perhaps the reason for the refusal.
  const isUnexplained = failure.code === 'registration-closed' && failure.oauthError === undefined;
  const isRefused = failure.code === 'registration-refused' || isUnexplained;
  const takesOffered = denied || (isAutomatic && isRefused);
  const offered = takesOffered ? plan.offered.find(({ method }) => !tried.includes(method)) : undefined;
  const method = left[0] ?? offered?.method;
  if (method === undefined) return undefined;
  const told = l10n.t('{0} Continuing with another method: {1}.', failure.message, methodName(method));
  return {
    attempt: { ...attempt, method, loopbackHost: '127.0.0.1' },
    concessions: [],
    told: isRegistration ? undefined : told,
  };
}

/** Only when nothing else is left: a server can refuse a redirect URI in the same words as a registration. */
function withToken({ attempt, failure, tried }: FailedAttempt): NextAttempt | undefined {
  const [first] = tried;
  if (failure.code !== 'registration-closed' || failure.status === 401 || attempt.asksForToken)
    return undefined;
  if (first === undefined) return undefined;
  return {
    attempt: { ...attempt, method: first, loopbackHost: '127.0.0.1', asksForToken: true },
    concessions: [],
    told: undefined,
    startsOver: true,
  };
}

/** True if the refusal could be about the redirect URI. Many servers don't say. */
const refusesRedirect = ({ code, status }: Failure): boolean =>
  code === 'redirect-refused' ||
  code === 'registration-refused' ||
  (code === 'registration-closed' && status !== 401);

/**
 * Before a code is shown: a server that offers device codes refuses them in various forms to a client that isn't
 * allowed to use them. That client might still be able to sign in with the browser.
 */
const isDenied = ({ attempt, failure, isAutomatic, personSeen }: FailedAttempt): boolean =>
  attempt.method === 'device-code' &&
  isAutomatic &&
  !personSeen &&
  (!failure.passing || failure.code === 'intercepted');

/** The attempt, for the log. */
export const describeAttempt = ({
  method,
  without,
  loopbackHost,
  asksForToken,
  hasRegisteredAgain,
  withoutDocument,
}: Attempt): Readonly<Record<string, string | boolean | readonly string[]>> => ({
  next: method,
  without,
  loopbackHost,
  asksForToken,
  hasRegisteredAgain,
  withoutDocument,
});
