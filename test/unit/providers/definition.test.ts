import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import { termsOf } from '../../../src/providers/entries/terms.ts';
import {
  parseDefinition,
  providerDefinitionSchema,
  type Provider,
} from '../../../src/providers/entries/definition.ts';
import { issuer, problems, provider } from './entries.ts';
import '../../../src/providers/presets/presets.ts';

describe('a provider in the settings', () => {
  it('needs an issuer only; the rest has defaults', () => {
    const { terms: _, ...fields } = provider({});
    assert.deepEqual(fields, {
      id: 'company',
      label: 'login.example.com',
      issuer,
      clientId: undefined,
      scopes: undefined,
      scopesAreSet: false,
      allowLoopbackHttp: false,
      certificates: undefined,
      requestTimeout: undefined,
      acceptsChangingRedirectUri: false,
      signInMethod: undefined,
      service: undefined,
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
      profile: undefined,
      clientAuthentication: 'none',
      certificateBoundTokens: false,
      assertionAudience: 'issuer',
      assertionAlgorithm: 'ES256',
      dpop: undefined,
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
      requestTimeout: 20,
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
      certificateBoundTokens: true,
      assertionAudience: 'token-endpoint',
      assertionAlgorithm: 'ES384',
      dpop: 'required',
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
    const { terms, ...fields } = full;
    assert.equal(terms, termsOf(fields));
    assert.deepEqual(fields, {
      id: 'company',
      label: shown('Staff'),
      issuer: template,
      clientId: 'editor',
      scopes: ['openid', 'api:read'],
      scopesAreSet: true,
      requestTimeout: 20,
      allowLoopbackHttp: true,
      certificates: undefined,
      acceptsChangingRedirectUri: true,
      signInMethod: 'loopback',
      service: undefined,
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
      profile: undefined,
      clientAuthentication: 'private_key_jwt',
      certificateBoundTokens: true,
      assertionAudience: 'token-endpoint',
      assertionAlgorithm: 'ES384',
      dpop: 'required',
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
    } satisfies Omit<Provider, 'terms'>);
  });

  it('names itself after the host and port of the issuer', () => {
    assert.equal(provider({ issuer: 'https://login.example.com:8443/a' }).label, 'login.example.com:8443');
  });

  it('keeps an empty list of scopes, which is not the same as none', () => {
    assert.deepEqual(provider({ scopes: [] }).scopes, []);
  });

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
        '(the entry): The ID must be 1 to 64 letters, digits, dots, hyphens or underscores',
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
      label: shown('Staff'),
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
        { providerId: 'company', field: setting, reason: 'has no effect with "refreshEndsAccessToken"' },
      ]);
    }
  });

  it('has no field that these tests do not know', () => {
    const known = [
      ...['label', 'issuer', 'clientId', 'scopes', 'allowLoopbackHttp', 'acceptsChangingRedirectUri'],
      ...['signInMethod', 'redirect', 'prompt', 'maxAge', 'acrValues', 'resource', 'audience'],
      ...['authorizationParameters', 'preset', 'presetValues', 'metadataUrl', 'discovery', 'endpoints'],
      ...['allowedTenants', 'profile', 'clientAuthentication', 'certificateBoundTokens', 'assertionAudience'],
      ...['scopeSeparator', 'scopeParameter'],
      ...['tokenParameters', 'refreshParameters', 'sendRedirectUriOnRefresh', 'answers', 'idTokenAlgorithm'],
      'trustedAudiences',
      ...['account', 'claimSources', 'requiredClaims', 'assumedTokenLifetime', 'rotationGrace'],
      ...['refreshEndsAccessToken', 'revocation', 'signOut', 'userLookup', 'tokenExchange'],
      'identityAssertion',
      'dpop',
      ...['assertionAlgorithm', 'tokenPerResource', 'resourceOfChallenge', 'narrowTokens', 'requestTimeout'],
    ];
    assert.deepEqual(Object.keys(providerDefinitionSchema.entries).sort(), known.sort());
  });
});
