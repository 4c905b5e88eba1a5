import { l10n } from '../../platform/shown.ts';
import { anyOf } from '../../platform/language.ts';
import type { Provider, WantedClaim } from '../../providers/entries/definition.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * The value of a claim: the claim of that very name (names can contain dots, as in `https://example.com/roles`),
 * otherwise the one that the dots lead to.
 */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, part))
      return undefined;
    at = (at as Claims)[part];
  }
  return at;
}

/** Why these claims don't satisfy the provider's settings, as a part of a sentence. Undefined if they do. */
export function lackingClaim(
  { requiredClaims }: Pick<Provider, 'requiredClaims'>,
  claims: Claims,
): string | undefined {
  for (const [name, wanted] of Object.entries(requiredClaims)) {
    if (has(claimAt(claims, name), wanted)) continue;
    const values = Array.isArray(wanted) ? wanted : [String(wanted)];
    return l10n.t('"{0}" must be or contain {1}', name, anyOf(values.map(value => `"${value}"`)));
  }
  return undefined;
}

function has(value: unknown, wanted: WantedClaim): boolean {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const accepted: readonly unknown[] = typeof wanted === 'object' ? wanted : [wanted];
  return accepted.some(one => values.includes(one));
}
