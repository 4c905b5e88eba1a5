import assert from 'node:assert/strict';
import { Failure, type FailureCode } from '../../src/protocol/failures/failure.ts';
import { secret } from '../../src/platform/secret.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { presetNames, type PresetName } from '../../src/providers/settings/presetNames.ts';
import { refreshGrant, revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { startQuirkyProvider, type QuirkyProvider } from '../servers/quirkyProvider.ts';
import { manualClock } from '../standIns/manualClock.ts';
import { recordingScreen } from '../protocol/methods/deviceScreen.ts';
import { signInTrial, until, type BrowserBehaviour, type SignInTrial } from '../protocol/signingIn.ts';
import { realProviders } from './realProviders.ts';

const failsWith =
  (...codes: FailureCode[]) =>
  (error: unknown) => {
    assert.ok(error instanceof Failure, String(error));
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    return true;
  };

describe('presets', () => {
  for (const name of presetNames) {
    describe(name, () => {
      const real = realProviders[name];
      let server: QuirkyProvider;
      beforeEach(async () => {
        server = await startQuirkyProvider(real.quirks);
      });
      afterEach(async () => {
        await server.close();
      });

      const visit: BrowserBehaviour = async (address, deliver) => {
        const end = await server.signIn(address);
        if (end.protocol !== 'http:') deliver(end);
      };
      const tryIt = (options: Parameters<typeof signInTrial>[0] = {}): SignInTrial =>
        signInTrial({
          fetch: server.fetch,
          browser: visit,
          clientSecret: () => Promise.resolve({ kind: 'secret', secret: secret('the-secret') }),
          ...options,
        });
      const provider = (trial: SignInTrial, more: Partial<ProviderDefinition> = {}): Provider =>
        trial.provider({ preset: name, ...(real.values && { presetValues: real.values }), ...more });
      const scopes = ['repo'];

      it('signs a person in', async () => {
        const trial = tryIt();
        const grant = await trial.signIn(provider(trial), { scopes });
        assert.deepEqual(server.violations, []);
        assert.deepEqual(grant.account, real.account);
        assert.deepEqual([...grant.grantedScopes].sort(), [...real.grantedScopes].sort());
        assert.deepEqual(grant.sessions, [scopes]);
        for (const [claim, value] of Object.entries(real.claims ?? {})) {
          assert.deepEqual(grant.claims[claim], value, claim);
        }
        assert.equal(grant.tokens.expiresAt !== undefined, real.ends === 'said');
        assert.equal(provider(trial).assumedTokenLifetime !== undefined, real.ends === 'assumed');
        assert.ok(server.isValid(grant.tokens.accessToken.reveal()));
      });

      if (real.quirks.refresh !== 'no refresh token') {
        it('refreshes, and knows what became of the old tokens', async () => {
          const trial = tryIt();
          const settings = provider(trial);
          const grant = await trial.signIn(settings, { scopes });
          const tokens = await (await refreshGrant(trial.context, settings, grant, () => undefined)).judge();
          assert.deepEqual(server.violations, []);
          assert.ok(server.isValid(tokens.accessToken.reveal()));
          const endsOld = real.quirks.refresh === 'rotates and ends the access token';
          assert.equal(server.isValid(grant.tokens.accessToken.reveal()), !endsOld);
          assert.equal(settings.refreshEndsAccessToken, endsOld);
        });

        it('understands that a refresh token is dead', async () => {
          const trial = tryIt();
          const settings = provider(trial);
          const grant = await trial.signIn(settings, { scopes });
          const dead = { ...grant, tokens: { ...grant.tokens, refreshToken: secret('dead') } };
          await assert.rejects(
            refreshGrant(trial.context, settings, dead, () => undefined),
            failsWith('grant-refused'),
          );
        });
      }

      if (real.deviceCodes) {
        it('signs in with a device code', async () => {
          const clock = manualClock();
          const screen = recordingScreen();
          const trial = tryIt({ clock, device: screen, method: 'device-code' });
          const signingIn = trial.signIn(provider(trial), { scopes });
          await until(() => screen.codes.length > 0 && clock.pending > 0);
          await clock.advance(5000);
          await until(() => screen.states.length > 0 && clock.pending > 0);
          assert.deepEqual(screen.states, [{ kind: 'waiting' }]);
          server.approveDevice();
          await clock.advance(5000);
          const grant = await signingIn;
          assert.deepEqual(grant.account, real.account);
          assert.deepEqual(server.violations, []);
        });
      }

      if (real.quirks.client.authentication !== 'none') {
        it('says that a client secret is wrong, and asks for it anew', async () => {
          const given = ['wrong', 'the-secret'];
          const trial = tryIt({
            clientSecret: () => Promise.resolve({ kind: 'secret', secret: secret(given.shift() ?? '') }),
          });
          await assert.rejects(trial.signIn(provider(trial), { scopes }), failsWith('client-refused'));
          const grant = await trial.signIn(provider(trial), { scopes });
          assert.deepEqual(grant.account, real.account);
          await trial.signIn(provider(trial), { scopes });
          assert.deepEqual(given, [], 'a right one is not asked for again');
          assert.ok(!trial.log.text().includes('the-secret'));
        });
      }

      if (real.strict) {
        const { strict } = real;
        it('is strict without the settings of the preset', async () => {
          const clock = manualClock();
          // Nothing comes back from the browser, only an error page is shown, if the provider refuses there.
          let isStuck = false;
          const browser: BrowserBehaviour = async (address, deliver) => {
            try {
              await visit(address, deliver);
            } catch (error) {
              isStuck = true;
              throw error;
            }
          };
          const trial = tryIt({ clock, browser });
          const settings = provider(trial, strict.definition);
          let over = false;
          const trying = (async () => {
            const grant = await trial.signIn(settings, { scopes });
            await refreshGrant(trial.context, settings, grant, () => undefined);
          })().finally(() => (over = true));
          const refused = assert.rejects(trying, failsWith(strict.fails));
          await until(() => over || isStuck);
          if (!over) await clock.advance(60_000);
          await refused;
        });
      }

      it('signs out', async () => {
        const trial = tryIt();
        const settings = provider(trial);
        const grant = await trial.signIn(settings, { scopes });
        const outcome = await revokeGrant(trial.context, settings, grant);
        const isRevoked = !server.isValid(grant.tokens.accessToken.reveal());
        assert.equal(isRevoked, outcome === 'revoked');
        assert.equal(
          outcome === 'revoked',
          settings.revocation === 'standard' &&
            server.quirks.at.revocation !== undefined &&
            server.quirks.metadata?.['revocation_endpoint'] !== undefined,
        );
        assert.deepEqual(server.violations, []);
      });
    });
  }

  it('have all been tried', () => {
    assert.deepEqual(Object.keys(realProviders).sort(), [...presetNames].sort() satisfies PresetName[]);
  });
});
