import { l10n } from '../../platform/shown.ts';

/** The longest address of a resource that is taken, in characters. */
export const longestResource = 2000;

/**
 * Why this is not the address of a resource (RFC 8707 section 2: an absolute URI without a fragment), as the rest of
 * a sentence; undefined if it is one.
 */
export function resourceProblem(value: string): string | undefined {
  if (value.length > longestResource) return l10n.t('is too long');
  // A URI is ASCII (RFC 3986 section 2); the parser of URLs would let pass, and change, what is not.
  if (!/^[\x21-\x7E]+$/.test(value) || /["<>\\^`{|}]/.test(value) || !URL.canParse(value))
    return l10n.t('must be an absolute URI');
  return value.includes('#') ? l10n.t('must not have a fragment (#…)') : undefined;
}
