import { askPersonWithin } from '../client/askingPerson.ts';
import type { SignInContext, SignInRequest } from './context.ts';

/**
 * Names the account of a provider that does not say who has signed in: after the provider, or as the person says where
 * others are signed in already, since two accounts must not have one name.
 */
export const namer =
  (
    { httpContext, timeouts, findSubject, nameAccount }: SignInContext,
    { provider, loginHint, signal }: SignInRequest,
  ): (() => Promise<string>) =>
  async () => {
    const known = ((await findSubject(provider.id))?.grants ?? []).map(({ grant }) => grant.account.label);
    // Whoever asks for an account by its name signs in to that one again.
    if (loginHint !== undefined && known.some(name => name === loginHint)) return loginHint;
    const [first] = known;
    if (first === undefined) return provider.label;
    const person = askPersonWithin(httpContext.clock, timeouts.person, signal);
    return (await person(takenBack => nameAccount(provider, known, takenBack))) ?? first;
  };
