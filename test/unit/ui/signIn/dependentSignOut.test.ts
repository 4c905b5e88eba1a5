import assert from 'node:assert/strict';
import { createConfiguredProviders } from '../../../../src/providers/entries/configuredProviders.ts';
import type { Provider } from '../../../../src/providers/entries/definition.ts';
import { dependentsOf } from '../../../../src/sessions/dependents.ts';
import type { Grant, ServiceBinding } from '../../../../src/sessions/grant/grant.ts';
import { sessionsOf } from '../../../../src/sessions/grant/sessions.ts';
import '../../../standIns/editor/useEditorStandIn.ts';
import { personParts } from '../../../standIns/personParts.ts';
import { accountsInMemory } from '../../sessions/accountsInMemory.ts';
import { someGrant, someProvider } from '../../sessions/someGrant.ts';

const { signOut } = await import('../../../../src/ui/signIn/signOut.ts');

describe('a sign-out from the provider that asserts who is signed in to others', () => {
  const company: Provider = { ...someProvider, id: 'company', revocation: 'none' };
  const madeOf = (way: 'identity-assertion' | 'token-exchange', from: string, account: string) =>
    ({ way, from, account, subjectToken: 'id_token' }) as ServiceBinding;
  const providerOf = (id: string, service: ServiceBinding): Provider => ({ ...company, id, service });
  const grantOf = (id: string, providerId: string, account: string, service?: ServiceBinding): Grant => {
    const grant = someGrant({ id, providerId, account: { id: account, label: account as never } });
    return { ...grant, binding: { ...grant.binding, ...(service && { service }) } };
  };

  /** Who is signed in to what before, and after this sign-in has ended. */
  async function after(ended: string): Promise<string[]> {
    const { cache, accounts } = accountsInMemory();
    const asserted = (account: string) => madeOf('identity-assertion', 'company', account);
    const exchanged = madeOf('token-exchange', 'company', 'alice');
    const elsewhere = madeOf('identity-assertion', 'another', 'alice');
    const providers = createConfiguredProviders();
    providers.update([
      company,
      providerOf('wiki', asserted('')),
      providerOf('reports', exchanged),
      providerOf('tickets', elsewhere),
    ]);
    const grants = [
      grantOf('company-alice', 'company', 'alice'),
      { ...grantOf('company-bob', 'company', 'bob') },
      { ...grantOf('company-bob-2', 'company', 'bob'), sessions: [['other']] },
      grantOf('wiki-alice', 'wiki', 'alice-there', asserted('alice')),
      grantOf('wiki-bob', 'wiki', 'bob-there', asserted('bob')),
      grantOf('wiki-alice-before', 'wiki', 'alice-before', elsewhere),
      grantOf('reports-alice', 'reports', 'alice', exchanged),
      grantOf('tickets-alice', 'tickets', 'alice', elsewhere),
    ];
    for (const grant of grants) await cache.put(grant);
    const parts = personParts({
      providers,
      accounts,
      dependentsOf: grant => dependentsOf(providers, cache, grant),
    });
    const [grant] = grants.filter(({ id }) => id === ended);
    assert.ok(grant);
    await (
      await signOut(
        parts,
        company,
        sessionsOf(grant).map(({ id }) => id),
      )
    ).told;
    const left = cache.known().map(({ id }) => id);
    return grants.map(({ id }) => id).filter(id => !left.includes(id));
  }

  it('ends those that were made of it, and nothing else', async () => {
    assert.deepEqual(await after('company-alice'), ['company-alice', 'wiki-alice']);
  });

  it('ends nothing else while the account is signed in there once more', async () => {
    assert.deepEqual(await after('company-bob'), ['company-bob']);
  });
});
