import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { refreshGrant, revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../../servers/faultProxy.ts';
import { signInTrial } from '../signingIn.ts';
import { recordingScreen } from '../methods/deviceScreen.ts';

const hour = 3_600_000;

describe('a server that names the time of day at which to come back, by a clock of its own', () => {
  let server: FaultyIdentityProvider;
  before(async () => {
    server = await startFaultyIdentityProvider();
  });
  afterEach(() => server.proxy.heal());
  after(() => server.close());

  /** Busy until so many seconds from now, as a server has it whose clock is two hours off. */
  const busy = (path: string, ahead: number): void => {
    const there = Date.now() + ahead;
    const headers = {
      date: new Date(there).toUTCString(),
      'retry-after': new Date(there + 90_000).toUTCString(),
    };
    server.proxy.on(path, { kind: 'status', status: 503, headers }, { sticky: true });
  };

  const signIn = (method: 'auto' | 'device-code', clientId = 'editor') => {
    const trial = signInTrial({ method, device: recordingScreen() });
    return trial.signIn(trial.provider({ issuer: server.issuer, clientId }));
  };
  const withGrant = async (use: typeof refreshGrant | typeof revokeGrant) => {
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer });
    const grant = await trial.signIn(provider);
    return () => use(trial.context, provider, grant, () => undefined);
  };
  /** Each place that reads it, ready to be asked once the server is busy. */
  const places: Readonly<
    Record<string, readonly [path: () => string, ready: () => Promise<() => Promise<unknown>>]>
  > = {
    metadata: [() => '*', () => Promise.resolve(() => signIn('auto'))],
    registration: [() => server.endpoints.registration, () => Promise.resolve(() => signIn('auto', ''))],
    'device authorization': [
      () => server.endpoints.deviceAuthorization,
      () => Promise.resolve(() => signIn('device-code')),
    ],
    'code exchange': [() => server.endpoints.token, () => Promise.resolve(() => signIn('auto'))],
    refresh: [() => server.endpoints.token, () => withGrant(refreshGrant)],
    revocation: [() => server.endpoints.revocation, () => withGrant(revokeGrant)],
  };

  for (const [place, [path, ready]] of Object.entries(places))
    for (const ahead of [2 * hour, -2 * hour])
      it(`is left alone until then: ${place}, ${ahead / hour} hours ahead`, async () => {
        const ask = await ready();
        busy(path(), ahead);
        await assert.rejects(ask(), (error: unknown) => {
          assert.ok(error instanceof Failure, String(error));
          assert.equal(error.code, 'server-failed');
          assert.ok(Math.abs((error.retryAfter ?? 0) - 90) <= 1, `${error.retryAfter} seconds`);
          const now = Date.parse('2030-01-01T15:40:30') / 1000;
          assert.match(error.messageAt(now), /\(HTTP 503\)\. Try again at (15:42|3:42\sPM)\.$/);
          return true;
        });
      });
});
