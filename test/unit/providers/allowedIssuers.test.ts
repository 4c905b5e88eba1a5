import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { allowedIssuers, forbiddenBy, onlyAllowed } from '../../../src/providers/entries/allowedIssuers.ts';
import { belongsTo } from '../../../src/providers/entries/origin.ts';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { someGrant, someProvider } from '../sessions/someGrant.ts';

const listed = (list: unknown, id = 'acme.policy') => ({
  id,
  manifest: { contributes: { oidcAllowedIssuers: list } },
});
const isAllowed = (list: unknown, issuer: string, more: object = {}): boolean =>
  forbiddenBy(allowedIssuers([listed(list)]).lists, {
    issuer,
    metadataUrl: undefined,
    endpoints: undefined,
    ...more,
  }) === undefined;

describe('the issuers that a company allows', () => {
  const rows: [pattern: string, issuer: string, allowed: boolean][] = [
    ['https://login.acme.example', 'https://login.acme.example', true],
    ['https://login.acme.example', 'https://login.acme.example/', true],
    ['https://login.acme.example', 'https://login.acme.example/realms/staff', true],
    ['https://login.acme.example', 'https://LOGIN.acme.example', true],
    ['https://login.acme.example', 'http://login.acme.example', false],
    ['https://login.acme.example', 'https://login.acme.example:8443', false],
    ['https://login.acme.example', 'https://login.acme.example.evil.example', false],
    ['https://login.acme.example', 'https://evil.example/login.acme.example', false],
    ['https://login.acme.example', 'https://evil.example/?https://login.acme.example', false],
    ['https://login.acme.example', 'https://login.acme.example.', false],
    ['https://login.acme.example', 'https://xlogin.acme.example', false],
    ['https://*.acme.example', 'https://login.acme.example', true],
    ['https://*.acme.example', 'https://a.b.acme.example', true],
    ['https://*.acme.example', 'https://acme.example', false],
    ['https://*.acme.example', 'https://evilacme.example', false],
    ['https://*.acme.example', 'https://login.acme.example.evil.example', false],
    ['https://*.acme.example:8443', 'https://login.acme.example:8443', true],
    ['https://*.acme.example:8443', 'https://login.acme.example', false],
    ['https://login.acme.example/realms/staff', 'https://login.acme.example/realms/staff', true],
    ['https://login.acme.example/realms/staff', 'https://login.acme.example/realms/staff/', true],
    ['https://login.acme.example/realms/staff/', 'https://login.acme.example/realms/staff', true],
    ['https://login.acme.example/realms/staff', 'https://login.acme.example/realms/staff2', false],
    ['https://login.acme.example/realms/staff', 'https://login.acme.example/realms/staff/../evil', false],
    ['https://login.acme.example/realms/staff', 'https://login.acme.example/realms', false],
  ];
  for (const [pattern, issuer, allowed] of rows) {
    it(`${pattern} ${allowed ? 'allows' : 'forbids'} ${issuer}`, () => {
      assert.equal(isAllowed([pattern], issuer), allowed);
    });
  }

  it('are any where no extension has a list', () => {
    const none = [undefined, null, 7, {}, { contributes: 7 }, { contributes: {} }];
    const { lists, problems } = allowedIssuers(none.map((manifest, at) => ({ id: `a.${at}`, manifest })));
    assert.deepEqual([lists, problems], [[], []]);
    assert.equal(forbiddenBy(lists, someProvider), undefined);
  });

  it('are none where a list is empty or cannot be read, which is told', () => {
    for (const list of [
      [],
      {},
      'https://login.example.com',
      null,
      true,
      Array.from({ length: 1001 }, () => 'x'),
    ]) {
      const { problems } = allowedIssuers([listed(list)]);
      assert.equal(isAllowed(list, 'https://login.example.com'), false);
      assert.equal(problems.length, Array.isArray(list) && list.length === 0 ? 0 : 1);
    }
  });

  it('do not become more by an entry that cannot be read, which is told', () => {
    const entries = [
      7,
      '',
      '*',
      'login.acme.example',
      'https://*',
      'https://*.com',
      'https://login.*.example',
      'https://*.*.example',
      'ftp://login.acme.example',
      'https://a:b@login.acme.example',
      'https://login.acme.example?x',
      'https://login.acme.example#x',
    ];
    const { problems } = allowedIssuers([listed([...entries, 'https://login.acme.example'])]);
    assert.equal(problems.length, entries.length);
    assert.ok(problems.every(({ extension }) => extension === 'acme.policy'));
    for (const host of ['login.com', 'login.x.example', 'a.b.example', 'other.example'])
      assert.equal(isAllowed(entries, `https://${host}`), false, host);
    assert.equal(isAllowed([...entries, 'https://login.acme.example'], 'https://login.acme.example'), true);
  });

  it('are those that all lists have: no other extension can add one', () => {
    const company = listed(['https://*.acme.example']);
    const other = listed(['https://login.acme.example', 'https://evil.example'], 'evil.extension');
    const forbidden = (issuer: string) =>
      forbiddenBy(allowedIssuers([other, company]).lists, { ...someProvider, issuer })?.extension;
    assert.equal(forbidden('https://login.acme.example'), undefined);
    assert.equal(forbidden('https://evil.example'), 'acme.policy');
    assert.equal(forbidden('https://sso.acme.example'), 'evil.extension');
  });

  it('cannot be led elsewhere by an address in the settings', () => {
    const [issuer, evil] = ['https://login.acme.example', 'https://evil.example/x'];
    assert.equal(isAllowed([issuer], issuer, { metadataUrl: evil }), false);
    const names = [
      'authorization',
      'token',
      'userInfo',
      'introspection',
      'revocation',
      'endSession',
      'deviceAuthorization',
      'registration',
      'jwks',
    ];
    for (const name of names) {
      assert.equal(isAllowed([issuer], issuer, { endpoints: { [name]: evil } }), false, name);
      assert.equal(isAllowed([issuer], issuer, { endpoints: { [name]: `${issuer}/x` } }), true, name);
    }
  });

  it('leave the others out of everything, with a message that names the extension, and lose no sign-in', () => {
    const settings = {
      good: { issuer: 'https://login.acme.example' },
      bad: { issuer: 'https://evil.example' },
    };
    const { lists } = allowedIssuers([listed(['https://login.acme.example'])]);
    const { providers, problems } = onlyAllowed(lists, parseProviders(settings));
    assert.deepEqual(
      providers.map(({ id }) => id),
      ['good'],
    );
    assert.deepEqual(
      problems.map(({ providerId, reason }) => [providerId, String(reason)]),
      [['bad', 'isn’t allowed by the extension acme.policy (https://evil.example)']],
    );
    // Without its provider a grant is neither shown nor refreshed; with it, it is what it was.
    const configured = createConfiguredProviders();
    const grant = someGrant();
    configured.update([someProvider]);
    assert.equal(configured.of(grant), someProvider);
    configured.update(onlyAllowed(lists, { providers: [someProvider], problems: [] }).providers);
    assert.equal(configured.of(grant), undefined);
    assert.ok(belongsTo(grant, someProvider));
  });

  it('are as the sample manifest shows', async () => {
    const text = await readFile(new URL('../../manifestOnly/policy/package.json', import.meta.url), 'utf8');
    const { lists, problems } = allowedIssuers([
      { id: 'example-acme.policy', manifest: JSON.parse(text) as unknown },
    ]);
    assert.deepEqual(problems, []);
    const forbidden = (issuer: string) => forbiddenBy(lists, { ...someProvider, issuer })?.extension;
    assert.equal(forbidden('https://login.acme.example'), undefined);
    assert.equal(forbidden('https://eu.acme.example/realms/staff'), undefined);
    assert.equal(forbidden('https://eu.acme.example/realms/guests'), 'example-acme.policy');
    assert.equal(forbidden('https://login.example.com'), 'example-acme.policy');
  });
});
