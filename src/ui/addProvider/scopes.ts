import { l10n, shown, type Shown } from '../../platform/shown.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import { usualScopes } from '../../providers/entries/usualScopes.ts';
import type { FoundServer } from '../../providers/lookUp/lookUp.ts';

/** Scopes that are hardly wanted but are always listed. */
const mostScopes = 200;

/**
 * Lists the scopes to choose from, or returns undefined if only the default ones are known.
 *
 * @param metadata of the server.
 * @param named the scopes named by the API that led to the server, if one did.
 * @param isService no user signs in, so no default scope applies.
 */
export function scopeChoices(
  metadata: Metadata,
  named: readonly string[],
  isService: boolean,
): { readonly usual: readonly string[]; readonly known: readonly string[] } | undefined {
  const { scopes_supported: supported } = metadata;
  if (!supported && named.length === 0) return undefined;
  const usual = isService ? [] : usualScopes(metadata);
  return { usual, known: [...new Set([...usual, ...named, ...(supported ?? [])])].slice(0, mostScopes) };
}

/** What decides which scopes are requested. */
interface Decisive {
  readonly found?: FoundServer;
  readonly preset?: unknown;
  readonly isService?: boolean | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** The scopes that can be chosen, and those that are. */
export interface ChosenScopes {
  readonly known: readonly string[];
  readonly chosen: readonly string[];
  /** Undefined: the usual ones, which no setting has to name. */
  readonly setting: readonly string[] | undefined;
}

/** Returns undefined if there is nothing to choose. A preset has scopes of its own. */
export function chosenScopes({
  found,
  preset,
  isService = false,
  scopes,
}: Decisive): ChosenScopes | undefined {
  const choices = found && scopeChoices(found.metadata, found.scopes, isService);
  if (preset !== undefined || !choices) return undefined;
  const { usual, known } = choices;
  const chosen = scopes ?? [...new Set([...usual, ...found.scopes])];
  const isUsual = chosen.length === usual.length && usual.every(scope => chosen.includes(scope));
  return { known, chosen, setting: isUsual ? undefined : chosen };
}

/** Describes the default scopes. Other scopes have no description. */
const aboutScopes = (): ReadonlyMap<string, Shown> =>
  new Map([
    ['openid', l10n.t('who you are')],
    ['profile', l10n.t('your name')],
    ['email', l10n.t('your email address')],
    ['offline_access', l10n.t('stay signed in')],
  ]);

/** A scope as a checkbox. */
export function scopeChoice(scope: string): { label: Shown; choice: string; description?: Shown } {
  const description = aboutScopes().get(scope);
  return { label: shown(scope), choice: scope, ...(description !== undefined && { description }) };
}
