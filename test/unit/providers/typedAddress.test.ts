import assert from 'node:assert/strict';
import { presetForAddress } from '../../../src/providers/presets/knownHosts.ts';
import { readTypedAddress } from '../../../src/providers/lookUp/typedAddress.ts';

const address = (url: string, allowLoopbackHttp = false) => ({ kind: 'address', url, allowLoopbackHttp });

describe('an address as people type it', () => {
  const right: [typed: string, read: object][] = [
    ['https://login.example.com', address('https://login.example.com')],
    ['  https://login.example.com/realms/staff \n', address('https://login.example.com/realms/staff')],
    ['login.example.com', address('https://login.example.com')],
    ['LOGIN.example.com/Realms/Staff', address('https://login.example.com/Realms/Staff')],
    ['login.example.com:8443/a', address('https://login.example.com:8443/a')],
    ['https://login.example.com/', address('https://login.example.com/')],
    ['"https://login.example.com",', address('https://login.example.com')],
    ['<https://login.example.com>', address('https://login.example.com')],
    ['bücher.example', address('https://xn--bcher-kva.example')],
    ['10.0.0.5', address('https://10.0.0.5')],
    ['idp', address('https://idp')],
    ['localhost:8080', address('http://localhost:8080', true)],
    ['http://127.0.0.1:8080/a', address('http://127.0.0.1:8080/a', true)],
    ['alice@example.com', { kind: 'email', address: 'alice@example.com' }],
    [
      'login.example.com/a/.well-known/openid-configuration',
      {
        kind: 'metadata',
        url: 'https://login.example.com/a/.well-known/openid-configuration',
        allowLoopbackHttp: false,
      },
    ],
    [
      'https://login.example.com/.well-known/openid-configuration?p=policy',
      {
        kind: 'metadata',
        url: 'https://login.example.com/.well-known/openid-configuration?p=policy',
        allowLoopbackHttp: false,
      },
    ],
  ];
  for (const [typed, read] of right) {
    it(`is taken: ${JSON.stringify(typed)}`, () => assert.deepEqual(readTypedAddress(typed), read));
  }

  const wrong: [typed: string, reason: RegExp][] = [
    ['', /^Enter a URL/],
    ['  ', /^Enter a URL/],
    ['login example com', /spaces/],
    ['https://', /isn’t a URL/],
    ['ftp://login.example.com', /must start with https/],
    ['vscode://login.example.com', /must start with https/],
    ['http://login.example.com', /must use https/],
    ['https://me:secret@login.example.com', /user name or password/],
    ['https://login.example.com/#a', /fragment/],
    ['https://login.example.com?a=b', /query/],
  ];
  for (const [typed, reason] of wrong) {
    it(`is refused with a reason: ${JSON.stringify(typed)}`, () => {
      const read = readTypedAddress(typed);
      assert.equal(read.kind, 'problem');
      assert.match(read.kind === 'problem' ? read.reason : '', reason);
      assert.ok(!JSON.stringify(read).includes('secret'));
      const { meant } = read.kind === 'problem' ? read : {};
      if (meant !== undefined) assert.deepEqual(readTypedAddress(meant), address(meant));
    });
  }
});

describe('an address from the pages of a known product', () => {
  const staff = 'https://login.example.com/realms/staff';
  const cut: Readonly<Record<string, readonly string[]>> = {
    [staff]: [
      `${staff}/account`,
      `${staff}/account/#/security/signing-in`,
      `${staff}/protocol/openid-connect/auth?client_id=x&redirect_uri=https%3A%2F%2Fa`,
      `${staff}/login-actions/authenticate?session_code=x`,
      `${staff}/device`,
      'https://login.example.com/admin/staff/console',
      'https://login.example.com/admin/staff/console/',
      'https://login.example.com/admin/master/console/#/staff/clients',
      'https://login.example.com/admin/master/console/#/realms/staff/clients',
      'login.example.com/realms/staff/account/',
      ` "${staff}/account", `,
    ],
    'https://login.example.com/auth/realms/staff': [
      'https://login.example.com/auth/realms/staff/account/',
      'https://login.example.com/auth/admin/staff/console/#/staff/users',
    ],
    'https://gitlab.example.com': [
      'https://gitlab.example.com/-/profile/applications',
      'https://gitlab.example.com/-/user_settings/applications/7',
      'https://gitlab.example.com/oauth/applications/new',
      'https://gitlab.example.com/oauth/discovery/keys',
      'https://gitlab.example.com/admin/applications',
      'https://gitlab.example.com/users/sign_in',
      'gitlab.example.com/users/sign_in',
    ],
    'https://git.example.com': [
      'https://git.example.com/login/oauth/authorize?client_id=x',
      'https://git.example.com/user/settings/applications',
    ],
    'https://git.example.com/forge': ['https://git.example.com/forge/login/oauth/access_token'],
    'https://acme.okta.com': [
      'https://acme-admin.okta.com/admin/dashboard',
      'https://acme.okta.com/app/UserHome',
      'https://acme.okta.com/oauth2/v1/authorize?client_id=x',
    ],
    'https://acme.okta.com/oauth2/default': ['https://acme.okta.com/oauth2/default/v1/authorize?x=y'],
    'https://acme.eu.auth0.com/': [
      'https://manage.auth0.com/dashboard/eu/acme/applications',
      'https://acme.eu.auth0.com/authorize?client_id=x',
      'https://acme.eu.auth0.com/u/login?state=x',
    ],
    'https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0': [
      'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/authorize?client_id=x',
    ],
    'https://auth.example.com/application/o/editor/': ['https://auth.example.com/application/o/editor/jwks/'],
    'https://zitadel.example.com': [
      'https://zitadel.example.com/ui/console/projects/7',
      'https://zitadel.example.com/oauth/v2/authorize?client_id=x',
      'https://zitadel.example.com/oidc/v1/userinfo',
    ],
  };
  for (const [issuer, addresses] of Object.entries(cut)) {
    for (const typed of addresses) {
      it(`is cut back: ${typed}`, () => assert.deepEqual(readTypedAddress(typed), address(issuer)));
    }
    it(`is the issuer itself, and stays: ${issuer}`, () =>
      assert.deepEqual(readTypedAddress(issuer), address(issuer)));
  }
  it('is plain http on this computer only', () => {
    const here = 'http://127.0.0.1:8080/realms/staff';
    assert.deepEqual(readTypedAddress(`${here}/account`), address(here, true));
    assert.equal(readTypedAddress('http://login.example.com/realms/staff/account').kind, 'problem');
  });
  for (const other of [
    'https://login.example.com/realms/staff/tenants/a',
    'https://login.example.com/accounts/realms/account',
    'https://login.example.com/oauth2/default/v1/authorize',
    'https://api.example.com/v1/things',
    'https://auth.example.com/application/o/token/',
  ]) {
    it(`is looked up as it is, where it could be an issuer: ${other}`, () =>
      assert.deepEqual(readTypedAddress(other), address(other)));
  }
});

describe('a known host', () => {
  const known: [address: string, preset: string, values: object][] = [
    ['https://github.com', 'github', {}],
    [
      'https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0',
      'entra',
      { tenant: 'contoso.onmicrosoft.com' },
    ],
    ['https://acme.okta.com/oauth2/default', 'okta', { domain: 'acme.okta.com', server: '/oauth2/default' }],
    ['https://acme.okta.com', 'okta', { domain: 'acme.okta.com', server: '' }],
    ['https://acme.eu.qlikcloud.com', 'qlik-cloud', { host: 'acme.eu.qlikcloud.com' }],
    [
      'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab',
      'cognito',
      { region: 'eu-central-1', pool: 'eu-central-1_Ab' },
    ],
  ];
  for (const [typed, preset, values] of known) {
    it(`has a preset: ${typed}`, () => assert.deepEqual(presetForAddress(typed), { preset, values }));
  }
  for (const typed of [
    'https://github.com.example.com',
    'https://notokta.com',
    'https://login.example.com',
    'x',
  ]) {
    it(`is not taken for another: ${typed}`, () => assert.equal(presetForAddress(typed), undefined));
  }
});
