import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { endGrantSession, refreshGrant, revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { refreshProfile } from '../../../src/signIn/after/refreshProfile.ts';
import type { SignInTrial } from '../signingIn.ts';

/** What a grant's sign-in is used for: each sends something secret. */
export const operations = {
  refresh: (trial, grant, provider) => refreshGrant(trial.context, provider, grant, () => undefined),
  'derive another token': (trial, grant, provider) =>
    refreshGrant(trial.context, provider, grant, () => undefined, ['email']),
  'renew the profile': (trial, grant, provider) =>
    refreshProfile(trial.context, provider, grant, {
      ...grant.tokens,
      kept: {},
      idTokenClaims: undefined,
      grantedScopes: undefined,
    }),
  revoke: (trial, grant, provider) => revokeGrant(trial.context, provider, grant),
  'end the session': (trial, grant, provider) =>
    endGrantSession(trial.context, provider, grant, {
      redirect: undefined,
      timeout: 5,
      signal: new AbortController().signal,
      openBrowser(address) {
        trial.opened.push(address.reveal());
        return Promise.resolve(true);
      },
    }),
} satisfies Record<string, Operation>;

export type Operation = (
  trial: SignInTrial,
  grant: Grant,
  provider: ReturnType<SignInTrial['provider']>,
) => Promise<unknown>;
