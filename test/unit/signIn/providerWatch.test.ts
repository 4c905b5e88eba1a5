import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import {
  createConfiguredProviders,
  type ConfiguredProviders,
} from '../../../src/providers/entries/configuredProviders.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import { whileConfigured } from '../../../src/signIn/providerWatch.ts';
import { changedProvider, someProvider } from '../sessions/someGrant.ts';

/** Settings that change when the test says so. */
function settings(...begin: Provider[]) {
  const providers = createConfiguredProviders();
  providers.update(begin);
  let listening = 0;
  const counted: ConfiguredProviders = {
    ...providers,
    onDidChange(listener) {
      listening++;
      const end = providers.onDidChange(listener);
      return () => {
        listening--;
        end();
      };
    },
  };
  return {
    configured: counted,
    listening: () => listening,
    change: (...now: Provider[]) => providers.update(now),
  };
}

const untilEnded = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('a provider during a sign-in', () => {
  for (const [what, now, code] of [
    ['removed', [], 'provider-removed'],
    ['sent elsewhere', [changedProvider({ issuer: 'https://other.example' })], 'provider-changed'],
    ['given another client', [changedProvider({ clientId: 'other' })], 'provider-changed'],
  ] as const) {
    it(`that is ${what} ends it, and says so`, async () => {
      const { configured, change, listening } = settings(someProvider);
      const signIn = whileConfigured(someProvider, configured, untilEnded);
      change(...now);
      await assert.rejects(signIn, (error: unknown) => error instanceof Failure && error.code === code);
      assert.equal(listening(), 0);
    });
  }

  it('may change in what does not matter, and others may come and go', async () => {
    const { configured, change, listening } = settings(someProvider, { ...someProvider, id: 'other' });
    const done = Promise.withResolvers<boolean>();
    const signIn = whileConfigured(someProvider, configured, signal =>
      done.promise.then(() => signal.aborted),
    );
    change({ ...someProvider, label: shown('Another name'), scopes: ['openid'] });
    done.resolve(true);
    assert.equal(await signIn, false);
    assert.equal(listening(), 0);
  });

  it('need not be in the settings if it is being added', async () => {
    const { configured, change } = settings();
    const done = Promise.withResolvers<boolean>();
    const signIn = whileConfigured(someProvider, configured, signal =>
      done.promise.then(() => signal.aborted),
    );
    change({ ...someProvider, id: 'other' });
    done.resolve(true);
    assert.equal(await signIn, false);
  });
});
