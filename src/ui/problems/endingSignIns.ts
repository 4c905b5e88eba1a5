import { joined, l10n, type Shown } from '../../platform/shown.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Log } from '../../platform/log.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider, ProviderDefinition } from '../../providers/entries/definition.ts';
import { changeProvider, writeProvider, writtenProviders } from '../../providers/entries/settings.ts';
import { endedReason } from '../../sessions/grant/ending.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { canCure, cureFields, cureText, notLasting, type Cure } from '../../signIn/plan/lasting.ts';
import { failureFields, messageOf, offer } from '../messages.ts';
import { window } from '../show.ts';
import { doNotShowAgain, type Repeating } from './repeating.ts';

export interface EndingParts {
  readonly httpContext: HttpContext;
  readonly providers: Pick<ConfiguredProviders, 'of' | 'byId'>;
  readonly repeating: Repeating;
  readonly log: Log;
  /** Reads the settings again. */
  readSettings(): Promise<void>;
}

/**
 * How a sign-in went that was to last. Failures have been shown.
 *
 * - `signed-in`: whether it lasts has been shown.
 * - `needs-consent`: it doesn't last, and the cure that {@link continuesWith} the first one is left.
 */
export type Repeated = 'signed-in' | 'needs-consent' | 'refused' | 'canceled' | 'not-now';

/**
 * Repeats the sign-in with the settings as they are then.
 *
 * @param cured what was just set to make it last.
 */
type Again = (cured?: Cure) => Promise<Repeated>;

/** Shows at once that a sign-in won't last, with what helps as a button. */
export async function showNotLasting(
  parts: EndingParts,
  provider: Provider,
  grant: Grant,
  signIn: Again,
): Promise<void> {
  const message = notLasting(provider, grant);
  if (message === undefined || !grant.ending) return;
  await offerUnlessSilenced(
    parts,
    grant,
    'information',
    message,
    cureButton(parts, provider, grant.ending.cure, signIn),
  );
}

/** Says once that a sign-in has ended because it had no refresh token. */
export async function showEnded(parts: EndingParts, grant: Grant, signIn: Again): Promise<void> {
  const { account, ending } = grant;
  const provider = parts.providers.of(grant);
  if (!ending || !provider) return;
  const message = l10n.t(
    '{0} is no longer signed in to {1}. {2}',
    account.label,
    provider.label,
    endedReason(),
  );
  await offerUnlessSilenced(
    parts,
    grant,
    'warning',
    joined([message, cureText(provider, ending.cure)], ' '),
    { [l10n.t('Sign In Again')]: () => signIn(), ...cureButton(parts, provider, ending.cure, signIn) },
  );
}

/** If a provider issues no refresh tokens, every sign-in would show two messages. */
async function offerUnlessSilenced(
  { repeating }: EndingParts,
  { providerId }: Grant,
  severity: 'information' | 'warning',
  message: Shown,
  buttons: Readonly<Record<string, () => unknown>>,
): Promise<void> {
  const subject = `refresh-token/${providerId}`;
  if (repeating.isSilenced(subject)) return;
  await offer(severity, message, { ...buttons, [doNotShowAgain()]: () => repeating.silence(subject) });
}

/** What another extension contributes can be changed only there. */
function cureButton(
  parts: EndingParts,
  provider: Provider,
  cure: string,
  signIn: Again,
): Readonly<Record<string, () => unknown>> {
  const isOwn = provider.contributedBy === undefined && Object.hasOwn(writtenProviders(), provider.id);
  if (!canCure(cure) || !isOwn) return {};
  return {
    [l10n.t('Stay Signed In')]: async () => {
      try {
        await signInToLast(parts, provider, cure, signIn);
      } catch (error) {
        parts.log.error('sign-ins could not be made to last', {
          provider: provider.id,
          ...failureFields(error),
        });
        void window.showErrorMessage(messageOf(error));
      }
    },
  };
}

/**
 * Changes the settings and signs in again, twice if the first change wasn't enough. What the server refuses with these
 * settings, or the user declines, leaves the settings as they were: sign-ins that worked keep working.
 */
async function signInToLast(
  parts: EndingParts,
  { id, label }: Provider,
  cure: Cure,
  signIn: Again,
): Promise<void> {
  const { readSettings, log } = parts;
  let before = writtenProviders()[id];
  let changed = await applyCure(parts, id, cure);
  const isAsChanged = (): boolean => JSON.stringify(writtenProviders()[id]) === changed;
  let outcome = await signIn(cure);
  if (outcome === 'needs-consent') {
    // What the user wrote meanwhile is kept.
    if (!isAsChanged()) before = writtenProviders()[id];
    changed = await applyCure(parts, id, 'consent');
    outcome = await signIn('consent');
  }
  const isVain = outcome === 'refused' || outcome === 'canceled';
  if (!isVain || !isAsChanged()) return;
  await writeProvider(id, before as ProviderDefinition);
  await readSettings();
  log.info('settings changed back', { provider: id, outcome });
  if (outcome === 'canceled') return;
  void window.showInformationMessage(
    l10n.t(
      'The settings for {0} are as before. Ask its administrator to allow refresh tokens for the client.',
      label,
    ),
  );
}

/** @returns the provider's settings as they are then, to recognize them. */
async function applyCure(
  { httpContext, providers, readSettings, log }: EndingParts,
  id: string,
  cure: Cure,
): Promise<string> {
  const provider = providers.byId(id);
  if (provider) {
    const { metadata } = await httpContext.metadata.get(provider.issuer, provider);
    const fields = cureFields(provider, cure, metadata);
    await changeProvider(id, fields);
    log.info('settings changed so that sign-ins last', { provider: id, fields: Object.keys(fields) });
  }
  const changed = JSON.stringify(writtenProviders()[id]);
  await readSettings();
  return changed;
}
