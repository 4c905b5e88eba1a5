import { l10n } from '../../platform/shown.ts';
import type { AgreedEndpoints } from '../../protocol/server/secretEndpoints.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { clientAtHand, type ClientStores } from '../client/client.ts';
import { defaultsAmong, requestedScopes } from '../methods/requestedScopes.ts';
import type { RegisteredUri } from '../redirect/registeredUris.ts';
import { askServer, redirectCandidates } from './asking.ts';
import { clientFindings } from './clientFindings.ts';
import { failed, info, type Finding } from './report.ts';

/** What a diagnosis needs to ask a provider about its client. */
export interface ClientInquiry {
  readonly stores: ClientStores;
  /** Whether the user has agreed to the provider's current settings: no secret is sent to any other. */
  readonly isAgreed: boolean;
  /** Where the accounts there are were signed in at. */
  readonly endpoints: AgreedEndpoints;
}

/** Asks the provider about its client, without a user, and reports what is right and wrong with it. */
export async function clientSection(
  { httpContext, provider }: { readonly httpContext: HttpContext; readonly provider: Provider },
  { stores, isAgreed, endpoints }: ClientInquiry,
  metadata: Metadata,
  uris: readonly RegisteredUri[],
): Promise<(Finding | undefined)[]> {
  const notAsked = (why: string, next?: string): Finding[] => [info(l10n.t('Not asked'), why, next)];
  if (!isAgreed)
    return notAsked(
      l10n.t('You haven’t agreed to this provider’s settings.'),
      l10n.t('Sign in once, then run the diagnosis again.'),
    );
  try {
    const found = await clientAtHand(provider, stores);
    if (!found)
      return notAsked(
        l10n.t('This editor registers itself when you sign in. A diagnosis doesn’t register it.'),
      );
    const { client, redirectUri } = found;
    const own = redirectUri === undefined ? uris : [{ uri: redirectUri }];
    const asked = { provider, scopes: [] };
    const inquired = await askServer({
      httpContext,
      provider,
      client,
      endpoints,
      redirects: redirectCandidates(own, provider),
      scopes: requestedScopes(metadata, asked, []),
    });
    const { method } = client.authentication;
    return clientFindings(
      { metadata, clientId: client.id, method, ours: defaultsAmong(metadata, asked) },
      inquired,
    );
  } catch (error) {
    if (error instanceof Failure && error.code === 'client-secret-missing')
      return notAsked(l10n.t('The client secret, key or certificate isn’t stored.'));
    return [failed(l10n.t('Client'), error)];
  }
}
