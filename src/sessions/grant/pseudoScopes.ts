import { l10n } from '../../platform/shown.ts';
import { StartFailure } from '../../protocol/failures/knownFailure.ts';
import { resourceProblem } from '../../protocol/server/resourceIndicator.ts';
import { quoteServerText } from '../../protocol/http/serverText.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { normaliseScopes, union } from './scopes.ts';

/** Says among the scopes what a token is for (RFC 8707), and is never sent as a scope; see docs/decisions/0017. */
export const resourcePrefix = 'resource:';
const audiencePrefix = 'audience:';

export const isPseudoScope = (scope: string): boolean =>
  scope.startsWith(resourcePrefix) || scope.startsWith(audiencePrefix);

/** The scopes among what was asked for: what is sent as such. */
export const plainScopes = (asked: readonly string[]): string[] =>
  asked.filter(scope => !isPseudoScope(scope));

/** What the access token is to be for, in one order: equal targets are equal lists. */
export const targetOf = (asked: readonly string[]): string[] => normaliseScopes(asked.filter(isPseudoScope));

const valuesAfter = (prefix: string, asked: readonly string[]): string[] =>
  normaliseScopes(asked.filter(scope => scope.startsWith(prefix))).map(scope => scope.slice(prefix.length));

export const askedAudience = (asked: readonly string[]): string | undefined =>
  valuesAfter(audiencePrefix, asked)[0];

/** The resources that the access token is for; none: the server decides. */
export function resourcesOfToken(
  { resources, tokenPerResource }: Pick<Provider, 'resources' | 'tokenPerResource'>,
  asked: readonly string[],
): readonly string[] {
  const named = valuesAfter(resourcePrefix, asked);
  if (named.length > 0) return named;
  return tokenPerResource ? resources.slice(0, 1) : resources;
}

/** The resources that a sign-in is for: where it can serve several, also those of the settings. */
export function resourcesOfSignIn(
  provider: Pick<Provider, 'resources' | 'tokenPerResource'>,
  asked: readonly string[],
): readonly string[] {
  const own = resourcesOfToken(provider, asked);
  return provider.tokenPerResource ? union(own, provider.resources) : own;
}

/**
 * Checks what an extension asks for.
 *
 * @throws Failure `scope-unusable`
 */
export function checkAsked(asked: readonly string[]): void {
  const refuse = (scope: string, reason: string): never => {
    throw new StartFailure('scope-unusable', { scope: quoteServerText(scope) ?? '“”', reason });
  };
  for (const scope of asked.filter(isPseudoScope)) {
    const value = scope.slice(scope.indexOf(':') + 1);
    if (scope.startsWith(resourcePrefix)) {
      const problem = resourceProblem(value);
      if (problem !== undefined) refuse(scope, l10n.t('what follows "{0}" {1}', resourcePrefix, problem));
    } else if (!/^[\x21-\x7E]{1,2000}$/.test(value)) {
      refuse(scope, l10n.t('what follows "{0}" must be printable characters without spaces', audiencePrefix));
    }
  }
  const audiences = asked.filter(scope => scope.startsWith(audiencePrefix));
  const [, second] = normaliseScopes(audiences);
  if (second !== undefined) refuse(second, l10n.t('an access token can have one audience only'));
}
