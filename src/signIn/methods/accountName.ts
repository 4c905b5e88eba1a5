import { askPersonWithin } from '../client/askingPerson.ts';
import type { SignInContext, SignInRequest } from './context.ts';

/**
 * Names the account if the provider doesn't say who signed in: after the provider, or as the user says if other
 * accounts are signed in, because two accounts must not share a name. Without a name, the sign-in fails: extensions
 * that are allowed to use one account must not get the tokens of another.
 */
export const namer =
  (
    { httpContext, timeouts, findSubject, nameAccount }: SignInContext,
    { provider, loginHint, signal }: SignInRequest,
  ): (() => Promise<string | undefined>) =>
  async () => {
    const known = ((await findSubject(provider.id))?.grants ?? []).map(({ grant }) => grant.account.label);
    // A sign-in to a named account keeps that name.
    if (loginHint !== undefined && known.some(name => name === loginHint)) return loginHint;
    if (known.length === 0) return provider.label;
    const person = askPersonWithin(httpContext.clock, timeouts.person, signal);
    return person(takenBack => nameAccount(provider, known, takenBack));
  };
