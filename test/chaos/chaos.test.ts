import assert from 'node:assert/strict';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../servers/faultProxy.ts';
import { answerLost, points, startChaos, type Chaos } from './rounds.ts';
import { storm } from './storm.ts';

describe('windows in processes of their own, at a real server', function () {
  this.timeout(120_000);
  let server: FaultyIdentityProvider;
  before(async () => {
    server = await startFaultyIdentityProvider();
  });
  after(() => server.close());

  it('send one token request for 8 processes with 1,000 callers each', async () => {
    const { tokenRequests, answered } = await storm(server);
    assert.equal(tokenRequests, 1);
    assert.equal(answered, 8000);
  });

  for (const storage of ['shared', 'separate'] as const) {
    describe(`with ${storage} secret storage, when the leader is killed, or stopped`, () => {
      let chaos: Chaos;
      before(() => {
        chaos = startChaos(server, storage);
      });
      after(() => chaos.end());

      for (const point of points) {
        const fate = answerLost.has(point) ? 'asks to sign in again, once' : 'loses nothing';
        it(`${point}: ${fate}`, async () => {
          const outcome = await chaos.round(point);
          assert.equal(outcome.lost, answerLost.has(point));
          assert.equal(outcome.sentTwice, answerLost.has(point) ? 1 : 0);
        });
      }
    });
  }
});
