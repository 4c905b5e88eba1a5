import { l10n } from '../../platform/shown.ts';
import {
  acceptsDocuments,
  checkDocumentAddress,
  parseClientDocument,
  type ClientDocument,
} from '../../protocol/grants/clientDocument.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { AddressPolicy } from '../../protocol/http/address.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Concessions } from './concessions.ts';

/** The client ID metadata document for a sign-in, or why it can't be used. */
export type DocumentAtHand =
  | { readonly kind: 'usable'; readonly document: ClientDocument }
  | { readonly kind: 'unusable'; readonly failure: Failure };

/** Where a document can come from, and what is known of it. */
export interface DocumentSources {
  /** The URL of this editor's client ID metadata document, if it has one. */
  readonly clientDocument: string | undefined;
  readonly concessions: Pick<Concessions, 'of'>;
  readonly httpContext: HttpContext;
}

/**
 * Reads the document for a sign-in, each time: what it lists decides which methods there are.
 *
 * @returns undefined if the sign-in needs none: it has a client ID, no document is configured, the server doesn't accept
 * one safely, or has refused it and registers the editor instead.
 * @throws nothing but the signal's reason.
 */
export async function findDocument(
  { clientDocument: address, concessions, httpContext }: DocumentSources,
  provider: Provider,
  metadata: Metadata,
  signal?: AbortSignal,
): Promise<DocumentAtHand | undefined> {
  if (address === undefined || provider.clientId !== undefined || provider.service) return undefined;
  if (!acceptsDocuments(metadata)) return undefined;
  const isRefused = concessions.of(provider).includes('client:document');
  if (isRefused && metadata.registration_endpoint !== undefined) return undefined;
  try {
    return { kind: 'usable', document: await readDocument(httpContext, address, provider, signal) };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    httpContext.log.warn('the client ID metadata document can’t be used', {
      address,
      failure: error.code,
      reason: error.details['reason'] ?? '',
    });
    return { kind: 'unusable', failure: error };
  }
}

/**
 * Reads and checks a document as anyone can: no credentials go along, and no redirect is followed.
 *
 * @throws Failure `client-document-unread`, `client-document-invalid`
 */
export async function readDocument(
  { http }: Pick<HttpContext, 'http'>,
  address: string,
  policy: AddressPolicy,
  signal?: AbortSignal,
): Promise<ClientDocument> {
  const unread = (reason: string): Failure => new Failure('client-document-unread', { address, reason });
  let response: Response;
  try {
    checkDocumentAddress(address, policy);
    response = await http(policy, signal)(address, { headers: { accept: 'application/json' } });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Failure) || error.code === 'client-document-invalid') throw error;
    throw unread(error.what);
  }
  if (response.status !== 200)
    throw unread(l10n.t('Its host responded with the status {0}.', response.status));
  return parseClientDocument(await response.text(), address);
}
