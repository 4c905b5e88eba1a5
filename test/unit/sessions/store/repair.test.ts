import assert from 'node:assert/strict';
import { serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { fresh, serialIn, sharedWindows, storedIn, until } from '../sharing/sharedWindows.ts';
import { someGrant, someProvider } from '../someGrant.ts';

const scopes = ['openid', 'profile'];

describe('windows that compare what they have', function () {
  this.timeout(120_000);
  let windows: ReturnType<typeof sharedWindows>;
  beforeEach(() => {
    windows = sharedWindows();
  });
  afterEach(() => windows.end());

  for (const [what, damage] of [
    ['lost everything', (values: Map<string, string>) => values.clear()],
    ['lost the index', (values: Map<string, string>) => values.delete('grants')],
    ['lost a grant', (values: Map<string, string>) => values.delete('grant:grant-0001')],
    ['has a garbled index', (values: Map<string, string>) => values.set('grants', 'garbage')],
    ['has a garbled grant', (values: Map<string, string>) => values.set('grant:grant-0001', 'garbage')],
    [
      'has an old revision',
      (values: Map<string, string>) => {
        values.set('grant:grant-0001', serialiseGrant(someGrant({ tokens: fresh() })));
        values.set('grants', '{"version":1,"grants":[{"id":"grant-0001","providerId":"oidc","revision":1}]}');
      },
    ],
  ] as const) {
    it(`repair the storage of a member that ${what}`, async () => {
      const leader = await windows.open();
      await leader.accounts.add(someProvider, someGrant({ revision: 7, tokens: fresh(3) }));
      const values = new Map(leader.storage.values);
      damage(values);
      const member = await windows.open(memorySecretStorage(values));
      await member.accounts.sessions(someProvider, scopes);
      await until(() => storedIn(member).includes('refresh-3') && serialIn(member) === 3);
      await until(() => /"revision":7/.test(member.storage.values.get('grants') ?? ''));
    });

    it(`repair the storage of a leader that ${what}`, async () => {
      const seed = await windows.open();
      await seed.accounts.add(someProvider, someGrant({ revision: 7, tokens: fresh(3) }));
      const whole = memorySecretStorage(new Map(seed.storage.values));
      const damaged = memorySecretStorage(new Map(seed.storage.values));
      await seed.close();
      damage(damaged.values);
      const leader = await windows.open(damaged);
      assert.equal(leader.role(), 'leader');
      const member = await windows.open(whole);
      assert.equal(member.role(), 'member');
      await leader.accounts.sessions(someProvider, scopes);
      await until(() => storedIn(leader).includes('refresh-3') && serialIn(leader) === 3);
    });
  }

  it('compare ten thousand grants without reading them', async () => {
    const grants = Array.from({ length: 10_000 }, (_, at) => ({
      id: `grant-${10_000 + at}`,
      providerId: `provider-${at % 100}`,
      revision: 5,
    }));
    const index = JSON.stringify({ version: 1, grants });
    const [a, b] = [
      await windows.open(memorySecretStorage(new Map([['grants', index]]))),
      await windows.open(memorySecretStorage(new Map([['grants', index]]))),
    ];
    // Something only the comparison brings, after everything else was compared.
    const late = someGrant({ id: 'grant-late', tokens: fresh() });
    await b.accounts.add(someProvider, late);
    await until(() => storedIn(a, 'grant-late') !== '');
    const reads = [...a.storage.calls, ...b.storage.calls].filter(
      ({ operation, key }) => operation === 'get' && key.startsWith('grant:') && key !== 'grant:grant-late',
    );
    assert.equal(reads.length, 0);
  });

  it('are not disturbed by a grant that this version cannot read', async () => {
    const [a, b] = [await windows.open(), await windows.open()];
    const text = serialiseGrant(someGrant({ tokens: fresh() }));
    await a.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    await until(() => storedIn(b) !== '');
    b.storage.values.set('grant:grant-0001', text.replace('"version":1', '"version":3'));
    await a.cache.update('grant-0001', grant => grant);
    await until(() => b.setAside.length === 1);
    assert.deepEqual(b.setAside[0]?.why, 'newer');
    assert.equal((await b.accounts.sessions(someProvider, scopes)).length, 1);
  });
});
