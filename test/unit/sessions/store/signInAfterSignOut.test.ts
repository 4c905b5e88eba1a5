import assert from 'node:assert/strict';
import { laterEntry } from '../../../../src/sessions/store/grantIndex.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { fresh, sharedWindows, storedIn, until } from '../sharing/sharedWindows.ts';
import { someGrant, someProvider } from '../someGrant.ts';

const scopes = ['openid', 'profile'];

describe('somebody who works in two places, each with a secret storage of its own', function () {
  this.timeout(120_000);
  let windows: ReturnType<typeof sharedWindows>;
  beforeEach(() => {
    windows = sharedWindows();
  });
  afterEach(() => windows.end());

  /** Signs in, in both places; then signs out at the office while nothing runs at home, and signs in again at home. */
  async function signedInAgainAtHome() {
    const [home, office] = [memorySecretStorage(), memorySecretStorage()];
    const first = await windows.open(home);
    await first.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    const atOffice = await windows.open(office);
    await until(() => storedIn(atOffice) !== '');
    await first.close();
    const [session] = await atOffice.accounts.sessions(someProvider, scopes);
    await atOffice.accounts.remove(session?.id ?? '');
    await atOffice.close();

    const atHome = await windows.open(home);
    const again = someGrant({ id: 'grant-0002', tokens: fresh(7) });
    const { session: renewed } = await atHome.accounts.add(someProvider, again);
    assert.equal(renewed.id, session?.id, 'the storage at home knows nothing of the sign-out');
    return { office, atHome, renewed };
  }

  it('keeps a sign-in that came after a sign-out elsewhere, and has it there too', async () => {
    const { office, atHome, renewed } = await signedInAgainAtHome();
    const atOffice = await windows.open(office);
    await until(async () => (await atOffice.accounts.sessions(someProvider, scopes)).length === 1);
    const [session] = await atOffice.accounts.sessions(someProvider, scopes);
    assert.equal(session?.accessToken.reveal(), renewed.accessToken.reveal());
    assert.equal((await atHome.accounts.sessions(someProvider, scopes)).length, 1);
    await until(() => storedIn(atOffice).includes('refresh-7'));
    assert.doesNotMatch(office.values.get('grants') ?? '', /removed/);
  });

  it('signs out of it in both places', async () => {
    const { office, atHome, renewed } = await signedInAgainAtHome();
    const atOffice = await windows.open(office);
    await until(async () => (await atOffice.accounts.sessions(someProvider, scopes)).length === 1);
    await atOffice.accounts.remove(renewed.id);
    await until(async () => (await atHome.accounts.sessions(someProvider, scopes)).length === 0);
    await atOffice.close();
    await atHome.close();
    for (const storage of [office, atHome.storage]) {
      const { accounts } = await windows.open(storage);
      assert.deepEqual(await accounts.sessions(someProvider, scopes), []);
    }
  });
});

describe('of two entries of an index', () => {
  const entry = (revision: number, removed?: number) => ({
    id: 'grant-0001',
    providerId: 'oidc',
    revision,
    removed,
  });
  for (const [what, winner, other] of [
    ['a removal wins over a later revision of the same sign-in', entry(5, 1), entry(4000)],
    ['a sign-in wins over the removal of the one before', entry(1e9 + 3), entry(7, 1)],
    ['the removal of a sign-in wins over the one before', entry(1e9 + 3, 1), entry(4000)],
    ['the later removal wins', entry(1e9 + 3, 1), entry(4000, 2)],
    ['the higher revision wins', entry(8), entry(7)],
  ] as const)
    it(what, () => {
      assert.equal(laterEntry(winner, other), winner);
      assert.equal(laterEntry(other, winner), winner);
    });
});
