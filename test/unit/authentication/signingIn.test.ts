import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import {
  createConfiguredProviders,
  type ConfiguredProviders,
} from '../../../src/providers/entries/configuredProviders.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import type { Registry } from '../../../src/authentication/registry.ts';
import { settled } from '../../standIns/manualClock.ts';
import { personParts, quietSignIns } from '../../standIns/personParts.ts';
import { accountsInMemory } from '../sessions/accountsInMemory.ts';
import { someGrant, someProvider } from '../sessions/someGrant.ts';

const scopes = ['openid', 'profile'];

describe('a provider while an extension waits for a sign-in', () => {
  let providers: ConfiguredProviders;
  let registry: Registry;
  let signIn: PromiseWithResolvers<Grant>;
  let asked: number;

  beforeEach(async () => {
    const { createRegistry } = await import('../../../src/authentication/registry.ts');
    providers = createConfiguredProviders();
    signIn = Promise.withResolvers<Grant>();
    asked = 0;
    const { accounts, cache, log } = accountsInMemory();
    const parts = personParts({
      accounts,
      providers,
      signIns: quietSignIns(() => signIn.promise),
      newProviders: {
        ask() {
          asked++;
          return Promise.resolve(someProvider);
        },
        succeeded: () => Promise.resolve(),
        failed: () => false,
        cancelled: () => undefined,
      },
    });
    registry = createRegistry(providers, { accounts, cache, log, parts: () => Promise.resolve(parts) });
  });
  afterEach(() => void registry.dispose());

  it('keeps its registration when it is renamed, and has the new name when the sign-in is over', async () => {
    providers.update([someProvider]);
    const before = registry.get('oidc');
    const session = before?.createSession(scopes, {});
    await settled();
    providers.update([{ ...someProvider, label: shown('Renamed') }]);
    assert.equal(registry.get('oidc'), before, 'another one would cut the sign-in off');
    signIn.resolve(someGrant());
    assert.deepEqual((await session)?.scopes, scopes);
    await new Promise(resolve => setTimeout(resolve));
    assert.notEqual(registry.get('oidc'), before);
    assert.equal((await registry.get('oidc')?.getSessions(scopes, {}))?.length, 1);
  });

  it('is asked for if it is the first, and counts from the sign-in on, whether its settings are written or not', async () => {
    providers.update([]);
    const told: number[] = [];
    registry.get('oidc')?.onDidChangeSessions(({ added }) => told.push(added?.length ?? 0));
    const session = registry.get('oidc')?.createSession(scopes, {});
    signIn.resolve(someGrant());
    assert.equal((await session)?.account.label, 'alice');
    assert.deepEqual([asked, told, providers.list()], [1, [1], [someProvider]]);
    assert.equal((await registry.get('oidc')?.getSessions(scopes, {}))?.length, 1);
  });

  it('tells the editor what the person has been shown when the sign-in fails, and stays', async () => {
    providers.update([someProvider]);
    const before = registry.get('oidc');
    const session = before?.createSession(scopes, {});
    signIn.reject(new Error('a secret'));
    await assert.rejects(session ?? assert.fail(), {
      message: 'Something went wrong. See the log for details.',
    });
    assert.equal(registry.get('oidc'), before);
  });
});
