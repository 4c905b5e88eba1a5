import { l10n } from '../../platform/shown.ts';

/** The longest accepted resource URI, in characters. */
export const longestResource = 2000;

/**
 * Explains why this isn't a resource URI (RFC 8707 section 2: an absolute URI without a fragment), as the rest of a
 * sentence, or returns undefined if it is one.
 */
export function resourceProblem(value: string): string | undefined {
  if (value.length > longestResource) return l10n.t('is too long');
  // A URI is ASCII (RFC 3986 section 2). The URL parser would accept other characters and change them.
  if (!/^[\x21-\x7E]+$/.test(value) || /["<>\\^`{|}]/.test(value) || !URL.canParse(value))
    return l10n.t('must be an absolute URI');
  return value.includes('#') ? l10n.t('must not have a fragment (#…)') : undefined;
}
