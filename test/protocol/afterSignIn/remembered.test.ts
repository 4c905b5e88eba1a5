import assert from 'node:assert/strict';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { manualClock, type ManualClock } from '../../standIns/manualClock.ts';
import { memoryConcessions } from '../../standIns/memoryConcessions.ts';
import { signInTrial } from '../signingIn.ts';

const [minute, day] = [60_000, 86_400_000];

describe('what is remembered of a server', () => {
  let server: IdentityProvider;
  let clock: ManualClock;
  before(async () => {
    server = await startIdentityProvider();
  });
  beforeEach(() => {
    clock = manualClock();
  });
  after(() => server.close());

  const [metadata, keys] = ['/.well-known/openid-configuration', '/jwks'];
  const asked = (path: string): number => server.requestsTo(path).length;

  for (const [path, lifetime] of [
    [metadata, 60 * minute],
    [keys, 5 * minute],
  ] as const) {
    it(`is used for its lifetime, and requested again after a clock was set back: ${path}`, async () => {
      const trial = signInTrial({ clock });
      const provider = trial.provider({ issuer: server.issuer });
      const requests = async (): Promise<number> => {
        const before = asked(path);
        await trial.signIn(provider);
        return asked(path) - before;
      };
      assert.equal(await requests(), 1);
      assert.equal(await requests(), 0, 'at once');
      clock.set(lifetime - 1);
      assert.equal(await requests(), 0, 'within the lifetime');
      clock.set(1);
      assert.equal(await requests(), 1, 'at its end');
      clock.set(-minute);
      assert.equal(await requests(), 1, 'of a time that is yet to come');
      assert.equal(await requests(), 0, 'known again');
    });
  }

  it('is gone without for thirty days, and asked for again after a clock was set back', () => {
    const provider = signInTrial({ clock }).provider({ issuer: server.issuer });
    const concessions = memoryConcessions(undefined, clock);
    const without = ['scope:offline_access'] as const;
    concessions.add(provider, without);
    clock.set(30 * day - 1);
    assert.deepEqual(concessions.of(provider), without);
    clock.set(1);
    assert.deepEqual(concessions.of(provider), []);
    concessions.add(provider, without);
    clock.set(-minute);
    assert.deepEqual(concessions.of(provider), []);
  });
});
