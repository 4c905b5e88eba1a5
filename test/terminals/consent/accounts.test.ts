import assert from 'node:assert/strict';
import { unknownAccount, type TokenRequest } from '../../../terminals/src/agent/requests.ts';
import { readAccounts, targetOf, type Accounts } from '../../../terminals/src/consent/accounts.ts';

const declared = readAccounts({
  company: { provider: 'oidc', scopes: ['read', 'write'], hosts: ['git.example.test', 'localhost:8443'] },
  api: { provider: 'oidc', scopes: ['read'], resource: 'https://api.example.test/' },
  cloud: { provider: 'cloud', audience: 'kubernetes', hosts: ['cloud.example.test'] },
}).accounts;
const accounts: Accounts = {
  declared,
  issuers: new Map([
    ['oidc', 'https://login.example.test'],
    ['cloud', 'https://cloud.example.test/'],
    ['lab', 'http://localhost:9/lab'],
  ]),
};

const request = (given: Partial<TokenRequest>): TokenRequest => ({
  kind: 'token',
  account: undefined,
  issuer: undefined,
  provider: undefined,
  label: undefined,
  scopes: undefined,
  resource: undefined,
  audience: undefined,
  host: undefined,
  minValid: 0,
  hint: undefined,
  ...given,
});

function target(given: Partial<TokenRequest>) {
  const found = targetOf(request(given), accounts);
  if ('status' in found) assert.fail(found.error);
  return found;
}

function problem(given: Partial<TokenRequest>, among = accounts) {
  const found = targetOf(request(given), among);
  assert.ok('status' in found, 'there is no target');
  return found;
}

describe('the account that a program asks for', () => {
  it('is the one of that name, with what it is declared with', () => {
    const { provider, scopes, isDeclared, name } = target({ account: 'api' });
    assert.deepEqual(
      [provider, scopes, isDeclared, name],
      ['oidc', ['read', 'resource:https://api.example.test/'], true, 'api'],
    );
    assert.deepEqual(target({ account: 'cloud' }).scopes, ['audience:kubernetes']);
  });

  it('is declared for less, and not for more or something else', () => {
    assert.equal(target({ account: 'company', scopes: ['read'] }).isDeclared, true);
    const more: Partial<TokenRequest>[] = [
      { account: 'company', scopes: ['read', 'admin'] },
      { account: 'company', resource: 'https://other.example.test' },
      { account: 'company', audience: 'other' },
      { account: 'api', resource: 'https://other.example.test' },
      { account: 'company', label: 'bob' },
      { provider: 'oidc', scopes: ['read'] },
      { provider: 'oidc', label: 'bob' },
      { account: 'lab' },
    ];
    for (const given of more) {
      const { isDeclared, name } = target(given);
      assert.deepEqual([isDeclared, name], [false, undefined], JSON.stringify(given));
    }
  });

  it('has one key for equal requests, and another for each difference', () => {
    const same = [target({ account: 'company', scopes: ['write', 'read'] }), target({ account: 'company' })];
    assert.equal(same[0]?.key, same[1]?.key);
    const different = [
      ...[target({ account: 'company' }), target({ account: 'company', scopes: ['read'] })],
      ...[target({ account: 'api' }), target({ account: 'cloud' })],
      ...[
        target({ provider: 'oidc', scopes: ['read', 'write'] }),
        target({ provider: 'oidc', label: 'bob' }),
      ],
      target({ account: 'company', audience: 'other' }),
    ].map(({ key }) => key);
    assert.equal(new Set(different).size, different.length);
    const accountKeys = ['company', 'api'].map(account => target({ account }).accountKey);
    assert.equal(accountKeys[0], accountKeys[1]);
    const people = [undefined, 'alice', 'bob'].map(label => target({ provider: 'oidc', label }).accountKey);
    assert.equal(new Set(people).size, 3);
  });

  it('is found by its issuer, with and without a slash, also one without TLS', () => {
    assert.equal(target({ issuer: 'https://login.example.test/' }).name, 'company');
    assert.equal(target({ issuer: 'https://cloud.example.test' }).name, 'cloud');
    assert.equal(target({ account: 'http://localhost:9/lab' }).provider, 'lab');
    assert.equal(problem({ issuer: 'https://other.example.test' }).error, unknownAccount);
  });

  it('is unknown in words that clients compare', () => {
    const { error, info } = problem({ account: 'nobody' });
    assert.equal(error, 'No account configured with that short name');
    assert.match(info ?? '', /company, api, cloud/);
  });

  it('is the only one that there is, or that is for the host', () => {
    assert.equal(target({ host: 'cloud.example.test' }).name, 'cloud');
    assert.equal(target({ host: 'localhost:8443' }).name, 'company');
    assert.match(problem({}).info ?? '', /company, api, cloud/);
    assert.match(problem({ host: 'evil.example.test' }).error, /No account is declared for evil/);
    const [only] = declared;
    assert.ok(only);
    const one = targetOf(request({}), { ...accounts, declared: [only] });
    assert.ok(!('status' in one) && one.name === 'company');
  });

  it('is not for a host that it is not declared for', () => {
    const { error, info, code } = problem({ account: 'company', host: 'evil.example.test' });
    assert.deepEqual([code, error], ['usage', 'The account company is not for evil.example.test.']);
    assert.match(info ?? '', /oidcTerminals\.accounts/);
    assert.ok(target({ account: 'company', host: 'git.example.test' }).isDeclared);
    // It has none.
    assert.equal(problem({ account: 'api', host: 'git.example.test' }).code, 'usage');
  });
});

describe('the setting of accounts', () => {
  it('is read entry by entry, and what is wrong is named', () => {
    const fine = { provider: 'oidc' };
    const { accounts: read, wrong } = readAccounts({
      fine,
      'a name with spaces': fine,
      noProvider: {},
      nothing: null,
      badProvider: { provider: 'a b' },
      badScopes: { ...fine, scopes: 'read' },
      badScope: { ...fine, scopes: ['a "b"'] },
      badHost: { ...fine, hosts: ['https://git.example.test'] },
      badResource: { ...fine, resource: 7 },
    });
    assert.deepEqual(
      read.map(({ name }) => name),
      ['fine'],
    );
    assert.deepEqual(
      wrong.sort(),
      [
        'a name with spaces',
        'badHost',
        'badProvider',
        'badResource',
        'badScope',
        'badScopes',
        'noProvider',
        'nothing',
      ].sort(),
    );
  });

  it('is empty whatever else it is', () => {
    for (const value of [undefined, null, 7, 'text', []]) assert.deepEqual(readAccounts(value).accounts, []);
  });
});
