import assert from 'node:assert/strict';
import {
  parseDefinition,
  providerDefinitionSchema,
  type ProviderDefinition,
} from '../../../src/providers/entries/definition.ts';
import { belongsTo, waitsForAnswer } from '../../../src/providers/entries/origin.ts';
import { changedTerms } from '../../../src/providers/entries/terms.ts';
import { someGrant } from '../sessions/someGrant.ts';
import '../../../src/providers/presets/presets.ts';

const evil = 'https://evil.example/x';
const issuer = 'https://login.example.com';
const base: ProviderDefinition = { issuer, clientId: 'editor' };

/**
 * Another value for each setting that there is. A setting that is new is in here, or the test below fails; so nobody
 * can add one without saying whether a change of it is asked about.
 */
const others: Readonly<Record<keyof ProviderDefinition, readonly ProviderDefinition[]>> = {
  issuer: [{ issuer: evil }],
  metadataUrl: [{ metadataUrl: `${evil}/.well-known/openid-configuration` }],
  discovery: [{ discovery: false, endpoints: { token: `${issuer}/t`, authorization: `${issuer}/a` } }],
  endpoints: (
    [
      'authorization',
      'token',
      'keys',
      'userInfo',
      'deviceAuthorization',
      'revocation',
      'introspection',
      'endSession',
    ] as const
  ).map(name => ({ endpoints: { [name]: evil } })),
  allowedTenants: [
    {
      issuer: `${issuer}/{tenantid}`,
      metadataUrl: `${issuer}/.well-known/openid-configuration`,
      allowedTenants: ['one'],
    },
  ],
  allowLoopbackHttp: [{ allowLoopbackHttp: true }],
  clientId: [{ clientId: 'other' }],
  clientAuthentication: [{ clientAuthentication: 'client_secret_post' }],
  assertionAudience: [{ assertionAudience: 'token-endpoint' }],
  acceptsChangingRedirectUri: [{ acceptsChangingRedirectUri: true }],
  redirect: [{ redirect: { bridge: evil } }, { redirect: { relay: evil } }, { redirect: { paste: evil } }],
  userLookup: [
    {
      clientAuthentication: 'client_secret_post',
      signInMethod: 'impersonation',
      userLookup: { field: 'subject', value: 'alice' },
    },
  ],
  tokenExchange: [
    {
      clientAuthentication: 'client_secret_post',
      signInMethod: 'token-exchange',
      tokenExchange: { from: 'other' },
    },
  ],
  resource: [{ resource: ['https://api.evil.example/'] }],
  audience: [{ audience: 'https://api.evil.example/' }],
  authorizationParameters: [{ authorizationParameters: { x: 'y' } }],
  prompt: [{ prompt: 'none' }],
  acrValues: [{ acrValues: ['low'] }],
  tokenParameters: [{ tokenParameters: { x: 'y' } }],
  refreshParameters: [{ refreshParameters: { x: 'y' } }],
  answers: [{ answers: { names: { theirs: 'access_token' } } }],
  scopeSeparator: [{ scopeSeparator: ',' }],
  scopeParameter: [{ scopeParameter: 'user_scope' }],
  idTokenAlgorithm: [{ idTokenAlgorithm: 'ES256' }],
  trustedAudiences: [{ trustedAudiences: ['other'] }],
  account: [{ account: { id: 'email' } }, { account: { label: ['given_name'] } }],
  claimSources: [{ claimSources: ['userinfo'] }],
  requiredClaims: [{ requiredClaims: { groups: 'everybody' } }],
  preset: [],
  presetValues: [],

  label: [{ label: 'Other' }],
  assertionAlgorithm: [{ assertionAlgorithm: 'RS256' }],
  scopes: [{ scopes: ['openid'] }],
  requestTimeout: [{ requestTimeout: 30 }],
  signInMethod: [{ signInMethod: 'loopback' }],
  maxAge: [{ maxAge: 60 }],
  tokenPerResource: [{ tokenPerResource: true }],
  resourceOfChallenge: [{ resourceOfChallenge: false }],
  narrowTokens: [{ narrowTokens: true }],
  signOut: [{ signOut: 'revoke-and-end-session' }],
  sendRedirectUriOnRefresh: [{ sendRedirectUriOnRefresh: true }],
  assumedTokenLifetime: [{ assumedTokenLifetime: 60 }],
  rotationGrace: [{ rotationGrace: 10 }],
  refreshEndsAccessToken: [{ refreshEndsAccessToken: true }],
  revocation: [{ revocation: 'none' }],
};

/** How something looks, when it happens, or that less of it happens. */
const free = new Set<string>([
  'requestTimeout',
  'label',
  'assertionAlgorithm',
  'scopes',
  'signInMethod',
  'maxAge',
  'tokenPerResource',
  'resourceOfChallenge',
  'narrowTokens',
  'signOut',
  'sendRedirectUriOnRefresh',
  'assumedTokenLifetime',
  'rotationGrace',
  'refreshEndsAccessToken',
  'revocation',
]);

function provider(definition: ProviderDefinition, contributedBy?: string) {
  const parsed = parseDefinition('oidc', definition, contributedBy);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.provider;
}

describe('the terms of a provider', () => {
  const agreed = provider(base);
  const grant = someGrant({
    binding: { issuer, clientId: 'editor', tokenEndpoint: `${issuer}/token`, terms: agreed.terms },
  });

  it('know every setting of the schema', () => {
    assert.deepEqual(Object.keys(others).sort(), Object.keys(providerDefinitionSchema.entries).sort());
    const endpoints = Object.keys(providerDefinitionSchema.entries.endpoints.wrapped.pipe[0].entries);
    const tried = others.endpoints.flatMap(definition => Object.keys(definition.endpoints ?? {}));
    assert.deepEqual(tried.sort(), endpoints.sort());
  });

  for (const [setting, definitions] of Object.entries(others)) {
    for (const definition of definitions) {
      const now = provider({ ...base, ...definition });
      const what = JSON.stringify(definition);
      if (free.has(setting)) {
        it(`stay as they are with ${what}`, () => {
          assert.equal(now.terms, agreed.terms);
          assert.ok(belongsTo(grant, now));
        });
      } else {
        it(`change with ${what}: the sign-in is not used`, () => {
          assert.notEqual(now.terms, agreed.terms);
          assert.equal(belongsTo(grant, now), false);
          assert.ok(changedTerms(agreed.terms, now.terms).length > 0, 'there is something to show');
        });
      }
    }
  }

  it('change with whoever brings the provider', () => {
    const brought = provider(base, 'evil.extension');
    assert.equal(belongsTo(grant, brought), false);
    assert.ok(waitsForAnswer(grant, brought));
    assert.deepEqual(changedTerms(agreed.terms, brought.terms), [
      { name: 'contributedBy', before: undefined, after: '"evil.extension"' },
    ]);
  });

  it('show each address that differs, old beside new', () => {
    const before = provider({ ...base, endpoints: { token: `${issuer}/t` } });
    const now = provider({ ...base, endpoints: { token: evil, userInfo: evil } });
    assert.deepEqual(changedTerms(before.terms, now.terms), [
      { name: 'endpoints.token', before: JSON.stringify(`${issuer}/t`), after: JSON.stringify(evil) },
      { name: 'endpoints.userInfo', before: undefined, after: JSON.stringify(evil) },
    ]);
  });

  it('are the same in whatever order something is written, and where nothing is said', () => {
    const one = provider({ ...base, endpoints: { token: evil, userInfo: evil }, trustedAudiences: [] });
    const other = provider({ ...base, endpoints: { userInfo: evil, token: evil }, allowLoopbackHttp: false });
    assert.equal(one.terms, other.terms);
  });

  it('of another version can be shown', () => {
    assert.ok(changedTerms('{ what is this', agreed.terms).length > 0);
  });
});

describe('the terms of a provider while Node accepts any certificate', () => {
  const variable = 'NODE_TLS_REJECT_UNAUTHORIZED';
  const read = (value: string) => {
    process.env[variable] = value;
    return provider(base);
  };
  afterEach(() => delete process.env[variable]);
  const verified = provider(base);
  const bound = (terms: string | undefined) =>
    someGrant({ binding: { issuer, clientId: 'editor', tokenEndpoint: `${issuer}/token`, terms } });

  it('are others: a sign-in waits, and the change can be shown', () => {
    const now = read('0');
    for (const grant of [bound(verified.terms), bound(undefined)]) {
      assert.equal(belongsTo(grant, now), false);
      assert.ok(waitsForAnswer(grant, now));
    }
    assert.deepEqual(changedTerms(verified.terms, now.terms), [
      { name: 'certificates', before: undefined, after: '"unverified"' },
    ]);
  });

  it('are those from before where the variable says something else, as Node reads it', () => {
    for (const value of ['', '1', 'false', '00']) assert.equal(read(value).terms, verified.terms);
  });

  it('cover those with verification: a sign-in that somebody agreed to so is used without a question', () => {
    const agreed = read('0');
    assert.ok(belongsTo(bound(agreed.terms), agreed));
    assert.ok(belongsTo(bound(agreed.terms), verified));
    delete process.env[variable];
    assert.equal(belongsTo(bound(agreed.terms), provider({ ...base, endpoints: { token: evil } })), false);
  });

  it('cover nothing that was left out instead of the verification, however long it is', () => {
    for (let length = 1; length <= 40; length++) {
      const required = provider({ ...base, requiredClaims: { g: 'x'.repeat(length) } });
      assert.equal(belongsTo(bound(required.terms), verified), false, `${length} characters`);
    }
  });
});
