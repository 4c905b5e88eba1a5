import assert from 'node:assert/strict';
import {
  parseDefinition,
  providerDefinitionSchema,
  type Provider,
  type ProviderDefinition,
} from '../../../src/providers/entries/definition.ts';
import { belongsTo, waitsForAnswer } from '../../../src/providers/entries/origin.ts';
import { changedTerms, freeFields } from '../../../src/providers/entries/terms.ts';
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
  profile: [{ profile: 'fapi2' }],
  certificateBoundTokens: [{ certificateBoundTokens: true }],
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
  identityAssertion: [
    { signInMethod: 'identity-assertion', identityAssertion: { from: 'other' } },
    { signInMethod: 'identity-assertion', identityAssertion: { from: 'other', audience: evil } },
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
  requiredClaims: [{ requiredClaims: { groups: 'everybody' } }, { requiredClaims: { guest: false } }],
  maxAge: [{ maxAge: 60 }],
  tokenPerResource: [{ tokenPerResource: true }],
  narrowTokens: [{ narrowTokens: true }],
  preset: [],
  presetValues: [],

  label: [{ label: 'Other' }],
  assertionAlgorithm: [{ assertionAlgorithm: 'RS256' }],
  dpop: [{ dpop: 'required' }],
  scopes: [{ scopes: ['openid'] }],
  requestTimeout: [{ requestTimeout: 30 }],
  signInMethod: [{ signInMethod: 'loopback' }],
  resourceOfChallenge: [{ resourceOfChallenge: false }],
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
  'dpop',
  'scopes',
  'signInMethod',
  'resourceOfChallenge',
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

/** A schema of valibot, as far as its values are made from it. */
interface Schema {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly pipe?: readonly Schema[];
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly value?: Schema;
}

/** Values of each kind that a schema takes: each choice, each flag both ways, lists and objects without and with each. */
function valuesOf(schema: unknown): unknown[] {
  const { type, wrapped, pipe, options = [], entries = {}, item, value } = schema as Schema;
  if (wrapped) return valuesOf(wrapped);
  if (pipe?.[0] && pipe[0] !== schema) return valuesOf({ ...pipe[0], pipe: undefined });
  if (type === 'boolean') return [true, false];
  if (type === 'number') return [0, 1, 5, 60];
  if (type === 'string') return ['', 'a', 'b', '/a', '/b', evil, `${evil}/y`];
  if (type === 'picklist') return [...options];
  if (type === 'union') return options.flatMap(valuesOf);
  if (type === 'array') return [[], ...valuesOf(item).map(one => [one])];
  if (type === 'record') return [{}, ...valuesOf(value).flatMap(one => [{ a: one }, { 'a.b': one }])];
  return [
    {},
    ...Object.entries(entries).flatMap(([name, own]) => valuesOf(own).map(one => ({ [name]: one }))),
  ];
}

/** What is said in a value: each that isn't empty, with the path to it. */
function saidIn(value: unknown, path: readonly string[]): string[] {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [JSON.stringify([path, value])];
  return Object.entries(value).flatMap(([name, member]) => saidIn(member, [...path, name]));
}

/** What a provider's settings of class `agreed` say. A setting that is off says nothing. */
const meaningOf = (provider: Provider): string =>
  Object.entries(provider)
    .filter(([name, value]) => name !== 'terms' && !freeFields.includes(name) && value !== false)
    .flatMap(([name, value]) => saidIn(value, [name]))
    .sort()
    .join();

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

  it('cover that the provider asks for consent: the sign-in is used without a question', () => {
    const asking = provider({ ...base, prompt: 'consent' });
    assert.notEqual(asking.terms, agreed.terms);
    assert.ok(belongsTo(grant, asking));
    const params = { x: 'y' };
    const other = provider({ ...base, authorizationParameters: params });
    const both = provider({ ...base, authorizationParameters: { ...params, prompt: 'consent' } });
    const of = ({ terms }: Provider) => ({ ...grant, binding: { ...grant.binding, terms } });
    assert.ok(belongsTo(of(other), both));
    assert.equal(belongsTo(grant, both), false, 'the other parameter is asked about');
    assert.equal(belongsTo(of(asking), agreed), false, 'without it, somebody could be signed in unseen');
    for (const prompt of ['none', 'login', 'login consent'])
      assert.equal(belongsTo(grant, provider({ ...base, prompt })), false, prompt);
    const login = provider({ ...base, prompt: 'login' });
    const covered = (prompt: string) => belongsTo(of(login), provider({ ...base, prompt }));
    assert.ok(covered('login consent'), 'the other prompt stays');
    for (const prompt of ['consent', 'consent login', 'select_account consent', 'loginconsent'])
      assert.equal(covered(prompt), false, prompt);
    const elsewhere = provider({ ...base, tokenParameters: { prompt: 'consent' } });
    assert.equal(belongsTo(grant, elsewhere), false, 'it says that only to the authorization endpoint');
  });

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

  it('differ wherever something of class `agreed` does, for every kind of value that the schema has', () => {
    const known = new Map<string, string>();
    let tried = 0;
    for (const [name, schema] of Object.entries(providerDefinitionSchema.entries))
      for (const value of valuesOf(schema)) {
        const parsed = parseDefinition('oidc', { ...base, [name]: value });
        if (!parsed.ok) continue;
        tried++;
        const { provider } = parsed;
        const meaning = meaningOf(provider);
        assert.equal(known.get(provider.terms) ?? meaning, meaning, JSON.stringify({ [name]: value }));
        known.set(provider.terms, meaning);
        if (provider.terms !== agreed.terms)
          assert.ok(changedTerms(agreed.terms, provider.terms).length > 0, 'there is something to show');
      }
    assert.ok(tried > 120, `${tried} values`);
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
