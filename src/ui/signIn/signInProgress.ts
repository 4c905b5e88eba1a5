import { joined, l10n, Link, nothing, shown, type Shown } from '../../platform/shown.ts';
import type { DeviceAuthorization } from '../../protocol/grants/deviceAuthorization.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SignInRequest, SignInStage } from '../../signIn/methods/context.ts';
import { withProgress } from '../cancellation.ts';
import { copyRedirectCommand, otherMethodsCommand, pasteCommand } from './runningSignIns.ts';

function stageText(stage: SignInStage, authorization: DeviceAuthorization | undefined): Shown {
  switch (stage) {
    case 'asking-provider':
      return l10n.t('Getting sign-in details…');
    case 'opening-browser':
      return l10n.t('Opening the browser…');
    case 'waiting-for-person':
      return l10n.t('Continue in your browser.');
    case 'waiting-for-person-long':
      return l10n.t('Continue in your browser. Does it show an error?');
    case 'waiting-for-paste':
      return l10n.t(
        'Continue in your browser. If the last page doesn’t load, copy its full URL and paste it here.',
      );
    case 'waiting-for-paste-alone':
      return l10n.t(
        'Another response took the place of this sign-in’s. Finish in your browser, then paste the full URL from its address bar.',
      );
    case 'waiting-for-code':
      return authorization && isPlain(authorization.userCode)
        ? l10n.t(
            'Go to {1} in any browser and enter the code {0}.',
            authorization.userCode,
            pageLink(authorization.verificationUri),
          )
        : l10n.t('Enter the code in a browser.');
    case 'code-expired':
      return l10n.t('The code expired. Get a new code or try another way to sign in.');
    case 'asking-for-token':
      return l10n.t('Requesting a token…');
    case 'exchanging-code':
      return l10n.t('Finishing the sign-in…');
  }
}

/**
 * The message has the code as well as the panel: where an editor in the browser is reached without TLS, its panels stay
 * empty. A server chooses the code, and a message makes links of some characters.
 */
const isPlain = (userCode: string): boolean => /^[A-Za-z0-9][A-Za-z0-9 -]{0,39}$/.test(userCode);

function pageLink(address: string): Link {
  const { host, href } = new URL(address);
  return new Link(host, href);
}

/** What the user can do in a stage, as links in the message. The palette has the same commands. */
function links(stage: SignInStage, provider: Provider, signInId: string): Shown {
  const link = (text: Shown, command: string, ...given: readonly unknown[]): Link =>
    new Link(
      text,
      `command:${command}?${encodeURIComponent(JSON.stringify(given.length > 0 ? given : [signInId]))}`,
    );
  // A page can't be used twice (RFC 9126 section 4), so the sign-in begins again with the same method.
  const again = link(l10n.t('Open Page Again'), otherMethodsCommand, signInId, true);
  const paste = link(l10n.t('Paste URL'), pasteCommand);
  const others = link(l10n.t('Try Another Way'), otherMethodsCommand);
  switch (stage) {
    case 'waiting-for-person-long':
      return shown`${again} · ${link(l10n.t('Diagnose'), 'oidc.diagnoseProvider', provider.id)} · ${link(l10n.t('Copy Redirect URI'), copyRedirectCommand)} · ${paste} · ${others}`;
    case 'waiting-for-person':
    case 'waiting-for-paste':
    case 'waiting-for-paste-alone':
      return shown`${again} · ${paste} · ${others}`;
    case 'waiting-for-code':
    case 'code-expired':
      return shown`${others}`;
    default:
      return nothing;
  }
}

/** A sign-in that runs while it is shown. */
export interface ShownSignIn {
  readonly signal: AbortSignal;
  progress: SignInRequest['progress'];
  cancel(): void;
}

/**
 * Shows a sign-in while it runs, with a button to cancel it.
 *
 * @param ended ends it from outside, with its reason.
 * @throws vscode.CancellationError if the user canceled. Otherwise what `run` throws.
 */
export const withSignInProgress = <T>(
  provider: Provider,
  signInId: string,
  run: (shown: ShownSignIn) => Promise<T>,
  ended: AbortSignal,
): Thenable<T> =>
  withProgress(l10n.t('Signing in to {0}', provider.label), ({ signal, report, cancel }) =>
    run({
      signal: AbortSignal.any([signal, ended]),
      progress: (stage, authorization) =>
        report(joined([stageText(stage, authorization), links(stage, provider, signInId)], ' ')),
      cancel,
    }),
  );
