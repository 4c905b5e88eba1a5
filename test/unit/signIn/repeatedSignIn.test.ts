import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import type { SignInMethod } from '../../../src/providers/settings/signInMethods.ts';
import type { SignInRequest } from '../../../src/ui/signIn/signInAndKeep.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { settled } from '../../standIns/manualClock.ts';
import { personParts, quietSignIns } from '../../standIns/personParts.ts';
import { accountsInMemory } from '../sessions/accountsInMemory.ts';
import { someGrant, someProvider } from '../sessions/someGrant.ts';

const { editor, window } = await import('../../standIns/editor/vscode.ts');
const { signInAndKeep } = await import('../../../src/ui/signIn/signInAndKeep.ts');
const { registerCommands } = await import('../../../src/ui/commands/commands.ts');

type Wanted = Parameters<Parameters<typeof quietSignIns>[0]>[0];
const failure = () => new Failure('unreachable', { host: 'login.example.com', reason: 'no network' });

/** Parts with which every sign-in fails, and what was asked of each. */
function failing() {
  const wanted: Wanted[] = [];
  const providers = createConfiguredProviders();
  providers.update([someProvider]);
  const { accounts, cache } = accountsInMemory();
  const parts = personParts({
    providers,
    accounts,
    signIns: Object.assign(
      quietSignIns(request => {
        wanted.push(request);
        return Promise.reject(failure());
      }),
      {
        plan: () =>
          Promise.resolve({
            tries: [{ method: 'loopback', reason: 'x' }],
            offered: [{ method: 'device-code', reason: 'y' }],
            closed: [],
          }),
      },
    ),
  });
  return { parts, wanted, cache };
}

describe('a sign-in that is tried again', () => {
  afterEach(() => {
    editor.pressesOnError = () => undefined;
  });

  it('is for the same account, scopes and demand, by the same method', async () => {
    const { parts, wanted, cache } = failing();
    const grant = someGrant({ binding: { ...someGrant().binding, terms: someProvider.terms } });
    await cache.put(grant);
    let presses = 1;
    editor.pressesOnError = () => (presses-- > 0 ? 'Try Again' : undefined);
    const request: SignInRequest = {
      provider: someProvider,
      scopes: ['files'],
      account: grant.account,
      asksWho: true,
      demanding: provider => ({ ...provider, maxAge: 60 }),
      method: 'device-code',
    };
    await assert.rejects(signInAndKeep(parts, request));
    await settled();
    assert.equal(wanted.length, 2);
    assert.deepEqual(wanted[1], wanted[0]);
    const [{ loginHint, grantedScopes, provider, asksWho, method }] = wanted as [Wanted];
    assert.deepEqual(
      { loginHint, grantedScopes, maxAge: provider.maxAge, asksWho, method },
      {
        loginHint: grant.account.label,
        grantedScopes: grant.grantedScopes,
        maxAge: 60,
        asksWho: true,
        method: 'device-code',
      },
    );
  });
});

const own = { ...window };

describe('the method that a person chooses', () => {
  afterEach(() => void Object.assign(window, own));

  it('is taken by the sign-in that it was chosen for, and by no other', async () => {
    for (const isAgreed of [true, false]) {
      const { parts, wanted } = failing();
      Object.assign(window, {
        showQuickPick: (items: readonly { readonly method?: SignInMethod }[]) =>
          Promise.resolve(items.find(({ method }) => method === 'device-code')),
      });
      const trust = { ...parts.trust, check: () => Promise.resolve(false as const) };
      const context = { ...parts, ...(!isAgreed && { trust }) };
      const commands = registerCommands(context as never);
      await editor.runs.get('oidc.otherWays')?.();
      commands.dispose();
      assert.deepEqual(
        wanted.map(({ method }) => method),
        isAgreed ? ['device-code'] : [],
      );
      await assert.rejects(
        signInAndKeep(parts, { provider: someProvider, scopes: ['files'], account: undefined }),
      );
      assert.equal(wanted.at(-1)?.method, undefined);
    }
  });
});
