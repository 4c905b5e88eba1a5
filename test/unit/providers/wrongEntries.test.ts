import assert from 'node:assert/strict';
import { issuer, problems } from './entries.ts';
import '../../../src/providers/presets/presets.ts';

describe('an entry of the providers in the settings', () => {
  const wrongEntries: [what: string, definition: unknown, expected: string[]][] = [
    ['no object', 'https://login.example.com', ['(the entry): must be an object']],
    ['a list', [], ['issuer: is missing: set the provider’s issuer URL or a "preset"']],
    ['null', null, ['(the entry): must be an object']],
    ['without an issuer', {}, ['issuer: is missing: set the provider’s issuer URL or a "preset"']],
    ['with an empty issuer', { issuer: ' ' }, ['issuer: must not be empty']],
    ['with an unknown field', { issuer, colour: 'red' }, ['colour: isn’t a known provider setting']],
    ['with a secret', { issuer, clientSecret: 'x' }, ['clientSecret: isn’t a known provider setting']],
    ['with an empty label', { issuer, label: '' }, ['label: must not be empty']],
    ['with an endless label', { issuer, label: 'x'.repeat(2001) }, ['label: is too long']],
    ['with a number for a client id', { issuer, clientId: 7 }, ['clientId: must be a string']],
    ['with scopes in one text', { issuer, scopes: 'openid email' }, ['scopes: must be an array']],
    [
      'with a scope that is two',
      { issuer, scopes: ['openid', 'a b'] },
      ['scopes.1: must be a scope: printable characters without spaces, quotation marks and backslashes'],
    ],
    [
      'with text for a switch',
      { issuer, allowLoopbackHttp: 'yes' },
      ['allowLoopbackHttp: must be a boolean'],
    ],
    [
      'with an unknown method',
      { issuer, signInMethod: 'telepathy' },
      ['signInMethod: must be one of the values that the settings editor suggests'],
    ],
    ['with text for a redirect', { issuer, redirect: '/callback' }, ['redirect: must be an object']],
    [
      'with an unknown redirect',
      { issuer, redirect: { port: 1 } },
      ['redirect.port: isn’t a known provider setting'],
    ],
    [
      'with a relative path',
      { issuer, redirect: { path: 'callback' } },
      ['redirect.path: must be a path that starts with /'],
    ],
    [
      'with a path with a query',
      { issuer, redirect: { path: '/a?b' } },
      ['redirect.path: must be a path that starts with /'],
    ],
    [
      'with a loopback host that is none',
      { issuer, redirect: { loopbackHost: '0.0.0.0' } },
      ['redirect.loopbackHost: must be one of the values that the settings editor suggests'],
    ],
    [
      'with no port in a list of ports',
      { issuer, redirect: { loopbackPorts: [] } },
      ['redirect.loopbackPorts: must not be empty'],
    ],
    [
      'with ports that are none',
      { issuer, redirect: { loopbackPorts: [0, 65536, 1.5] } },
      [
        'redirect.loopbackPorts.0: must be a port from 1 to 65535',
        'redirect.loopbackPorts.1: must be a port from 1 to 65535',
        'redirect.loopbackPorts.2: must be a whole number',
      ],
    ],
    [
      'with a bridge in plain http',
      { issuer, redirect: { bridge: 'http://bridge.example.com/' } },
      ['redirect.bridge: must be an https URL without a fragment and without a query other than ?for=…'],
    ],
    [
      'with a relay with a query',
      { issuer, redirect: { relay: 'https://relay.example.com/?to=x' } },
      ['redirect.relay: must be an https URL without a query and without a fragment'],
    ],
    [
      'with a pasted address that is none',
      { issuer, redirect: { paste: '/oob' } },
      ['redirect.paste: must be an absolute URL'],
    ],
    ['with an empty prompt', { issuer, prompt: '' }, ['prompt: must not be empty']],
    ['with text for an age', { issuer, maxAge: '60' }, ['maxAge: must be a number']],
    ['with classes in one text', { issuer, acrValues: 'urn:mfa' }, ['acrValues: must be an array']],
    [
      'with a resource in one text',
      { issuer, resource: 'https://api.example.com' },
      ['resource: must be an array'],
    ],
    [
      'with a resource with a fragment',
      { issuer, resource: ['https://api.example.com#a', 'api'] },
      [
        'resource.0: must be an absolute URL without a fragment (#…)',
        'resource.1: must be an absolute URL without a fragment (#…)',
      ],
    ],
    ['with an empty audience', { issuer, audience: '' }, ['audience: must not be empty']],
    [
      'with a parameter that is no text',
      { issuer, authorizationParameters: { a: 1 } },
      ['authorizationParameters.a: must be a string'],
    ],
    [
      'with an unknown preset',
      { preset: 'acme' },
      ['preset: must be one of the values that the settings editor suggests'],
    ],
    [
      'with half a preset',
      { preset: 'keycloak', presetValues: { host: 'login.example.com' } },
      ['presetValues.realm: is missing: the realm, for example staff'],
    ],
    [
      'with an address for a host',
      { preset: 'okta', presetValues: { domain: 'https://acme.okta.com' } },
      ['presetValues.domain: must be like acme.okta.com: the Okta domain'],
    ],
    [
      'with a value that a preset does not take',
      { preset: 'google', presetValues: { tenant: 'x' } },
      ['presetValues.tenant: isn’t a value of "google", which accepts none'],
    ],
    [
      'with a secret and no client',
      { issuer, clientAuthentication: 'client_secret_basic' },
      ['clientId: is missing: "client_secret_basic" is only for a registered client'],
    ],
    [
      'with a preset whose clients have a secret, and no client',
      { preset: 'google' },
      ['clientId: is missing: "client_secret_post" is only for a registered client'],
    ],
    [
      'with a preset without metadata, and no client',
      { preset: 'slack' },
      ['clientId: is missing: without metadata, the editor can’t register itself'],
    ],
    [
      'with tenants that restrict nobody',
      { issuer, clientId: 'editor', allowedTenants: ['6f0d1c0e-7f5b-4d4b-9f3c-2b1f4b1f0a11'] },
      ['allowedTenants: has no effect: the issuer doesn’t contain {tenantid}'],
    ],
    [
      'with a bridge that nobody has built',
      { issuer, clientId: 'editor', signInMethod: 'bridge' },
      ['redirect.bridge: is missing: "signInMethod" is "bridge"'],
    ],
    [
      'with device codes from nowhere',
      {
        clientId: 'editor',
        signInMethod: 'device-code',
        endpoints: { authorization: `${issuer}/authorize`, token: `${issuer}/token` },
      },
      ['endpoints.deviceAuthorization: is missing: "signInMethod" is "device-code"'],
    ],
    [
      'with a region that a preset does not have',
      { preset: 'ping', presetValues: { region: 'moon', environment: 'x' } },
      [
        'presetValues.region: must be like eu: the end of the host name of your region (com, eu, ca, asia, com.au or sg)',
      ],
    ],
    [
      'with values and no preset',
      { issuer, presetValues: { host: 'x' } },
      ['presetValues: has no effect without "preset"'],
    ],
    [
      'with a metadata address that is none',
      { issuer, metadataUrl: 'login.example.com' },
      ['metadataUrl: can’t be used: it isn’t a complete URL'],
    ],
    [
      'with a metadata address that does not tell the issuer',
      { metadataUrl: 'https://login.example.com/metadata' },
      ['issuer: is missing: this "metadataUrl" doesn’t reveal it'],
    ],
    [
      'with a template and no metadata',
      { issuer: 'https://login.example.com/{tenantid}' },
      ['metadataUrl: is missing: an issuer with {tenantid} doesn’t say where its metadata is'],
    ],
    [
      'with half of its endpoints',
      { endpoints: { token: 'https://login.example.com/token' } },
      ['endpoints: must name "token", and "authorization" or "deviceAuthorization"'],
    ],
    [
      'without metadata and endpoints',
      { issuer, discovery: false },
      ['endpoints: must name "token", and "authorization" or "deviceAuthorization"'],
    ],
    [
      'with an unknown endpoint',
      { issuer, endpoints: { toke: 'x' } },
      ['endpoints.toke: isn’t a known provider setting'],
    ],
    [
      'with a claim that must be nothing',
      { issuer, requiredClaims: { groups: [] } },
      ['requiredClaims.groups: must not be empty'],
    ],
    [
      'with a claim that must be null',
      { issuer, requiredClaims: { groups: null } },
      ['requiredClaims.groups: must be a string, a number, a boolean, or an array of strings'],
    ],
    [
      'with a weak algorithm',
      { issuer, idTokenAlgorithm: 'HS256' },
      ['idTokenAlgorithm: must be one of the values that the settings editor suggests'],
    ],
    [
      'with several mistakes',
      { issuer: 7, clientId: '', colour: 1 },
      ['issuer: must be a string', 'clientId: must not be empty', 'colour: isn’t a known provider setting'],
    ],
  ];
  for (const [what, definition, expected] of wrongEntries) {
    it(`is refused ${what}`, () => assert.deepEqual(problems(definition), expected));
  }

  it('must not replace what the protocol itself sends', () => {
    const own = [
      'state',
      'nonce',
      'redirect_uri',
      'client_id',
      'scope',
      'code_challenge',
      'response_type',
      'request',
    ];
    for (const name of own) {
      assert.deepEqual(problems({ issuer, authorizationParameters: { [name]: 'x' } }), [
        `authorizationParameters.${name}: is a parameter that the extension sets itself`,
      ]);
    }
    assert.deepEqual(problems({ issuer, authorizationParameters: { login_hint: 'alice' } }), []);
  });

  const wrongIssuers: [issuer: string, reason: RegExp][] = [
    ['login.example.com', /^issuer: can’t be used: it isn’t a complete URL/],
    ['ftp://login.example.com', /^issuer: can’t be used: it doesn’t start with https:\/\//],
    ['https://me:secret@login.example.com', /^issuer: can’t be used: it contains a user name or password/],
    ['https://login.example.com#a', /^issuer: can’t be used: it has a fragment/],
    ['https://login.example.com?tenant=1', /^issuer: isn’t an issuer: the URL has a query/],
    ['http://login.example.com', /^issuer: must be an https URL/],
    ['http://127.0.0.1:8080', /^issuer: must be an https URL .*allowLoopbackHttp/],
  ];
  for (const [wrong, reason] of wrongIssuers) {
    it(`is refused with the issuer ${wrong}`, () => {
      const [problem = '', ...others] = problems({ issuer: wrong });
      assert.match(problem, reason);
      assert.deepEqual(others, []);
      assert.ok(!problem.includes('secret'), 'a password does not get into a message');
    });
  }
});
