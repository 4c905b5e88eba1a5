import type { Provider } from '../providers/entries/definition.ts';
import type { Grant } from './grant/grant.ts';
import { matchingGrants, sessionsOf, type Session } from './grant/sessions.ts';
import { belongsTo } from '../providers/entries/origin.ts';

/** Extensions ask for few sets of scopes; whoever asks for ever new ones must not fill the memory. */
const mostQuestions = 500;

/**
 * The grants of one provider, with what is asked of them again and again. Everything is found once for as long as
 * no grant changes, so that an answer takes the same time however many grants there are.
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
