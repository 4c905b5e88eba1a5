import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import type { Registry } from '../../../src/authentication/registry.ts';
import {
  createConfiguredProviders,
  type ConfiguredProviders,
} from '../../../src/providers/entries/configuredProviders.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import type { GrantCache } from '../../../src/sessions/store/grantCache.ts';
import { sessionId } from '../../../src/sessions/grant/scopes.ts';
import { settled } from '../../standIns/manualClock.ts';
import { accountsInMemory } from '../sessions/accountsInMemory.ts';
import { changedProvider, someGrant, someProvider, someTokens } from '../sessions/someGrant.ts';

const oldGrant = someGrant({ id: 'grant-old' });
const newGrant = someGrant({
  id: 'grant-new',
  binding: { ...oldGrant.binding, issuer: 'https://login.example.org' },
  tokens: someTokens(7),
});
/** With the name that it has without settings: another one would be another registration. */
const configured: Provider = { ...someProvider, label: shown('OpenID Connect') };
const edited: Provider = changedProvider({ issuer: 'https://login.example.org' }, configured);
const [oldId, newId] = [oldGrant, newGrant].map(({ id, sessions }) => sessionId(id, sessions[0] ?? []));

describe('a provider whose settings change', () => {
  let providers: ConfiguredProviders;
  let registry: Registry;
  let cache: GrantCache;
  let told: [added: string[], removed: string[], changed: string[]][];

  beforeEach(async () => {
    const { createRegistry } = await import('../../../src/authentication/registry.ts');
    const made = accountsInMemory();
    const { log, accounts } = made;
    cache = made.cache;
    providers = createConfiguredProviders();
    registry = createRegistry(providers, {
      accounts,
      cache,
      log,
      parts: () => assert.fail('nobody signs in'),
    });
    providers.update([configured]);
    await cache.put(oldGrant);
    told = [];
    registry.get('oidc')?.onDidChangeSessions(({ added, removed, changed }) => {
      const ids = (sessions: readonly { id: string }[] = []) => sessions.map(({ id }) => id);
      told.push([ids(added), ids(removed), ids(changed)]);
    });
  });
  afterEach(() => void registry.dispose());

  const update = async (...now: Provider[]): Promise<typeof told> => {
    told = [];
    providers.update(now);
    await settled();
    return told;
  };

  it('shows the sessions of its issuer, and no longer those of the one before', async () => {
    await cache.put(newGrant);
    assert.deepEqual(told, [], 'which is not shown as long as the settings name the other issuer');
    assert.deepEqual(await update(edited), [[[newId], [oldId], []]]);
    assert.deepEqual(await update(configured), [[[oldId], [newId], []]]);
  });

  it('does so for another client, and lists what stays of an account whose session goes', async () => {
    const other = someGrant({
      id: 'grant-other',
      binding: { ...oldGrant.binding, clientId: 'editor-2' },
      tokens: someTokens(7),
    });
    await cache.put(other);
    const otherId = sessionId(other.id, other.sessions[0] ?? []);
    assert.deepEqual(await update(changedProvider({ clientId: undefined }, configured)), [
      [[otherId], [], []],
    ]);
    assert.deepEqual(await update(configured), [[[], [otherId], [oldId]]]);
  });

  it('does so for another way to sign in without a person', async () => {
    assert.deepEqual(await update(changedProvider({ service: { way: 'client-credentials' } }, configured)), [
      [[], [oldId], []],
    ]);
  });

  it('hides sign-ins of other terms than the person agreed to, and shows them when the terms are back', async () => {
    await cache.update(oldGrant.id, grant => ({
      ...grant,
      binding: { ...grant.binding, terms: configured.terms },
    }));
    const attacked = changedProvider({ endpoints: { userInfo: 'https://evil.example/' } }, configured);
    assert.deepEqual(await update(attacked), [[[], [oldId], []]]);
    assert.deepEqual(await update(configured), [[[oldId], [], []]]);
  });

  it('does so if it also gets another name, which is another registration', async () => {
    const { authentication } = await import('../../standIns/editor/vscode.ts');
    const labels: string[] = [];
    const watching = authentication.onDidChangeSessions(({ provider }) => labels.push(provider.label));
    await update({ ...configured, label: shown('Company') });
    assert.deepEqual(labels, [], 'the sessions are the same');
    await update({ ...edited, label: shown('Other company') });
    assert.deepEqual(labels, ['Other company']);
    await cache.put(newGrant);
    await update();
    assert.deepEqual(labels.slice(1), ['Other company', 'OpenID Connect']);
    watching.dispose();
  });

  it('tells nothing if the sessions are the same', async () => {
    assert.deepEqual(await update({ ...configured, narrowTokens: true }), []);
  });

  it('shows nothing without settings, and everything again with them', async () => {
    assert.deepEqual(await update(), [[[], [oldId], []]]);
    await cache.update(oldGrant.id, grant => ({ ...grant, tokens: someTokens(2) }));
    assert.deepEqual(told.length, 1, 'not what becomes of it meanwhile');
    assert.deepEqual(await update(configured), [[[oldId], [], []]]);
  });
});
