import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { secretEndpoints } from '../../../src/protocol/server/secretEndpoints.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { connectFor } from '../../../src/signIn/client/grantConnection.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { operations, type Operation } from './operations.ts';
import { signInTrial } from '../signingIn.ts';

describe('metadata that named another address for a moment', () => {
  let server: IdentityProvider;
  let grant: Grant;
  before(async () => {
    server = await startIdentityProvider();
  });
  beforeEach(async () => {
    const trial = signInTrial();
    grant = await trial.signIn(trial.provider(settings()));
  });
  after(() => server.close());

  const settings = () => ({
    issuer: server.issuer,
    claimSources: ['userinfo' as const, 'introspection' as const],
  });

  /** A window that has read the metadata while one endpoint was elsewhere. */
  async function misled(endpoint: string) {
    const state = { isMoved: true, reads: 0 };
    const trial = signInTrial({
      async fetch(address, init) {
        const response = await fetch(address, init);
        if (!response.url.includes('/.well-known/')) return response;
        state.reads++;
        if (!state.isMoved) return response;
        const document = (await response.json()) as object;
        return Response.json({ ...document, [endpoint]: `https://elsewhere.example/${endpoint}` });
      },
    });
    const provider = trial.provider(settings());
    await trial.context.httpContext.metadata.get(provider.issuer, provider);
    state.reads = 0;
    return { trial, provider, state };
  }

  for (const endpoint of secretEndpoints)
    for (const [what, operate] of Object.entries<Operation>(operations))
      it(`costs nothing: ${endpoint}, ${what}`, async () => {
        const { trial, provider, state } = await misled(endpoint);
        state.isMoved = false;
        await operate(trial, grant, provider);
        const { sendings } = trial.context.httpContext;
        assert.deepEqual(sendings.withheld(grant.id), []);
        assert.equal(state.reads, 1);
        const right = signInTrial();
        const again = await right.signIn(right.provider(settings()));
        right.context.httpContext.sendings.take(again.id, again.binding.issuer);
        await operate(right, again, right.provider(settings()));
        const kinds = (of: typeof right, id: string) =>
          of.context.httpContext.sendings
            .take(id)
            .map(({ purpose }) => purpose)
            .sort();
        assert.deepEqual(kinds(trial, grant.id), kinds(right, again.id));
      });

  for (const endpoint of secretEndpoints)
    it(`is read once more, and no more, while it stays so: ${endpoint}`, async () => {
      const { trial, provider, state } = await misled(endpoint);
      const connection = await connectFor(trial.context, provider, grant);
      assert.deepEqual(connection.withheld, [{ endpoint, host: 'elsewhere.example' }]);
      assert.equal(state.reads, 1);
    });

  it('leaves a sign-out to be told later, as long as it is so', async () => {
    const { trial, provider } = await misled('revocation_endpoint');
    await assert.rejects(
      revokeGrant(trial.context, provider, grant),
      (error: unknown) => error instanceof Failure && error.code === 'destination-not-agreed',
    );
  });
});
