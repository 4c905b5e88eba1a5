import { l10n, shown, type Shown } from '../../platform/shown.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import { usualScopes } from '../../providers/entries/usualScopes.ts';
import type { Answers, Outcome } from './answers.ts';
import { askSeveral, back } from './questions.ts';

/** Scopes that are hardly wanted but are always listed. */
const mostScopes = 200;

/**
 * The scopes to choose from; undefined if nobody knows any beyond the usual ones.
 *
 * @param metadata of the server.
 * @param named those that the API names which led to the server, if one did.
 * @param isService the client signs in by itself: none of the usual scopes is for it.
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

/** Lets the person choose among the scopes that the server, or the API that led to it, knows. A preset has its own. */
export async function askScopes(answers: Answers): Promise<Outcome> {
  const { found, preset, isService = false } = answers;
  const choices = found && scopeChoices(found.metadata, found.scopes, isService);
  if (preset !== undefined || !choices) {
    answers.scopes = undefined;
    return 'skipped';
  }
  const { usual, known } = choices;
  const chosenBefore = answers.scopes ?? [...usual, ...found.scopes];
  const about = aboutScopes();
  const chosen = await askSeveral({
    step: 4,
    title: l10n.t('Scopes at {0}', new URL(found.issuer).host),
    placeholder: l10n.t('What a sign-in asks for; extensions ask for what they need besides'),
    items: known.map(choice => {
      const description = about.get(choice);
      return {
        label: shown(choice),
        choice,
        picked: chosenBefore.includes(choice),
        ...(description !== undefined && { description }),
      };
    }),
  });
  if (chosen === back) return back;
  const isUsual = chosen.length === usual.length && usual.every(scope => chosen.includes(scope));
  answers.scopes = isUsual ? undefined : chosen;
  return 'asked';
}

/** What the usual scopes are about; nothing is known of others. */
const aboutScopes = (): ReadonlyMap<string, Shown> =>
  new Map([
    ['openid', l10n.t('who you are')],
    ['profile', l10n.t('your name')],
    ['email', l10n.t('your e-mail address')],
    ['offline_access', l10n.t('stay signed in')],
  ]);
