import { l10n } from '../../platform/shown.ts';
import { Failure } from '../failures/failure.ts';
import { checkAddress, isLoopbackHost, type AddressPolicy } from '../http/address.ts';
import { parseServerObject } from '../http/json.ts';
import { quoteServerText } from '../http/serverText.ts';
import type { Metadata } from '../server/metadata.ts';

/**
 * The path of every redirect URI in a client ID metadata document. It is no other sign-in's: only sign-ins that require
 * `iss` wait there, because any server that accepts documents sends responses there, see docs/decisions/0031.
 */
export const documentPath = '/client-document';

/** The members of the document that the build writes. Servers refuse members that they don't know. */
export const publishedDocument = (address: string, name: string) => ({
  client_id: address,
  client_name: name,
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: ['127.0.0.1', 'localhost'].map(host => `http://${host}${documentPath}`),
});

/** A client ID metadata document that was read, and that a server should accept as it stands. */
export interface ClientDocument {
  /** Its URL, which is the client ID. */
  readonly address: string;
  readonly redirectUris: readonly string[];
}

/** The longest document that servers read, in bytes (draft-ietf-oauth-client-id-metadata-document section 6.6). */
export const documentLimit = 5000;

/**
 * True if the server accepts documents, and names itself in its responses (RFC 9207). A document lists the same redirect
 * URIs for all servers, so nothing else tells their responses apart.
 */
export const acceptsDocuments = (
  metadata: Pick<
    Metadata,
    'client_id_metadata_document_supported' | 'authorization_response_iss_parameter_supported'
  >,
): boolean =>
  metadata.client_id_metadata_document_supported === true &&
  metadata.authorization_response_iss_parameter_supported === true;

/**
 * Checks whether the URL can be a client ID (draft-ietf-oauth-client-id-metadata-document section 3). Servers compare it
 * as a string, so it must be written as it is sent.
 *
 * @throws Failure `client-document-invalid`, or as {@link checkAddress}.
 */
export function checkDocumentAddress(address: string, policy: AddressPolicy): void {
  const url = checkAddress(address, policy);
  if (url.pathname === '/')
    throw new Failure('client-document-invalid', { address, reason: l10n.t('its URL has no path') });
  if (url.href !== address)
    throw new Failure('client-document-invalid', {
      address,
      reason: l10n.t('its URL must be written as {0}', url.href),
    });
}

/**
 * Parses a document as strictly as servers do. A server refuses one on a page in the browser, for which a sign-in would
 * wait until it times out.
 *
 * @throws Failure `client-document-invalid`
 */
export function parseClientDocument(text: string, address: string): ClientDocument {
  const invalid = (reason: string): Failure => new Failure('client-document-invalid', { address, reason });
  if (new TextEncoder().encode(text).length > documentLimit)
    throw invalid(l10n.t('it’s larger than {0} bytes', documentLimit));
  const found = parseServerObject(text);
  if (!found) throw invalid(l10n.t('it isn’t a JSON object'));
  const member = (name: string): string => {
    const value = found[name];
    return quoteServerText(typeof value === 'string' ? value : JSON.stringify(value)) ?? l10n.t('not set');
  };
  for (const name of ['client_secret', 'client_secret_expires_at'])
    if (name in found) throw invalid(l10n.t('it contains "{0}", which everyone could read', name));
  const expected = {
    client_id: address,
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  };
  for (const [name, value] of Object.entries(expected))
    if (found[name] !== value)
      throw invalid(l10n.t('its "{0}" must be {1}, but is {2}', name, value, member(name)));
  for (const [name, needed] of [
    ['grant_types', 'authorization_code'],
    ['response_types', 'code'],
  ] as const)
    if (!(textsOf(found[name])?.includes(needed) ?? found[name] === undefined))
      throw invalid(l10n.t('its "{0}" must include {1}', name, needed));
  const redirectUris = textsOf(found['redirect_uris']);
  if (!redirectUris || redirectUris.length === 0) throw invalid(l10n.t('it lists no redirect URIs'));
  const foreign = redirectUris.find(uri => !isDocumentUri(uri));
  if (foreign !== undefined)
    throw invalid(
      l10n.t(
        'it lists the redirect URI {0}, but only URIs of this computer or an editor with the path {1} are safe',
        quoteServerText(foreign) ?? '“”',
        documentPath,
      ),
    );
  return { address, redirectUris };
}

const textsOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every(item => typeof item === 'string') ? value : undefined;

/**
 * True for a URI that leads to this computer or an editor, on the path of documents. Nothing hands a response on from
 * there, as a bridge page or a relay would, to a sign-in that doesn't require `iss`.
 */
function isDocumentUri(uri: string): boolean {
  const url = URL.parse(uri);
  if (url?.pathname !== documentPath || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'http:' ? isLoopbackHost(url.hostname) : url.protocol !== 'https:';
}

/** True if the document lists the redirect URI. The port of a loopback one doesn't count (RFC 8252 section 7.3). */
export const listsRedirect = ({ redirectUris }: ClientDocument, redirectUri: string): boolean =>
  redirectUris.map(withoutPort).includes(withoutPort(redirectUri));

function withoutPort(uri: string): string {
  const url = URL.parse(uri);
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname)
    ? `http://${url.hostname}${url.pathname}${url.search}`
    : uri;
}
