import { l10n, shown, type Shown } from '../../platform/shown.ts';
import type { Log } from '../../platform/log.ts';
import { endpointsOf } from '../../protocol/server/secretEndpoints.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { ContestedId } from '../../providers/entries/contested.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { hostsOf } from '../../providers/entries/destination.ts';
import { allOf } from '../../platform/language.ts';
import { waitsForAnswer } from '../../providers/entries/origin.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';
import type { Trust } from '../../signIn/trust.ts';
import { failureFields, offer } from '../messages.ts';
import { window } from '../show.ts';

/** What the review of changed terms needs. */
export interface ChangedTermsParts {
  readonly providers: ConfiguredProviders;
  readonly cache: GrantCache;
  readonly httpContext: HttpContext;
  readonly trust: Trust;
  readonly log: Log;
  /** Reads the settings again. */
  readSettings(): Promise<void>;
}

/** The providers with sign-ins that need the user's review, as far as their grants are known. */
export const waitingProviders = (providers: ConfiguredProviders, cache: GrantCache): Provider[] =>
  providers.list().filter(provider => cache.known().some(grant => waitsForAnswer(grant, provider)));

/**
 * Releases the waiting sign-ins, now that the user has agreed to the changed provider. They keep waiting if its server
 * can't be reached for its endpoints.
 */
export async function releaseSignIns(
  { cache, httpContext, log }: Pick<ChangedTermsParts, 'cache' | 'httpContext' | 'log'>,
  provider: Provider,
): Promise<void> {
  try {
    const waiting = (await cache.ofProvider(provider.id)).filter(grant => waitsForAnswer(grant, provider));
    if (waiting.length === 0) return;
    const { metadata } = await httpContext.metadata.get(provider.issuer, provider);
    for (const { id } of waiting) {
      await cache.update(id, grant => {
        if (!waitsForAnswer(grant, provider)) return undefined;
        const { tokenEndpoint } = grant.binding;
        const agreed = {
          terms: provider.terms,
          endpoints: endpointsOf(metadata),
          tokenEndpoint: metadata.token_endpoint ?? tokenEndpoint,
        };
        return { ...grant, binding: { ...grant.binding, ...agreed } };
      });
    }
    log.info('sign-ins are used with the changed provider', { provider: provider.id, count: waiting.length });
  } catch (error) {
    log.warn('sign-ins still wait', { provider: provider.id, ...failureFields(error) });
  }
}

/** Asks about each changed provider with waiting sign-ins, and about each ID that several sources define. */
export async function reviewChanges(parts: ChangedTermsParts, providerId?: string): Promise<void> {
  // A change just written might not have been read yet.
  await parts.readSettings();
  const contested = parts.providers
    .contested()
    .filter(({ id, used }) => id === providerId || (!providerId && !used));
  for (const one of contested) await chooseSource(parts, one);
  const waiting = waitingProviders(parts.providers, parts.cache);
  if (waiting.length === 0 && contested.length === 0)
    void window.showInformationMessage(l10n.t('No identity provider has changed.'));
  for (const provider of waiting) {
    if (providerId !== undefined && provider.id !== providerId) continue;
    if (!(await parts.trust.check(provider, new AbortController().signal))) continue;
    // The user might have agreed earlier, while the server couldn't be reached.
    await releaseSignIns(parts, provider);
  }
}

/** Says once that sign-ins wait, and what for. */
export const showWaiting = (parts: ChangedTermsParts, provider: Provider): Promise<void> =>
  offer(
    'warning',
    provider.certificates === undefined
      ? l10n.t(
          'The settings of {0} changed since you signed in. Nothing is sent until you review the change.',
          provider.label,
        )
      : l10n.t(
          'The certificate of {0} isn’t verified here. Nothing is sent until you review the change.',
          provider.label,
        ),
    { [l10n.t('Review…')]: () => reviewChanges(parts, provider.id) },
  );

/** Names the source of a provider for the user. */
const sourceName = ({ contributedBy }: Provider): Shown =>
  contributedBy === undefined ? l10n.t('your settings') : l10n.t('the extension {0}', contributedBy);

/** Asks whose provider an id is to be, and then whether to sign in there. */
async function chooseSource(parts: ChangedTermsParts, { id, candidates }: ContestedId): Promise<void> {
  const items = candidates.map(provider => ({
    provider,
    label: shown`${provider.label} (${sourceName(provider)})`,
    description: shown(hostsOf(provider).join(', ')),
  }));
  const title = l10n.t('Whose “{0}” do you want to use?', id);
  const chosen = await window.showQuickPick(items, { title, ignoreFocusOut: true });
  if (chosen && (await parts.trust.check(chosen.provider, new AbortController().signal)))
    await parts.readSettings();
}

/** Says once that several bring an id, and that none is used. */
export const showContested = (parts: ChangedTermsParts, { id, candidates }: ContestedId): Promise<void> =>
  offer(
    'warning',
    l10n.t(
      '“{0}” is the ID of several identity providers ({1}). None is used until you choose one.',
      id,
      allOf(candidates.map(sourceName)),
    ),
    { [l10n.t('Choose…')]: () => reviewChanges(parts, id) },
  );
