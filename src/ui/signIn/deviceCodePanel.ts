import { l10n, short, shown, type Shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { randomText } from '../../platform/base64url.ts';
import type { DeviceAuthorization, PollState } from '../../protocol/grants/deviceAuthorization.ts';
import type { Failure } from '../../protocol/failures/failure.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { DeviceScreen } from '../../signIn/methods/deviceScreen.ts';
import { failureFields } from '../messages.ts';
import { qrCode, type QrCode } from './qrCode.ts';
import { window, type Html, type Panel } from '../show.ts';
import { withNonce } from './pages.ts';

/** What the page shows. It holds no secret: the user code is useless without the device code. */
interface ShownState {
  code?: {
    provider: Shown;
    userCode: Shown;
    host: Shown;
    verificationUri: Shown;
    qr: QrCode | undefined;
    /** Milliseconds from the moment of sending. */
    expiresIn: number;
  };
  /** Why a code is used, if the user didn't choose that. */
  why?: Shown;
  status: Shown;
  expired: boolean;
}

export interface DeviceCodePanelOptions {
  /** The page, `media/deviceCode.html`. */
  page(): Promise<Html>;
  readonly clock: Clock;
  readonly log: Log;
  /** The user closed the panel, or pressed Cancel. */
  cancel(): void;
}

/**
 * How long to wait for the page to report that it runs, in milliseconds, before the log says that it doesn't. It was
 * seen in a browser where the service worker that the editor shows panels with was never ready: every panel of that
 * window stays empty until it is reloaded. The message of the sign-in has the code and the URL, too.
 */
const emptyFor = 10_000;

/** Shows a device code in a panel of the editor. */
export function deviceCodePanel(options: DeviceCodePanelOptions): DeviceScreen {
  const { clock, log } = options;
  return {
    open(provider, why) {
      const panel = createPanel(provider);
      const state: ShownState = {
        ...(why !== undefined && { why: shown(why) }),
        status: l10n.t('Requesting a code…'),
        expired: false,
      };
      let authorization: DeviceAuthorization | undefined;
      let wantsNewCode: (() => void) | undefined;
      let closing = false;

      const send = (): void => {
        const code = authorization && shownCode(provider, authorization, clock.now());
        void panel.webview.postMessage({ ...state, code });
      };
      const stopWatching = clock.after(emptyFor, () =>
        log.warn('the panel with the device code stays empty', { provider: provider.id }),
      );
      const received = panel.webview.onDidReceiveMessage((message: unknown) => {
        switch (message) {
          case 'ready':
            stopWatching();
            return send();
          case 'open':
            return void copyAndOpen(authorization);
          case 'new-code':
            return wantsNewCode?.();
          case 'cancel':
            return options.cancel();
          default:
        }
      });
      const disposed = panel.onDidDispose(() => {
        stopWatching();
        received.dispose();
        disposed.dispose();
        if (closing) return;
        closing = true;
        options.cancel();
      });
      options.page().then(
        page => {
          if (!closing) panel.webview.html = withNonce(page, randomText(16));
        },
        (error: unknown) => log.error('the page for the device code cannot be read', failureFields(error)),
      );

      return {
        showCode(next) {
          authorization = next;
          state.expired = false;
          state.status = l10n.t('Waiting for you to enter the code.');
          send();
        },
        showState(poll) {
          state.status = statusText(poll);
          send();
        },
        showExpired() {
          state.expired = true;
          state.status = l10n.t('The code has expired.');
          send();
          return new Promise<void>(resolve => {
            wantsNewCode = () => {
              wantsNewCode = undefined;
              state.status = l10n.t('Requesting a new code…');
              send();
              resolve();
            };
          });
        },
        close() {
          closing = true;
          panel.dispose();
        },
      };
    },
  };
}

function createPanel(provider: Provider): Panel {
  return window.createWebviewPanel(
    'oidc.deviceCode',
    l10n.t('Sign in to {0}', provider.label),
    { viewColumn: vscode.ViewColumn.Active },
    { enableScripts: true, enableCommandUris: false, localResourceRoots: [] },
  );
}

function shownCode(
  provider: Provider,
  authorization: DeviceAuthorization,
  now: number,
): NonNullable<ShownState['code']> {
  const { userCode, verificationUri, verificationUriComplete, expiresAt } = authorization;
  return {
    provider: provider.label,
    userCode: short(userCode, 100),
    host: shown(new URL(verificationUri).host),
    verificationUri: shown(verificationUri),
    qr: qrCode(verificationUriComplete ?? verificationUri),
    expiresIn: Math.max(0, expiresAt - now),
  };
}

function statusText(state: PollState): Shown {
  switch (state.kind) {
    case 'waiting':
      return l10n.t('Waiting for you to enter the code.');
    case 'slowed-down':
      return l10n.t(
        'Waiting for you to enter the code. The provider allows one check every {0} seconds.',
        state.interval,
      );
    case 'retrying':
      return l10n.t(
        '{0} Trying again in {1} seconds. The code stays valid.',
        trouble(state.reason),
        state.seconds,
      );
  }
}

function trouble({ code, details }: Failure): Shown {
  if (details['host'] === undefined) return l10n.t('The provider has a problem.');
  const host = String(details['host']);
  switch (code) {
    case 'unreachable':
      return l10n.t('Couldn’t reach {0}: {1}.', host, String(details['reason']));
    case 'server-untrusted':
      return l10n.t('{0}’s certificate isn’t trusted.', host);
    case 'timed-out':
      return l10n.t('{0} isn’t responding.', host);
    case 'rate-limited':
      return l10n.t('{0} is limiting requests.', host);
    default:
      return l10n.t('{0} has a problem.', host);
  }
}

async function copyAndOpen(authorization: DeviceAuthorization | undefined): Promise<void> {
  if (!authorization) return;
  await vscode.env.clipboard.writeText(authorization.userCode);
  const address = authorization.verificationUriComplete ?? authorization.verificationUri;
  // A string is passed on as it is. A `Uri` would be encoded again.
  await vscode.env.openExternal(address as unknown as vscode.Uri);
}
