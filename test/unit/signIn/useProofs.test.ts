import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { parseDefinition, type Provider } from '../../../src/providers/entries/definition.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { personParts, quietSignIns } from '../../standIns/personParts.ts';
import { someProvider } from '../sessions/someGrant.ts';

const { editor } = await import('../../standIns/editor/vscode.ts');
const { signInAgain } = await import('../../../src/ui/signIn/signInAndKeep.ts');
const { readProviders } = await import('../../../src/providers/entries/settings.ts');

const demanded = () => new Failure('proof-demanded', { host: 'login.example.com', said: '' });

/** Signs in at a provider that demands key-bound tokens, and presses a button once. */
async function refused(provider: Provider, press: string) {
  const providers = createConfiguredProviders();
  providers.update([provider]);
  editor.errors = [];
  const tried: (string | undefined)[] = [];
  const retried = Promise.withResolvers<void>();
  const parts = personParts({
    providers,
    accounts: {
      grantedScopes: () => Promise.resolve([]),
      add: () => assert.fail('nobody signs in'),
    } as never,
    readSettings: async () => providers.update((await readProviders(() => undefined)).providers),
    signIns: quietSignIns(({ provider: asked }) => {
      tried.push(asked.dpop);
      if (tried.length === 2) retried.resolve();
      return Promise.reject(demanded());
    }),
  });
  let presses = 1;
  editor.pressesOnError = () => (presses-- > 0 ? press : undefined);
  try {
    await signInAgain(parts, provider.id, []);
    const [, ...buttons] = editor.errors[0] ?? [];
    if (press === 'Use DPoP') await retried.promise;
    return { tried, buttons };
  } finally {
    editor.pressesOnError = () => undefined;
  }
}

describe('a sign-in that is refused because of DPoP', () => {
  it('has a button that sets it and tries again', async () => {
    const definition = { issuer: someProvider.issuer, clientId: 'editor', label: 'Company' };
    editor.settings = { providers: { oidc: definition } };
    const parsed = parseDefinition('oidc', definition);
    assert.ok(parsed.ok);
    const { tried, buttons } = await refused(parsed.provider, 'Use DPoP');
    assert.deepEqual(tried, [undefined, 'required']);
    assert.deepEqual(buttons, ['Use DPoP', 'Try Again', 'Show Log']);
    assert.deepEqual(editor.settings['providers'], { oidc: { ...definition, dpop: 'required' } });
  });

  it('has no such button where another extension decides', async () => {
    editor.settings = {};
    const provider = { ...someProvider, contributedBy: 'acme.other' };
    const { buttons } = await refused(provider, 'Show Log');
    assert.deepEqual(buttons.slice(0, 1), ['Try Again']);
    assert.deepEqual(editor.settings, {});
  });
});
