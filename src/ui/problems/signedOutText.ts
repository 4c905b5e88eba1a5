import { l10n, type Shown } from '../../platform/shown.ts';
import type { endGrantSession } from '../../signIn/after/keepGrant.ts';

export type BrowserOutcome = Awaited<ReturnType<typeof endGrantSession>>;

export function outcomeText(outcome: BrowserOutcome, label: Shown): Shown {
  const texts: Readonly<Record<BrowserOutcome, Shown>> = {
    ended: l10n.t('You are signed out of {0}, here and in the browser.', label),
    opened: l10n.t(
      'You are signed out of {0} here. In the browser, {0} shows whether you are signed out there.',
      label,
    ),
    unsupported: l10n.t(
      'You are signed out of {0} here. {0} doesn’t let the editor end the session in the browser.',
      label,
    ),
  };
  return texts[outcome];
}
