import assert from 'node:assert/strict';
import {
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../../../src/providers/entries/definition.ts';
import { belongsTo, waitsForAnswer } from '../../../src/providers/entries/origin.ts';
import type { ServiceSignIn } from '../../../src/providers/settings/serviceSettings.ts';
import '../../standIns/editor/useEditorStandIn.ts';

const { editor } = await import('../../standIns/editor/vscode.ts');
const { readProviders } = await import('../../../src/providers/entries/settings.ts');

const issuer = 'https://login.example.com';
const client = { issuer, clientId: 'robot', clientAuthentication: 'client_secret_basic' } as const;
const alice = { field: 'userId', value: 'alice' } as const;

const read = (definition: ProviderDefinition): ServiceSignIn | undefined => {
  const parsed = parseDefinition('robots', definition);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.provider.service;
};

const problemOf = (definition: ProviderDefinition, contributedBy?: string): string => {
  const parsed = parseDefinition('robots', definition, contributedBy);
  assert.ok(!parsed.ok);
  return parsed.problems.map(({ field, reason }) => `${field ?? ''} ${reason}`).join('; ');
};

describe('a client that signs in by itself', () => {
  it('is set by its sign-in method', () => {
    assert.deepEqual(read({ ...client, signInMethod: 'client-credentials' }), { way: 'client-credentials' });
    assert.deepEqual(read({ ...client, signInMethod: 'impersonation', userLookup: alice }), {
      way: 'impersonation',
      ...alice,
    });
    assert.deepEqual(read({ ...client, signInMethod: 'token-exchange', tokenExchange: { from: 'oidc' } }), {
      way: 'token-exchange',
      from: 'oidc',
      subjectToken: 'access_token',
    });
    const asserted = { ...client, signInMethod: 'identity-assertion' } as const;
    assert.deepEqual(read({ ...asserted, identityAssertion: { from: 'oidc' } }), {
      way: 'identity-assertion',
      from: 'oidc',
      subjectToken: 'id_token',
    });
    const identityAssertion = { from: 'oidc', subjectToken: 'refresh_token', audience: 'x' } as const;
    assert.deepEqual(read({ ...asserted, identityAssertion }), {
      way: 'identity-assertion',
      ...identityAssertion,
    });
    assert.equal(read({ ...client, signInMethod: 'device-code' }), undefined);
  });

  it('needs a token endpoint and no other', () => {
    const endpoints = { token: `${issuer}/token` };
    const { issuer: _, ...inline } = client;
    assert.deepEqual(read({ ...inline, endpoints, signInMethod: 'client-credentials' }), {
      way: 'client-credentials',
    });
    assert.match(problemOf({ ...inline, endpoints }), /^endpoints must name "token", and "authorization"/);
    assert.match(
      problemOf({ ...inline, endpoints: {}, signInMethod: 'client-credentials' }),
      /^endpoints must name "token"$|^issuer is missing/,
    );
  });

  const wrong: [what: string, definition: ProviderDefinition, problem: RegExp][] = [
    ['without a client id', { issuer, signInMethod: 'client-credentials' }, /^clientId is missing/],
    [
      'without a secret',
      { issuer, clientId: 'robot', signInMethod: 'client-credentials' },
      /^clientAuthentication is missing.*only a secret, key, or certificate/,
    ],
    ['that impersonates nobody', { ...client, signInMethod: 'impersonation' }, /^userLookup is missing/],
    [
      'that looks a user up by something else',
      { ...client, signInMethod: 'impersonation', userLookup: { field: 'email' as never, value: 'a' } },
      /^userLookup.field must be one of/,
    ],
    [
      'that looks up nothing',
      { ...client, signInMethod: 'impersonation', userLookup: { field: 'userId', value: ' ' } },
      /^userLookup.value must not be empty/,
    ],
    ['that names a user for nothing', { ...client, userLookup: alice }, /^userLookup has no effect without/],
    ['that exchanges nothing', { ...client, signInMethod: 'token-exchange' }, /^tokenExchange is missing/],
    [
      'that exchanges its own token',
      { ...client, signInMethod: 'token-exchange', tokenExchange: { from: 'robots' } },
      /^tokenExchange.from must be another provider/,
    ],
    [
      'that nobody asserts',
      { ...client, signInMethod: 'identity-assertion' },
      /^identityAssertion is missing/,
    ],
    [
      'that asserts itself',
      { ...client, signInMethod: 'identity-assertion', identityAssertion: { from: 'robots' } },
      /^identityAssertion.from must be another provider/,
    ],
    [
      'that shows an access token',
      {
        ...client,
        signInMethod: 'identity-assertion',
        identityAssertion: { from: 'oidc', subjectToken: 'access_token' as never },
      },
      /^identityAssertion.subjectToken must be one of/,
    ],
    [
      'that is asserted for nothing',
      { ...client, signInMethod: 'loopback', identityAssertion: { from: 'oidc' } },
      /^identityAssertion has no effect without/,
    ],
    [
      'that names a source for nothing',
      { ...client, signInMethod: 'client-credentials', tokenExchange: { from: 'oidc' } },
      /^tokenExchange has no effect without/,
    ],
    [
      'that asks for a type that is none',
      {
        ...client,
        signInMethod: 'token-exchange',
        tokenExchange: { from: 'oidc', requestedTokenType: 'jwt' },
      },
      /^tokenExchange.requestedTokenType must be a URI/,
    ],
  ];
  for (const [what, definition, problem] of wrong) {
    it(`is refused ${what}`, () => {
      assert.match(problemOf(definition), problem);
    });
  }

  it('hands on a token of another provider only where the person has set that, never an extension', () => {
    const exchange = { ...client, signInMethod: 'token-exchange', tokenExchange: { from: 'oidc' } } as const;
    assert.match(problemOf(exchange, 'acme.tools'), /^tokenExchange is only allowed in your own settings/);
    const asserted = {
      ...client,
      signInMethod: 'identity-assertion',
      identityAssertion: { from: 'oidc' },
    } as const;
    assert.match(
      problemOf(asserted, 'acme.tools'),
      /^identityAssertion is only allowed in your own settings/,
    );
    const robot = { ...client, signInMethod: 'client-credentials' } as const;
    assert.ok(parseDefinition('robots', robot, 'acme.tools').ok);
  });

  const sources = {
    'token-exchange': { ...client, tokenExchange: { from: 'company' } },
    'identity-assertion': { ...client, identityAssertion: { from: 'company' } },
  };
  for (const way of ['token-exchange', 'identity-assertion'] as const)
    describe(`that uses the sign-in to another provider (${way})`, () => {
      const robots = { ...sources[way], signInMethod: way };
      /** `robots` as it is used with this provider beside it, in either order of the settings. */
      const beside = async (company?: ProviderDefinition, isFirst = false): Promise<Provider> => {
        const entries = Object.entries({ robots, ...(company && { company }) });
        editor.settings = { providers: Object.fromEntries(isFirst ? entries.reverse() : entries) };
        const { providers } = await readProviders(() => undefined);
        const found = providers.find(({ id }) => id === 'robots');
        assert.ok(found);
        return found;
      };
      const company = { issuer: 'https://company.example.com', clientId: 'editor' };
      const grant = async () => ({
        providerId: 'robots',
        binding: {
          issuer,
          clientId: 'robot',
          terms: (await beside(company)).terms,
          service: { way, from: 'company' },
        },
      });

      it('is used as agreed, wherever the other stands and however it looks', async () => {
        for (const same of [company, { ...company, label: 'Company' }])
          for (const isFirst of [true, false])
            assert.ok(belongsTo(await grant(), await beside(same, isFirst)));
      });

      for (const [what, other] of [
        ['another provider has that ID now', { ...company, issuer: 'https://other.example.com' }],
        ['no provider has that ID', undefined],
        ['the provider with that ID is wrong', { ...company, issuer: 'company' }],
      ] as const) {
        it(`waits for the user when ${what}`, async () => {
          assert.ok(waitsForAnswer(await grant(), await beside(other)));
          assert.ok(!belongsTo(await grant(), await beside(other)));
        });
      }
    });
});
