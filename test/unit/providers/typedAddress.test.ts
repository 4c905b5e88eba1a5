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
    ['', /^Enter an address/],
    ['  ', /^Enter an address/],
    ['login example com', /spaces/],
    ['https://', /not an address/],
    ['ftp://login.example.com', /must start with https/],
    ['vscode://login.example.com', /must start with https/],
    ['http://login.example.com', /must be https/],
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
    });
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
