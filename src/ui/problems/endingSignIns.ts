import { joined, l10n, type Shown } from '../../platform/shown.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Log } from '../../platform/log.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider, ProviderDefinition } from '../../providers/entries/definition.ts';
import { changeProvider, writeProvider, writtenProviders } from '../../providers/entries/settings.ts';
import { endedReason } from '../../sessions/grant/ending.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import { cureFields, cureText, notLasting } from '../../signIn/plan/lasting.ts';
import { failureFields, messageOf, offer } from '../messages.ts';
import { window } from '../show.ts';
import { doNotShowAgain, type Repeating } from './repeating.ts';

export interface EndingParts {
  readonly httpContext: HttpContext;
  readonly providers: Pick<ConfiguredProviders, 'of'>;
  readonly repeating: Repeating;
  readonly log: Log;
  /** Reads the settings again. */
  readSettings(): Promise<void>;
}

/** How a sign-in went that was to last. Failures have been shown. */
export type Repeated = 'signed-in' | 'refused' | 'canceled' | 'not-now';

/** @param signIn repeats the sign-in with the settings as they are then. */
type Again = () => Promise<Repeated>;

/** Says at once that a sign-in won't last, with what helps as a button. */
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
    { [l10n.t('Sign In Again')]: signIn, ...cureButton(parts, provider, ending.cure, signIn) },
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
  const fields = cureFields(provider, cure);
  const isOwn = provider.contributedBy === undefined && Object.hasOwn(writtenProviders(), provider.id);
  if (!fields || !isOwn) return {};
  return {
    [l10n.t('Stay Signed In')]: async () => {
      try {
        const { metadata } = await parts.httpContext.metadata.get(provider.issuer, provider);
        await signInWith(parts, provider, fields(metadata), signIn);
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
 * Changes the settings and signs in again. What the server refuses with these settings, or the user declines, leaves
 * the settings as they were: sign-ins that worked keep working.
 */
async function signInWith(
  { readSettings, log }: EndingParts,
  { id, label }: Provider,
  fields: Partial<ProviderDefinition>,
  signIn: Again,
): Promise<void> {
  const before = writtenProviders()[id];
  await changeProvider(id, fields);
  const changed = JSON.stringify(writtenProviders()[id]);
  await readSettings();
  log.info('settings changed so that sign-ins last', { provider: id, fields: Object.keys(fields) });
  const outcome = await signIn();
  const isVain = outcome === 'refused' || outcome === 'canceled';
  if (!isVain || JSON.stringify(writtenProviders()[id]) !== changed) return;
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
