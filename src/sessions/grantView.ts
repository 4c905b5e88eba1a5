import type { Provider } from '../providers/entries/definition.ts';
import type { Grant } from './grant/grant.ts';
import { matchingGrants, sessionsOf, type Session } from './grant/sessions.ts';
import { belongsTo } from '../providers/entries/origin.ts';

/** Extensions request few sets of scopes. One that requests ever new ones must not fill the memory. */
const mostQuestions = 500;

/**
 * The grants of one provider, with the results of repeated questions. Each result is computed once until a grant
 * changes: the number of grants doesn't affect the time of a lookup.
 */
export type GrantView = ReturnType<typeof viewOf>;

export function viewOf(all: readonly Grant[], provider: Provider) {
  const grants = all.filter(grant => belongsTo(grant, provider));
  const found = new Map<string, readonly Grant[]>();
  let sessions: readonly Session[] | undefined;
  return {
    grants,
    sessions: (): readonly Session[] => (sessions ??= grants.flatMap(sessionsOf)),
    /** As {@link matchingGrants}. */
    matching(scopes: readonly string[], account: { readonly id: string } | undefined): readonly Grant[] {
      const question = JSON.stringify([account?.id, ...scopes]);
      const known = found.get(question);
      if (known) return known;
      if (found.size >= mostQuestions) found.clear();
      const matching = matchingGrants(provider, grants, scopes, account);
      found.set(question, matching);
      return matching;
    },
  };
}

/**
 * Makes views, and makes the same one for the same list of grants and the same provider. A list is never changed:
 * when a grant changes, there is another list.
 */
export function createGrantViews(): typeof viewOf {
  const views = new WeakMap<readonly Grant[], WeakMap<Provider, GrantView>>();
  return (grants, provider) => {
    const ofGrants = views.get(grants) ?? new WeakMap<Provider, GrantView>();
    views.set(grants, ofGrants);
    const view = ofGrants.get(provider) ?? viewOf(grants, provider);
    ofGrants.set(provider, view);
    return view;
  };
}
