import { l10n, type Shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { environment } from '../../environment.ts';
import { secret, type Secret } from '../../platform/secret.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Log } from '../../platform/log.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import type { Concessions } from '../../signIn/client/concessions.ts';
import type { ClientSecrets } from '../../signIn/client/clientSecrets.ts';
import type { SignInContext } from '../../signIn/methods/context.ts';
import type { FindSubject } from '../../signIn/client/subject.ts';
import type { PendingResponses } from '../../signIn/redirect/pendingResponses.ts';
import type { Plan } from '../../signIn/plan/planner.ts';
import { uriHandlerAddress } from '../../signIn/redirect/uriHandlerAddress.ts';
import { createRedirects } from '../../signIn/redirect/redirects.ts';
import { createRegistrations, type Registrations } from '../../signIn/client/registrations.ts';
import { planFor, signIn, type SignInRequest } from '../../signIn/signIn.ts';
import { chooseAccount, nameAccount } from './questions/accountQuestions.ts';
import { deviceCodePanel } from './deviceCodePanel.ts';
import { translatedPage } from './pages.ts';
import type { RunningSignIns } from './runningSignIns.ts';
import { withSignInProgress } from './signInProgress.ts';
import type { Repeating } from '../problems/repeating.ts';
import { createRangeReporter, readSignInSettings, readSurroundings } from './signInSettings.ts';
import { untilCanceled } from '../cancellation.ts';
import { window, type Html, type InputBoxOptions } from '../show.ts';

/** The sign-ins of this window, as a user sees them. */
export interface SignIns extends vscode.Disposable {
  /**
   * @param ended ends it, with its reason.
   * @throws Failure, or `vscode.CancellationError` if the user canceled.
   */
  run(
    request: Pick<
      SignInRequest,
      'provider' | 'consent' | 'scopes' | 'grantedScopes' | 'loginHint' | 'asksWho' | 'method'
    >,
    ended: AbortSignal,
  ): Promise<Grant>;
  /** What the latest sign-in to this provider could have done. */
  latestPlan(providerId: string): Plan | undefined;
  /** How a sign-in to this provider would go. */
  plan(provider: Provider): Promise<Plan>;
  readonly running: RunningSignIns;
}

export interface SignInsOptions {
  readonly httpContext: HttpContext;
  readonly log: Log;
  readonly extension: vscode.Extension<unknown>;
  readonly pending: PendingResponses;
  readonly registrations: Registrations;
  readonly clientSecrets: ClientSecrets;
  readonly concessions: Concessions;
  readonly findSubject: FindSubject;
  readonly providers: Pick<ConfiguredProviders, 'list'>;
  readonly repeating: Repeating;
}

export function createSignIns(options: SignInsOptions): SignIns {
  const { httpContext, log, extension, pending, registrations, clientSecrets, concessions } = options;
  const failedMethods = new Map<string, Set<SignInMethod>>();
  const plans = new Map<string, Plan>();
  const running: RunningSignIns = new Map();
  const editor = uriHandlerAddress(extension.id);
  const reportRanges = createRangeReporter(options.repeating);
  const page = async (name: string, texts?: Readonly<Record<string, Shown>>): Promise<Html> => {
    const file = vscode.Uri.joinPath(extension.extensionUri, 'media', name);
    const html = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
    return translatedPage(html, texts && (text => texts[text] ?? text));
  };

  const contextOf = (cancel: () => void): SignInContext => {
    const { method, timeouts, clientDocument } = readSignInSettings();
    return {
      httpContext,
      log,
      surroundings: readSurroundings(extension),
      redirects: createRedirects({
        editor,
        pending,
        loopback: environment.loopback,
        loopbackPages: async () => ({
          answered: await page('loopback.html'),
          stray: await page('loopback.html', strayTexts()),
        }),
      }),
      registrations,
      clientSecrets,
      concessions,
      clientDocument,
      method,
      timeouts,
      device: deviceCodePanel({
        page: () => page('deviceCode.html'),
        clock: httpContext.clock,
        log,
        cancel,
      }),
      findSubject: options.findSubject,
      providers: () => options.providers.list(),
      chooseAccount,
      nameAccount,
      failedMethods,
      openBrowser,
      tell: sentence => void window.showInformationMessage(sentence),
    };
  };

  return {
    async run(request, ended) {
      const { provider } = request;
      const id = crypto.randomUUID();
      void reportRanges();
      try {
        return await withSignInProgress(
          provider,
          id,
          ({ signal, progress, cancel }) =>
            signIn(contextOf(cancel), {
              ...request,
              signal,
              progress,
              onPlan(plan, control) {
                plans.set(provider.id, plan);
                running.set(id, { id, provider, plan, control, cancel });
              },
            }),
          ended,
        );
      } finally {
        running.delete(id);
      }
    },
    latestPlan: providerId => plans.get(providerId),
    async plan(provider) {
      const { plan } = await planFor(
        contextOf(() => undefined),
        provider,
      );
      return plan;
    },
    running,
    // The window closes or the extension ends: so do its sign-ins, with their listeners and their polling.
    dispose() {
      for (const signIn of running.values()) signIn.cancel();
    },
  };
}

/** What the page says instead that is shown for a response which belongs to no sign-in. */
const strayTexts = (): Readonly<Record<string, Shown>> => ({
  'Back to your editor': l10n.t('Not the sign-in that is waiting'),
  'Sign-in continues in your editor. You can close this page.': l10n.t(
    'This page belongs to an earlier sign-in, so your editor didn’t use it. Close this page, and continue on the one that your editor opened last.',
  ),
});

/** This editor's registrations with providers. Asks the user for an initial access token where one is required. */
export function editorRegistrations(
  storage: SecretStorage,
  httpContext: HttpContext,
  concessions: Concessions,
): Registrations {
  // In a browser each tab has a secret storage of its own.
  const sharesStorage = vscode.env.uiKind === vscode.UIKind.Desktop;
  return createRegistrations({ storage, httpContext, concessions, sharesStorage, askInitialAccessToken });
}

async function askInitialAccessToken(provider: Provider, signal: AbortSignal): Promise<Secret | undefined> {
  const box: InputBoxOptions = {
    title: l10n.t('Register this editor with {0}', provider.label),
    prompt: l10n.t(
      'The provider requires an initial access token for registration. Its administrator issues one.',
    ),
    placeHolder: l10n.t('initial access token'),
    password: true,
    ignoreFocusOut: true,
  };
  const text = await untilCanceled(signal, token => window.showInputBox(box, token));
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? undefined : secret(trimmed);
}

/**
 * Opens a URL in the user's browser. The typings ask for a `Uri`, but that decodes and encodes the URL again, which
 * changes escapes within escapes (`%26` in a redirect URI). A string is passed on as it is.
 *
 * The editor might ask first whether to open the URL, and offers to copy it. It doesn't distinguish that from a
 * refusal, so the user is asked: after copying it, they open it in another browser.
 */
export async function openBrowser(address: Secret, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    if (await vscode.env.openExternal(address.reveal() as unknown as vscode.Uri)) return true;
    signal.throwIfAborted();
    const copied = l10n.t('I Copied the Link');
    const again = l10n.t('Open It Again');
    const chosen = await window.showWarningMessage(
      l10n.t('The browser didn’t open. If you copied the link, open it in any browser to continue.'),
      copied,
      again,
    );
    signal.throwIfAborted();
    if (chosen !== again) return chosen === copied;
  }
}
