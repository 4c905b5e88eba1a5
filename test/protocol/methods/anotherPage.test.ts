import assert from 'node:assert/strict';
import type { SignInControl } from '../../../src/signIn/signIn.ts';
import { people } from '../../servers/identityProvider/people.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { signInOverHttp } from '../../servers/identityProvider/person.ts';
import { signInTrial, until } from '../signingIn.ts';

describe('a person in front of the page to sign in', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider();
  });
  after(() => server.close());

  const pushed = (): Record<string, unknown> =>
    server.requestsTo(server.endpoints.pushedAuthorizationRequest).at(-1)?.body ?? {};

  it('is asked who they are, to sign in as someone else', async () => {
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer });
    await trial.signIn(provider);
    assert.equal(pushed()['prompt'], undefined);
    const grant = await trial.signIn(provider, { asksWho: true });
    assert.equal(pushed()['prompt'], 'login');
    assert.equal(grant.account.label, 'alice');
  });

  it('closes it and opens it again, and only the new one counts', async () => {
    let control: SignInControl | undefined;
    const taken: boolean[] = [];
    const trial = signInTrial({
      browser: async (address, deliver) => {
        if (trial.opened.length === 1) return true;
        const [first = ''] = trial.opened;
        taken.push(deliver(await signInOverHttp(first, people.bob)));
        taken.push(deliver(await signInOverHttp(address, people.alice)));
        return true;
      },
    });
    const signedIn = trial.signIn(trial.provider({ issuer: server.issuer }), {
      onPlan: (_, given) => (control = given),
    });
    await until(() => trial.opened.length === 1);
    const { method } = control ?? {};
    assert.equal(method, 'uri-handler');
    control?.use(method);
    assert.equal((await signedIn).account.label, 'alice');
    assert.equal(trial.opened.length, 2);
    assert.deepEqual(taken, [false, true]);
  });
});
