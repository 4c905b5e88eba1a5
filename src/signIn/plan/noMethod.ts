import { l10n } from '../../platform/shown.ts';
import { acceptsDocuments } from '../../protocol/grants/clientDocument.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import { methodName } from './methodName.ts';
import type { Plan } from './planner.ts';

/** Says why a server that accepts client ID metadata documents gets none. */
function aboutDocument(clientDocument: string | undefined, metadata: Metadata): string | undefined {
  if (metadata.client_id_metadata_document_supported !== true) return undefined;
  const { host } = new URL(metadata.issuer);
  if (clientDocument === undefined)
    return l10n.t(
      '{0} also accepts a client ID metadata document. If your organization hosts one for this editor, set "oidc.clientMetadataUrl".',
      host,
    );
  return acceptsDocuments(metadata)
    ? undefined
    : l10n.t(
        'The client ID metadata document isn’t used, because {0} doesn’t name itself in its responses (iss).',
        host,
      );
}

/**
 * Says what the server offers and what would be needed.
 *
 * @param clientDocument the URL of this editor's client ID metadata document, if it has one.
 */
export function noMethod(metadata: Metadata, plan: Plan, clientDocument: string | undefined): Failure {
  const offers = [
    metadata.authorization_endpoint && l10n.t('sign-in with the browser'),
    metadata.device_authorization_endpoint && l10n.t('device codes'),
    metadata.registration_endpoint && l10n.t('automatic registration'),
  ].filter(offer => offer !== undefined);
  const offered =
    offers.length > 0
      ? l10n.t('It offers {0}.', offers.join(', '))
      : l10n.t('It offers no supported sign-in method.');
  const about = aboutDocument(clientDocument, metadata);
  const reasons = [...new Set(plan.closed.map(({ why }) => why)), ...(about === undefined ? [] : [about])];
  const set = plan.offered.map(({ method }) => methodName(method));
  const others = set.length > 0 ? [l10n.t('You can still try: {0}.', set.join('; '))] : [];
  return new Failure('no-way', {
    issuer: metadata.issuer,
    why: [offered, ...reasons, ...others].join(' '),
  });
}
