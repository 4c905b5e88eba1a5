import { l10n, type Shown } from '../../platform/shown.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';

/** Returns a method's display name, which also fits in the middle of a sentence. */
export function methodName(method: SignInMethod): Shown {
  const texts: Readonly<Record<SignInMethod, Shown>> = {
    'uri-handler': l10n.t('browser, returns through the editor’s URL'),
    loopback: l10n.t('browser, returns to this computer (127.0.0.1)'),
    bridge: l10n.t('browser, returns through the bridge page'),
    paste: l10n.t('browser, returns through a pasted URL'),
    'device-code': l10n.t('device code, entered in any browser'),
    'client-credentials': l10n.t('client credentials, without a user'),
    impersonation: l10n.t('impersonation, without a user'),
    'token-exchange': l10n.t('exchange of another sign-in’s token'),
    'identity-assertion': l10n.t('another provider’s assertion of your identity'),
  };
  return texts[method];
}
