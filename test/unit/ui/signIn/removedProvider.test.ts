import assert from 'node:assert/strict';
import { createHttpContext } from '../../../../src/protocol/server/httpContext.ts';
import { createConfiguredProviders } from '../../../../src/providers/entries/configuredProviders.ts';
import { parseDefinition } from '../../../../src/providers/entries/definition.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { personParts } from '../../../standIns/personParts.ts';
import { accountsInMemory } from '../../sessions/accountsInMemory.ts';
import { someGrant } from '../../sessions/someGrant.ts';

const { editor, window } = await import('../../../standIns/editor/vscode.ts');
const { registerEditCommands } = await import('../../../../src/ui/commands/editProvider.ts');

const own = { ...window };

describe('a provider that is removed with its sign-ins', () => {
  afterEach(() => {
    Object.assign(window, own);
    editor.settings = {};
  });

  it('promises to revoke nothing later, as its settings and its secret are gone then', async () => {
    const issuer = 'https://login.example.com';
    const entry = { issuer, clientId: 'editor', label: 'Company' };
    editor.settings = { providers: { oidc: entry } };
    const parsed = parseDefinition('oidc', entry);
    assert.ok(parsed.ok);
    const { provider } = parsed;
    const providers = createConfiguredProviders();
    providers.update([provider]);
    const { accounts, cache, clock, log } = accountsInMemory();
    const { binding } = someGrant();
    await cache.put(
      someGrant({ binding: { ...binding, issuer, clientId: 'editor', terms: provider.terms } }),
    );
    const kept: string[] = [];
    const parts = personParts({
      accounts,
      providers,
      log,
      httpContext: createHttpContext({ fetch: () => Promise.reject(new Error('no network')), clock, log }),
      sharing: {
        signOuts: {
          keep: ({ id }) => Promise.resolve(kept.push(id) > 0),
          forget: () => Promise.resolve(),
        },
      },
    });
    const warnings: string[] = [];
    Object.assign(window, {
      showWarningMessage(message: string, options: unknown, ...buttons: string[]) {
        if (typeof options === 'object') return Promise.resolve(buttons.find(text => /^Sign Out/.test(text)));
        warnings.push(message);
        return Promise.resolve(undefined);
      },
    });
    const commands = registerEditCommands({ ...parts, providers });
    await editor.runs.get('oidc.removeProvider')?.('oidc');
    commands.dispose();
    await settled();
    assert.deepEqual(editor.settings['providers'] ?? {}, {});
    assert.deepEqual(await accounts.sessions(provider, undefined), []);
    assert.match(
      warnings.join(),
      /^You are signed out of Company here, but the tokens of alice .* expire later\./,
    );
    assert.deepEqual(kept, []);
  });
});
