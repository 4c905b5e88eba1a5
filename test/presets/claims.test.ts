import assert from 'node:assert/strict';
import { Failure } from '../../src/protocol/failure.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/definition.ts';
import { claimAt, lackingClaim } from '../../src/signIn/requiredClaims.ts';
import { startQuirkyProvider, type QuirkyProvider } from '../servers/quirkyProvider.ts';
import { signInTrial, type SignInTrial } from '../protocol/signingIn.ts';
import { realProviders } from './realProviders.ts';

describe('claims', () => {
  let server: QuirkyProvider;
  let trial: SignInTrial;
  beforeEach(async () => {
    server = await startQuirkyProvider(realProviders.gitlab.quirks);
    trial = signInTrial({
      fetch: server.fetch,
      browser: async (address, deliver) => {
        const end = await server.signIn(address);
        if (end.protocol !== 'http:') deliver(end);
      },
    });
  });
  afterEach(async () => {
    assert.deepEqual(server.violations, []);
    await server.close();
  });
  const gitlab = (more: Partial<ProviderDefinition> = {}): Provider =>
    trial.provider({ preset: 'gitlab', presetValues: { host: 'gitlab.example.com' }, ...more });

  it('come from ID token, UserInfo and introspection; what the ID token says stands', async () => {
    server.quirks = {
      ...server.quirks,
      user: { sub: '42', nickname: 'somebody', groups: ['teams/developers'] },
      introspection: {
        exp: 4_102_444_800,
        username: 'tanuki',
        nickname: 'else',
        scope: 'openid',
        active: true,
      },
    };
    const { claims, tokens } = await trial.signIn(gitlab());
    assert.deepEqual(claims, {
      sub: '42',
      nickname: 'tanuki',
      groups: ['teams/developers'],
      username: 'tanuki',
    });
    assert.equal(tokens.expiresAt, 4_102_444_800, 'the end of the token comes from introspection alone');
  });

  it('of somebody else are an attack', async () => {
    server.quirks = { ...server.quirks, introspection: { sub: '43' } };
    await assert.rejects(trial.signIn(gitlab()), (error: unknown) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'token-untrusted');
      return true;
    });
  });

  it('of an endpoint that fails are left out', async () => {
    const { introspection: _, ...at } = server.quirks.at;
    server.quirks = { ...server.quirks, at };
    const { account } = await trial.signIn(gitlab());
    assert.equal(account.label, 'tanuki');
    assert.match(trial.log.text(), /introspection not available/);
    assert.deepEqual(server.violations.splice(0), [
      'there is no https://gitlab.example.com/oauth/introspect',
    ]);
  });

  it('that are required and there let an account in', async () => {
    const grant = await trial.signIn(
      gitlab({ requiredClaims: { groups: ['teams/leads', 'teams/developers'] } }),
    );
    assert.ok(server.isValid(grant.tokens.accessToken.reveal()));
  });

  it('that are required and not there keep it out: it is said why, and the tokens are given back', async () => {
    await assert.rejects(
      trial.signIn(gitlab({ requiredClaims: { groups: 'teams/leads' } })),
      (error: unknown) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, 'claims-lacking');
        assert.match(
          error.message,
          /^tanuki may not use GitLab \(gitlab\.example\.com\) here: "groups" must be or contain "teams\/leads"\./,
        );
        return true;
      },
    );
    const revoked = server
      .requestsTo('https://gitlab.example.com/oauth/revoke')
      .map(({ body }) => String(body['token']));
    assert.equal(revoked.length, 2);
    for (const token of revoked) assert.ok(token.length > 20 && !server.isValid(token));
  });
});

describe('required claims', () => {
  const claims = {
    groups: ['a', 'b'],
    level: 3,
    active: true,
    realm_access: { roles: ['admin'] },
    'https://example.com/roles': ['x'],
  };
  const right: Provider['requiredClaims'][] = [
    {},
    { groups: 'a' },
    { groups: ['z', 'b'] },
    { level: 3, active: true },
    { 'realm_access.roles': 'admin' },
    { 'https://example.com/roles': 'x' },
  ];
  for (const requiredClaims of right) {
    it(`are there: ${JSON.stringify(requiredClaims)}`, () =>
      assert.equal(lackingClaim({ requiredClaims }, claims), undefined));
  }
  const wrong: Provider['requiredClaims'][] = [
    { groups: 'A' },
    { groups: 'ab' },
    { level: '3' },
    { active: false },
    { missing: 'x' },
    { 'realm_access.roles': 'user' },
    { 'groups.length': 2 },
    { constructor: 'x' },
    { groups: 'a', level: 4 },
  ];
  for (const requiredClaims of wrong) {
    it(`are lacking: ${JSON.stringify(requiredClaims)}`, () =>
      assert.notEqual(lackingClaim({ requiredClaims }, claims), undefined));
  }
  it('are looked up among what the claims themselves have', () => {
    assert.equal(claimAt(claims, 'toString'), undefined);
    assert.equal(claimAt(claims, 'realm_access.constructor.name'), undefined);
  });
});
