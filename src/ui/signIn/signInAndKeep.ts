import { l10n, shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { Log } from '../../platform/log.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import { firstProviderId, type Provider } from '../../providers/entries/definition.ts';
import { changeProvider } from '../../providers/entries/settings.ts';
import type { Accounts } from '../../sessions/accounts.ts';
import type { Recorder } from '../../sessions/activity.ts';
import type { AskedDemand, Grant, NamedAccount } from '../../sessions/grant/grant.ts';
import type { Session } from '../../sessions/grant/sessions.ts';
import { continuesWith, type Cure } from '../../signIn/plan/lasting.ts';
import { whileConfigured } from '../../signIn/providerWatch.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';
import type { Trust } from '../../signIn/trust.ts';
import { failureFields, isCancellation, messageOf, offer } from '../messages.ts';
import { showEnded, showNotLasting, type EndingParts, type Repeated } from '../problems/endingSignIns.ts';
import type { Repeating } from '../problems/repeating.ts';
import { showSignInFailure } from '../problems/signInFailure.ts';
import type { NewProviders } from './newProviders.ts';
import { chooseMethod } from './otherMethods.ts';
import type { SignIns } from './signIns.ts';
import { window } from '../show.ts';
import { KnownFailure } from '../../protocol/failures/knownFailure.ts';

/** What a visible sign-in needs. */
export interface SignInParts extends Pick<EndingParts, 'httpContext'> {
  readonly providers: ConfiguredProviders;
  readonly accounts: Pick<Accounts, 'add' | 'grantedScopes' | 'sessions'>;
  readonly signIns: SignIns;
  readonly newProviders: NewProviders;
  readonly trust: Trust;
  readonly log: Log;
  readonly record: Recorder;
  readonly repeating: Repeating;
  /** Reads the settings again. */
  readSettings(): Promise<void>;
  showLog(): void;
}

export interface SignInRequest {
  readonly provider: Provider;
  readonly scopes: readonly string[];
  /** Undefined: any account that the user signs in with. */
  readonly account: NamedAccount | undefined;
  /** Someone is signed in already, and the user wants to sign in as someone else. */
  readonly asksWho?: boolean;
  /** What the user is asked to sign in for. Undefined: they started it themselves. */
  readonly asked?: readonly AskedDemand[] | undefined;
  /** The provider with what an API demands of the sign-in. */
  readonly demanding?: ((provider: Provider) => Provider) | undefined;
  /** The method that the user has chosen. Undefined: the planner's. */
  readonly method?: SignInMethod | undefined;
}

/** A sign-in that can be repeated, with the provider as it is configured then. */
type Repeatable = Omit<SignInRequest, 'provider'>;

/** A sign-in that failed, in the words that the user has been shown. */
export class ShownFailure extends Error {
  /** True if the same sign-in can succeed later without anyone's help. */
  readonly passing: boolean;

  constructor(error: unknown) {
    super(messageOf(error));
    this.passing = error instanceof KnownFailure && error.passing;
  }
}

/**
 * Signs a user in, visibly and cancelably, and keeps the sign-in. Keeps a provider that is being added with it.
 *
 * @throws ShownFailure, a `vscode.CancellationError` if the user canceled, or as `Accounts.add`.
 */
export async function signInAndKeep(parts: SignInParts, request: SignInRequest): Promise<Session> {
  const { session, grant } = await signInAndStore(parts, request);
  const { provider, scopes } = request;
  showWhetherItLasts(parts, provider, grant, scopes, session.account);
  return session;
}

const showWhetherItLasts = (
  parts: SignInParts,
  provider: Provider,
  grant: Grant,
  scopes: readonly string[],
  account: NamedAccount,
): void =>
  void showNotLasting(parts, provider, grant, cured =>
    repeat(parts, provider.id, { scopes, account }, cured),
  );

/** As {@link signInAndKeep}, without saying whether it lasts. */
async function signInAndStore(
  parts: SignInParts,
  request: SignInRequest,
): Promise<{ session: Session; grant: Grant }> {
  const { accounts, providers, log, record } = parts;
  const { scopes, asked } = request;
  const provider = request.demanding?.(request.provider) ?? request.provider;
  const grant = await signInVisibly(parts, { ...request, provider });
  // A new provider counts from its first sign-in on, whether its settings could be written or not.
  if (!providers.byId(provider.id)) providers.update([...providers.list(), request.provider]);
  const { session, kept } = await accounts.add(provider, { ...grant, asked });
  log.info('signed in', { provider: provider.id, account: session.account.label, scopes: [...scopes] });
  record('sign-in', { ...grant, account: session.account });
  if (!kept) void warnNotKept(parts, provider);
  return { session, grant };
}

/**
 * The provider to sign in to. Asks for the first one if there is none yet: that is how a user begins.
 *
 * @returns undefined if there is no such provider.
 * @throws as `NewProviders.ask`
 */
export const providerToSignIn = async (
  { providers, newProviders }: SignInParts,
  id: string,
): Promise<Provider | undefined> =>
  providers.byId(id) ?? (id === firstProviderId ? newProviders.ask(id) : undefined);

/** Signs in as the user requested in a message or a row. Never rejects: failures have been shown. */
export async function signInAgain(...again: Parameters<typeof repeat>): Promise<void> {
  await repeat(...again);
}

async function repeat(
  parts: SignInParts,
  providerId: string,
  request: Repeatable,
  cured?: Cure,
): Promise<Repeated> {
  try {
    const provider = await providerToSignIn(parts, providerId);
    if (!provider) return 'not-now';
    const { session, grant } = await signInAndStore(parts, { ...request, provider });
    // The user's click covers this, too.
    if (cured && continuesWith(cured, grant.ending?.cure)) return 'needs-consent';
    showWhetherItLasts(parts, provider, grant, request.scopes, session.account);
    return 'signed-in';
  } catch (error) {
    parts.log.debug('not signed in', { provider: providerId, ...failureFields(error) });
    if (isCancellation(error)) return 'canceled';
    return error instanceof ShownFailure && error.passing ? 'not-now' : 'refused';
  }
}

/** Reports once that a sign-in has expired. Nothing opens automatically. */
export async function showSignInNeeded(parts: SignInParts, grant: Grant): Promise<void> {
  const { account, providerId, sessions, signInNeeded } = grant;
  const request = { scopes: sessions[0] ?? [], account };
  if (!signInNeeded)
    return showEnded(parts, grant, (cured?: Cure) => repeat(parts, providerId, request, cured));
  const { reason, accountRefused } = signInNeeded;
  const label = parts.providers.of(grant)?.label ?? providerId;
  const message = accountRefused
    ? shown(reason)
    : l10n.t('{0} is no longer signed in to {1}. {2}', account.label, label, reason);
  await offer('warning', message, {
    [l10n.t('Sign In')]: () => signInAgain(parts, providerId, request),
  });
}

async function signInVisibly(parts: SignInParts, request: SignInRequest): Promise<Grant> {
  const { providers, accounts, newProviders, signIns, trust } = parts;
  const { provider, scopes, account, asksWho, method } = request;
  const grantedScopes = account ? await accounts.grantedScopes(provider, account, scopes) : [];
  try {
    return await whileConfigured(provider, providers, async ended => {
      const consent = await trust.check(provider, ended);
      if (!consent) {
        ended.throwIfAborted();
        throw new vscode.CancellationError();
      }
      const loginHint = account?.label;
      const wanted = { provider, consent, scopes, grantedScopes, loginHint, asksWho, method };
      const grant = await signIns.run(wanted, ended);
      await newProviders.succeeded(provider);
      return grant;
    });
  } catch (error) {
    if (isCancellation(error)) {
      newProviders.cancelled(provider);
      parts.log.info('sign-in cancelled', { provider: provider.id });
      throw error;
    }
    parts.log.error('sign-in failed', { provider: provider.id, ...failureFields(error) });
    show(parts, request, error);
    // The consumer gets the same words as the user, and nothing else.
    throw new ShownFailure(error);
  }
}

/** Shows a failure, with what can be done about it. */
function show(parts: SignInParts, { provider, ...request }: SignInRequest, error: unknown): void {
  const { newProviders, signIns, showLog } = parts;
  if (newProviders.failed(provider, error)) return;
  if (error instanceof Failure && error.code === 'provider-removed') {
    // There is nothing to try again with.
    void window.showWarningMessage(error.message);
    return;
  }
  const retry = (method = request.method): void =>
    void signInAgain(parts, provider.id, { ...request, method });
  const plan = signIns.latestPlan(provider.id);
  const chooseOther = async (): Promise<void> => {
    const method = plan && (await chooseMethod(provider, plan, undefined));
    if (method !== undefined) retry(method);
  };
  const useProofs = async (): Promise<void> => {
    await changeProvider(provider.id, { dpop: 'required' });
    await parts.readSettings();
    retry();
  };
  const from = provider.service && 'from' in provider.service ? provider.service.from : undefined;
  const signInToSource = async (id: string): Promise<void> => {
    if ((await repeat(parts, id, { scopes: [], account: undefined })) === 'signed-in') retry();
  };
  void showSignInFailure(provider, error, {
    retry,
    signInToSource: from === undefined ? undefined : () => void signInToSource(from),
    showLog,
    // What an extension contributes or an MCP server's metadata names isn't in the setting.
    useProofs:
      (provider.contributedBy ?? provider.mcpServer) === undefined ? () => void useProofs() : undefined,
    otherMethods: plan && (() => void chooseOther()),
  });
}

async function warnNotKept({ repeating, showLog }: SignInParts, provider: Provider): Promise<void> {
  const log = l10n.t('Show Log');
  const message = l10n.t(
    'You’re signed in to {0}, but the sign-in couldn’t be stored and ends when you close this window. Check the keyring of this computer.',
    provider.label,
  );
  if ((await repeating.warn(message, log)) === log) showLog();
}

/** No one is signed in, where a sign-in is needed. */
export const showNobodySignedIn = (providerId?: string): Promise<void> =>
  offer('information', l10n.t('You aren’t signed in to any identity provider.'), {
    [l10n.t('Sign In')]: () => vscode.commands.executeCommand('oidc.signIn', providerId),
  });
