import { l10n } from '../../platform/shown.ts';
import { acceptsDocuments } from '../../protocol/grants/clientDocument.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { readDocument } from '../client/documentAtHand.ts';
import { failed, info, pass, type Finding } from './report.ts';

/** Whether a sign-in uses this editor's client ID metadata document, and what to report about that. */
export interface DocumentInquiry {
  readonly isUsed: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Reads this editor's client ID metadata document as a sign-in does, if it would.
 *
 * @param address its URL, if the settings name one.
 */
export async function inquireDocument(
  httpContext: HttpContext,
  provider: Provider,
  metadata: Metadata,
  address: string | undefined,
): Promise<DocumentInquiry> {
  const what = l10n.t('Client ID metadata document');
  const unused = (...findings: Finding[]): DocumentInquiry => ({ isUsed: false, findings });
  if (metadata.client_id_metadata_document_supported !== true)
    return address === undefined ? unused() : unused(info(what, l10n.t('the provider doesn’t accept one')));
  if (provider.clientId !== undefined || provider.service)
    return unused(info(what, l10n.t('accepted, but the settings name a client ID')));
  if (!acceptsDocuments(metadata))
    return unused(
      info(what, l10n.t('not used, because the provider doesn’t name itself in its responses (iss)')),
    );
  if (address === undefined)
    return unused(info(what, l10n.t('accepted, but "oidc.clientMetadataUrl" isn’t set')));
  try {
    const { redirectUris } = await readDocument(httpContext, address, provider);
    return { isUsed: true, findings: [pass(what, [address, ...redirectUris].join(', '))] };
  } catch (error) {
    return unused(failed(what, error));
  }
}
