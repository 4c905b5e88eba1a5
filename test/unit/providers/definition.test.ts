import assert from 'node:assert/strict';
import {
  parseDefinition,
  providerDefinitionSchema,
  type Provider,
} from '../../../src/providers/definition.ts';

const issuer = 'https://login.example.com/realms/staff';

/** What is wrong with an entry, as `field: reason`; empty if it is right. */
function problems(definition: unknown, id = 'company'): string[] {
  const parsed = parseDefinition(id, definition);
  if (parsed.ok) return [];
  return parsed.problems.map(({ providerId, field, reason }) => {
    assert.equal(providerId, id);
    return `${field ?? '(the entry)'}: ${reason}`;
  });
}

function provider(definition: object): Provider {
  const parsed = parseDefinition('company', { issuer, ...definition });
  assert.ok(parsed.ok, parsed.ok ? '' : JSON.stringify(parsed.problems));
  return parsed.provider;
}

describe('a provider in the settings', () => {
  it('needs an issuer only; the rest has defaults', () => {
    assert.deepEqual(provider({}), {
      id: 'company',
      label: 'login.example.com',
      issuer,
      clientId: undefined,
      scopes: undefined,
      allowLoopbackHttp: false,
      acceptsChangingRedirectUri: false,
      signInMethod: undefined,
      machine: undefined,
      redirect: {},
      resources: [],
      audience: undefined,
      tokenPerResource: false,
      resourceOfChallenge: true,
      narrowTokens: false,
      maxAge: undefined,
      authorizationParameters: {},
      metadataUrl: undefined,
      discovery: true,
      endpoints: undefined,
      allowedTenants: undefined,
      clientAuthentication: 'none',
      assertionAudience: 'issuer',
      assertionAlgorithm: 'ES256',
      tokenParameters: {},
      refreshParameters: {},
      sendRedirectUriOnRefresh: false,
      dialect: { scopeSeparator: undefined, scopeParameter: undefined, answerScopeSeparator: undefined },
      idTokenAlgorithm: undefined,
      trustedAudiences: [],
      accountId: undefined,
      labelClaims: ['preferred_username', 'email', 'name', 'sub'],
      claimSources: [],
      requiredClaims: {},
      assumedTokenLifetime: undefined,
      rotationGrace: 0,
      refreshEndsAccessToken: false,
      revocation: 'standard',
      signOut: 'revoke',
      contributedBy: undefined,
    });
  });

  it('takes every field over', () => {
    const redirect: Provider['redirect'] = {
      path: '/callback/staff',
      loopbackHost: 'localhost',
      loopbackPorts: [8000, 8001],
      bridge: 'https://bridge.example.com/page',
      relay: 'https://relay.example.com/redirect',
      paste: 'urn:ietf:wg:oauth:2.0:oob',
    };
    const template = 'https://login.example.com/{tenantid}';
    const full = provider({
      issuer: template,
      label: ' Staff ',
      clientId: ' editor ',
      scopes: ['openid', 'api:read'],
      allowLoopbackHttp: true,
      acceptsChangingRedirectUri: true,
      signInMethod: 'loopback',
      redirect,
      prompt: 'consent',
      maxAge: 0,
      acrValues: ['urn:mfa', 'urn:pwd'],
      resource: ['https://api.example.com/', 'urn:reports'],
      audience: 'https://api.example.com',
      authorizationParameters: { domain_hint: 'staff', prompt: 'login' },
      metadataUrl: 'https://login.example.com/metadata',
      discovery: true,
      endpoints: { userInfo: 'https://api.example.com/me' },
      allowedTenants: ['tenant-1'],
      clientAuthentication: 'private_key_jwt',
      assertionAudience: 'token-endpoint',
      assertionAlgorithm: 'ES384',
      scopeSeparator: ',',
      scopeParameter: 'user_scope',
      tokenParameters: { a: '1' },
      refreshParameters: { b: '2' },
      sendRedirectUriOnRefresh: true,
      answers: {
        errorsWithStatus200: true,
        formEncoded: true,
        names: { verification_url: 'verification_uri' },
        errors: { bad_refresh_token: 'invalid_grant' },
        tokensIn: 'authed_user',
        assumeBearer: true,
        emptyMeansAbsent: true,
        scopeSeparator: ' ',
        keep: ['instance_url'],
      },
      idTokenAlgorithm: 'ES256',
      trustedAudiences: ['https://api.example.com'],
      account: { id: 'employee.id', label: ['nickname'] },
      claimSources: ['userinfo', 'introspection'],
      requiredClaims: { groups: ['a', 'b'], active: true, level: 3, 'realm.role': 'x' },
      assumedTokenLifetime: 3600,
      rotationGrace: 30,
      refreshEndsAccessToken: true,
      resourceOfChallenge: false,
      revocation: 'none',
      signOut: 'revoke-and-end-session',
    });
    assert.deepEqual(full, {
      id: 'company',
      label: 'Staff',
      issuer: template,
      clientId: 'editor',
      scopes: ['openid', 'api:read'],
      allowLoopbackHttp: true,
      acceptsChangingRedirectUri: true,
      signInMethod: 'loopback',
      machine: undefined,
      redirect,
      resources: ['https://api.example.com/', 'urn:reports'],
      audience: 'https://api.example.com',
      maxAge: 0,
      authorizationParameters: {
        domain_hint: 'staff',
        // What has a field of its own wins.
        prompt: 'consent',
        acr_values: 'urn:mfa urn:pwd',
        audience: 'https://api.example.com',
      },
      metadataUrl: 'https://login.example.com/metadata',
      discovery: true,
      endpoints: { userInfo: 'https://api.example.com/me' },
      allowedTenants: ['tenant-1'],
      clientAuthentication: 'private_key_jwt',
      assertionAudience: 'token-endpoint',
      assertionAlgorithm: 'ES384',
      tokenParameters: { a: '1' },
      refreshParameters: { b: '2' },
      sendRedirectUriOnRefresh: true,
      dialect: {
        scopeSeparator: ',',
        scopeParameter: 'user_scope',
        answerScopeSeparator: ' ',
        errorsWithStatus200: true,
        formEncoded: true,
        names: { verification_url: 'verification_uri' },
        errors: { bad_refresh_token: 'invalid_grant' },
        tokensIn: 'authed_user',
        assumeBearer: true,
        emptyMeansAbsent: true,
        keep: ['instance_url'],
      },
      idTokenAlgorithm: 'ES256',
      trustedAudiences: ['https://api.example.com'],
      accountId: 'employee.id',
      labelClaims: ['nickname'],
      claimSources: ['userinfo', 'introspection'],
      requiredClaims: { groups: ['a', 'b'], active: true, level: 3, 'realm.role': 'x' },
      assumedTokenLifetime: 3600,
      rotationGrace: 30,
      refreshEndsAccessToken: true,
      revocation: 'none',
      signOut: 'revoke-and-end-session',
      tokenPerResource: false,
      resourceOfChallenge: false,
      narrowTokens: false,
      contributedBy: undefined,
    } satisfies Provider);
  });

  it('names itself after the host and port of the issuer', () => {
    assert.equal(provider({ issuer: 'https://login.example.com:8443/a' }).label, 'login.example.com:8443');
  });

  it('keeps an empty list of scopes, which is not the same as none', () => {
    assert.deepEqual(provider({ scopes: [] }).scopes, []);
  });

  const wrongEntries: [what: string, definition: unknown, expected: string[]][] = [
    ['no object', 'https://login.example.com', ['(the entry): must be an object']],
    ['a list', [], ['issuer: is missing: the address of the provider, or a "preset"']],
    ['null', null, ['(the entry): must be an object']],
    ['without an issuer', {}, ['issuer: is missing: the address of the provider, or a "preset"']],
    ['with an empty issuer', { issuer: ' ' }, ['issuer: must not be empty']],
    ['with an unknown field', { issuer, colour: 'red' }, ['colour: is not a setting of a provider']],
    ['with a secret', { issuer, clientSecret: 'x' }, ['clientSecret: is not a setting of a provider']],
    ['with an empty label', { issuer, label: '' }, ['label: must not be empty']],
    ['with an endless label', { issuer, label: 'x'.repeat(2001) }, ['label: is too long']],
    ['with a number for a client id', { issuer, clientId: 7 }, ['clientId: must be text']],
    ['with scopes in one text', { issuer, scopes: 'openid email' }, ['scopes: must be a list']],
    [
      'with a scope that is two',
      { issuer, scopes: ['openid', 'a b'] },
      ['scopes.1: must be a scope: printable characters without spaces, quotation marks and backslashes'],
    ],
    [
      'with text for a switch',
      { issuer, allowLoopbackHttp: 'yes' },
      ['allowLoopbackHttp: must be true or false'],
    ],
    [
      'with an unknown method',
      { issuer, signInMethod: 'telepathy' },
      ['signInMethod: must be one of the values that the settings editor offers'],
    ],
    ['with text for a redirect', { issuer, redirect: '/callback' }, ['redirect: must be an object']],
    [
      'with an unknown redirect',
      { issuer, redirect: { port: 1 } },
      ['redirect.port: is not a setting of a provider'],
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
      ['redirect.loopbackHost: must be one of the values that the settings editor offers'],
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
      ['redirect.bridge: must be an https address without a query and a fragment'],
    ],
    [
      'with a relay with a query',
      { issuer, redirect: { relay: 'https://relay.example.com/?to=x' } },
      ['redirect.relay: must be an https address without a query and a fragment'],
    ],
    [
      'with a pasted address that is none',
      { issuer, redirect: { paste: '/oob' } },
      ['redirect.paste: must be an absolute address'],
    ],
    ['with an empty prompt', { issuer, prompt: '' }, ['prompt: must not be empty']],
    ['with a negative age', { issuer, maxAge: -1 }, ['maxAge: must not be negative']],
    ['with half a second', { issuer, maxAge: 0.5 }, ['maxAge: must be a whole number']],
    ['with text for an age', { issuer, maxAge: '60' }, ['maxAge: must be a number']],
    ['with classes in one text', { issuer, acrValues: 'urn:mfa' }, ['acrValues: must be a list']],
    [
      'with a resource in one text',
      { issuer, resource: 'https://api.example.com' },
      ['resource: must be a list'],
    ],
    [
      'with a resource with a fragment',
      { issuer, resource: ['https://api.example.com#a', 'api'] },
      [
        'resource.0: must be an absolute address without a fragment (#…)',
        'resource.1: must be an absolute address without a fragment (#…)',
      ],
    ],
    ['with an empty audience', { issuer, audience: '' }, ['audience: must not be empty']],
    [
      'with a parameter that is no text',
      { issuer, authorizationParameters: { a: 1 } },
      ['authorizationParameters.a: must be text'],
    ],
    [
      'with an unknown preset',
      { preset: 'acme' },
      ['preset: must be one of the values that the settings editor offers'],
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
      ['presetValues.tenant: is no value of "google", which takes none'],
    ],
    [
      'with a secret and no client',
      { issuer, clientAuthentication: 'client_secret_basic' },
      ['clientId: is missing: "client_secret_basic" is for a client that is registered'],
    ],
    [
      'with a preset whose clients have a secret, and no client',
      { preset: 'google' },
      ['clientId: is missing: "client_secret_post" is for a client that is registered'],
    ],
    [
      'with a preset without metadata, and no client',
      { preset: 'slack' },
      ['clientId: is missing: without metadata, no editor can register itself'],
    ],
    [
      'with tenants that restrict nobody',
      { issuer, clientId: 'editor', allowedTenants: ['6f0d1c0e-7f5b-4d4b-9f3c-2b1f4b1f0a11'] },
      ['allowedTenants: is of no use: the issuer does not contain {tenantid}'],
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
      ['presetValues: is of no use without "preset"'],
    ],
    [
      'with a metadata address that is none',
      { issuer, metadataUrl: 'login.example.com' },
      [
        'metadataUrl: cannot be used. “login.example.com” is not an address that can be used here: it is not a complete URL. Correct the address in the setting oidc.providers.',
      ],
    ],
    [
      'with a metadata address that does not tell the issuer',
      { metadataUrl: 'https://login.example.com/metadata' },
      ['issuer: is missing: it cannot be told from this "metadataUrl"'],
    ],
    [
      'with a template and no metadata',
      { issuer: 'https://login.example.com/{tenantid}' },
      ['metadataUrl: is missing: an issuer with {tenantid} does not say where its metadata is'],
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
      ['endpoints.toke: is not a setting of a provider'],
    ],
    [
      'with a claim that must be nothing',
      { issuer, requiredClaims: { groups: [] } },
      ['requiredClaims.groups: must not be empty'],
    ],
    [
      'with a claim that must be null',
      { issuer, requiredClaims: { groups: null } },
      ['requiredClaims.groups: must be text, a number, true or false, or a list of texts'],
    ],
    [
      'with a lifetime of nothing',
      { issuer, assumedTokenLifetime: 0 },
      ['assumedTokenLifetime: must be at least 1'],
    ],
    ['with an endless grace', { issuer, rotationGrace: 601 }, ['rotationGrace: must be at most 600']],
    [
      'with a weak algorithm',
      { issuer, idTokenAlgorithm: 'HS256' },
      ['idTokenAlgorithm: must be one of the values that the settings editor offers'],
    ],
    [
      'with several mistakes',
      { issuer: 7, clientId: '', colour: 1 },
      ['issuer: must be text', 'clientId: must not be empty', 'colour: is not a setting of a provider'],
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
    ['login.example.com', /^issuer: cannot be used\. .*it is not a complete URL/],
    ['ftp://login.example.com', /^issuer: cannot be used\. .*it does not start with https:\/\//],
    ['https://me:secret@login.example.com', /^issuer: cannot be used\. .*it carries a user name or password/],
    ['https://login.example.com#a', /^issuer: cannot be used\. .*it has a fragment/],
    ['https://login.example.com?tenant=1', /^issuer: is not an issuer: it has a query/],
    ['http://login.example.com', /^issuer: cannot be used\. .*is not https/],
    ['http://127.0.0.1:8080', /^issuer: cannot be used\. .*is not https.*allowLoopbackHttp/],
  ];
  for (const [wrong, reason] of wrongIssuers) {
    it(`is refused with the issuer ${wrong}`, () => {
      const [problem = '', ...others] = problems({ issuer: wrong });
      assert.match(problem, reason);
      assert.deepEqual(others, []);
      assert.ok(!problem.includes('secret'), 'a password does not get into a message');
    });
  }

  it('may be on this computer in plain http if it says so', () => {
    for (const local of [
      'http://127.0.0.1:8080',
      'http://localhost',
      'http://idp.localhost:1',
      'http://[::1]:1',
    ]) {
      assert.deepEqual(problems({ issuer: local, allowLoopbackHttp: true }), [], local);
    }
    assert.equal(problems({ issuer: 'http://login.example.com', allowLoopbackHttp: true }).length, 1);
  });

  it('has an id of letters, digits, dots, hyphens and underscores', () => {
    for (const id of ['oidc', 'a', 'My.Company_2-eu', '0', 'x'.repeat(64)]) {
      assert.deepEqual(problems({ issuer }, id), []);
    }
    for (const id of ['', ' ', 'a b', '.a', '-a', 'a:b', 'a/b', 'ä', 'x'.repeat(65), '__proto__']) {
      assert.deepEqual(problems({ issuer }, id), [
        '(the entry): The id must be 1 to 64 letters, digits, dots, hyphens or underscores',
      ]);
    }
  });

  it('has a metadata address in the place of an issuer', () => {
    for (const [metadataUrl, expected] of [
      [`${issuer}/.well-known/openid-configuration`, issuer],
      ['https://login.example.com/.well-known/oauth-authorization-server', 'https://login.example.com'],
    ]) {
      const parsed = parseDefinition('company', { metadataUrl });
      assert.ok(parsed.ok);
      assert.equal(parsed.provider.issuer, expected);
    }
  });

  it('has endpoints in the place of metadata, and is named by their origin', () => {
    const endpoints = {
      authorization: 'https://login.example.com/oauth/authorize',
      token: 'https://login.example.com/oauth/token',
    };
    const parsed = parseDefinition('company', { endpoints, clientId: 'editor' });
    assert.ok(parsed.ok);
    assert.equal(parsed.provider.issuer, 'https://login.example.com');
    assert.equal(parsed.provider.discovery, false);
    assert.equal(provider({ endpoints }).discovery, true, 'with an issuer, its metadata counts too');
  });

  it('goes before its preset', () => {
    const parsed = parseDefinition('company', {
      preset: 'keycloak',
      presetValues: { host: 'login.example.com', realm: 'staff' },
      label: 'Staff',
      scopes: ['openid'],
    });
    assert.ok(parsed.ok);
    assert.equal(parsed.provider.issuer, issuer);
    assert.equal(parsed.provider.label, 'Staff');
    assert.deepEqual(parsed.provider.scopes, ['openid']);
    assert.equal(parsed.provider.redirect.loopbackHost, '127.0.0.1');
  });

  it('can have tokens side by side, unless one refresh ends the token of another', () => {
    const { tokenPerResource, narrowTokens } = provider({ tokenPerResource: true, narrowTokens: true });
    assert.deepEqual([tokenPerResource, narrowTokens], [true, true]);
    for (const setting of ['tokenPerResource', 'narrowTokens']) {
      const parsed = parseDefinition('company', { issuer, refreshEndsAccessToken: true, [setting]: true });
      assert.ok(!parsed.ok);
      assert.deepEqual(parsed.problems, [
        { providerId: 'company', field: setting, reason: 'is of no use with "refreshEndsAccessToken"' },
      ]);
    }
  });

  it('has no field that these tests do not know', () => {
    const known = [
      ...['label', 'issuer', 'clientId', 'scopes', 'allowLoopbackHttp', 'acceptsChangingRedirectUri'],
      ...['signInMethod', 'redirect', 'prompt', 'maxAge', 'acrValues', 'resource', 'audience'],
      ...['authorizationParameters', 'preset', 'presetValues', 'metadataUrl', 'discovery', 'endpoints'],
      ...['allowedTenants', 'clientAuthentication', 'assertionAudience', 'scopeSeparator', 'scopeParameter'],
      ...['tokenParameters', 'refreshParameters', 'sendRedirectUriOnRefresh', 'answers', 'idTokenAlgorithm'],
      'trustedAudiences',
      ...['account', 'claimSources', 'requiredClaims', 'assumedTokenLifetime', 'rotationGrace'],
      ...['refreshEndsAccessToken', 'revocation', 'signOut', 'userLookup', 'tokenExchange'],
      ...['assertionAlgorithm', 'tokenPerResource', 'resourceOfChallenge', 'narrowTokens'],
    ];
    assert.deepEqual(Object.keys(providerDefinitionSchema.entries).sort(), known.sort());
  });
});
