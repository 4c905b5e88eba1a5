import assert from 'node:assert/strict';
import type { Provider } from '../../src/providers/entries/definition.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import type { SignInControl } from '../../src/signIn/signIn.ts';
import { signInAtKeycloak } from './person.ts';
import { keycloakTrial, type KeycloakTrial } from './running.ts';

/** The redirect URI of clients of the profiles for FAPI 2.0, which shows the response. */
export const shown = 'https://company.example/shown';

/** Alice, who pastes the URL that she ends on. */
export async function pastingTrial(
  options: Parameters<typeof keycloakTrial>[0] = {},
): Promise<{ readonly trial: KeycloakTrial; signIn(provider: Provider): Promise<Grant> }> {
  let control: SignInControl | undefined;
  const trial = await keycloakTrial({
    ...options,
    method: 'paste',
    async browser(address) {
      const end = await signInAtKeycloak(address, { username: 'alice' });
      assert.equal(control?.paste(end.href), undefined);
    },
  });
  return {
    trial,
    signIn: provider => trial.signIn(provider, { onPlan: (_plan, given) => (control = given) }),
  };
}
