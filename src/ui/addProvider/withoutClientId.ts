import { l10n, type Shown } from '../../platform/shown.ts';
import {
  acceptsDocuments,
  publishedDocument,
  type ClientDocument,
} from '../../protocol/grants/clientDocument.ts';
import type { Answers } from './answers.ts';
import type { Facts } from './state.ts';

/**
 * The client ID metadata document that a sign-in without a client ID would probably use. What it lists is read only for
 * a sign-in: here, it's what the published one lists.
 */
export const assumedDocument = (
  { found }: Answers,
  { clientDocument: address }: Pick<Facts, 'clientDocument'>,
): ClientDocument | undefined =>
  address !== undefined && found && acceptsDocuments(found.metadata)
    ? { address, redirectUris: publishedDocument(address, '').redirect_uris }
    : undefined;

/**
 * True if the editor needs no client ID: the server registers it, or accepts its client ID metadata document. The
 * registration endpoints of known products are mostly closed, so there it's offered and not the first choice.
 */
export const canRegister = (answers: Answers, facts: Pick<Facts, 'clientDocument'>): boolean => {
  const { found, preset, typed } = answers;
  const registers =
    found?.metadata.registration_endpoint !== undefined && (preset === undefined || typed !== undefined);
  return registers || assumedDocument(answers, facts) !== undefined;
};

/** Names how the editor identifies itself without a client ID. */
export const withoutClientId = (answers: Answers, facts: Pick<Facts, 'clientDocument'>): Shown =>
  assumedDocument(answers, facts)
    ? l10n.t('Use this editor’s metadata document')
    : l10n.t('Register automatically');
