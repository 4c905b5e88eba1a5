import assert from 'node:assert/strict';
import { secret } from '../../src/platform/secret.ts';
import { Failure } from '../../src/protocol/failures/failure.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/entries/definition.ts';
import type { AccountProfile } from '../../src/sessions/grant/events.ts';
import { refreshGrant } from '../../src/signIn/after/keepGrant.ts';
import { refreshProfile } from '../../src/signIn/after/refreshProfile.ts';
import { claimAt, lackingClaim } from '../../src/signIn/identity/requiredClaims.ts';
import { startQuirkyProvider, type Quirks, type QuirkyProvider } from '../servers/quirkyProvider.ts';
import { signInTrial, type SignInTrial } from '../protocol/signingIn.ts';
import { realProviders } from './realProviders.ts';

describe('claims', () => {
  let server: QuirkyProvider;
  let trial: SignInTrial;
  const trialAt = ({ fetch, signIn }: QuirkyProvider): SignInTrial =>
    signInTrial({
      fetch,
      clientSecret: () => Promise.resolve({ kind: 'secret', secret: secret('the-secret') }),
      browser: async (address, deliver) => {
        const end = await signIn(address);
        if (end.protocol !== 'http:') deliver(end);
      },
    });
  beforeEach(async () => {
    server = await startQuirkyProvider(realProviders.gitlab.quirks);
    trial = trialAt(server);
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

  /** Signs in, changes the server, refreshes, and asks for what is known of the account then. */
  async function afterRefresh(
    provider: Provider,
    change: (quirks: Quirks) => Quirks,
  ): Promise<AccountProfile> {
    const grant = await trial.signIn(provider, { scopes: ['api'] });
    server.quirks = change(server.quirks);
    const tokens = await (await refreshGrant(trial.context, provider, grant, () => undefined)).judge();
    const renewed = {
      ...grant,
      claims: { ...grant.claims, auth_time: 7 },
      tokens: { ...grant.tokens, ...tokens, idToken: tokens.idToken ?? grant.tokens.idToken },
    };
    const profile = await refreshProfile(trial.context, provider, renewed, tokens);
    assert.ok(profile);
    return profile;
  }

  it('that have changed at the server are known after a refresh', async () => {
    const profile = await afterRefresh(gitlab(), quirks => ({
      ...quirks,
      user: { sub: '42', groups: ['teams/leads'] },
      introspection: { active: true, exp: 4_102_444_800 },
    }));
    assert.deepEqual(profile, {
      claims: { sub: '42', nickname: 'tanuki', groups: ['teams/leads'], auth_time: 7 },
      expiresAt: profile.expiresAt,
      refusal: undefined,
    });
  });

  it('that are required and gone after a refresh: it is said why, and no token is given back', async () => {
    const profile = await afterRefresh(
      gitlab({ requiredClaims: { groups: 'teams/developers' } }),
      quirks => ({
        ...quirks,
        user: { sub: '42', groups: [] },
      }),
    );
    assert.match(
      profile.refusal ?? '',
      /^tanuki doesn’t have access to GitLab \(gitlab\.example\.com\): "groups" must be or contain "teams\/developers"\./,
    );
    assert.deepEqual(server.requestsTo('https://gitlab.example.com/oauth/revoke'), []);
  });

  it('of an endpoint that fails after a refresh stay as they were', async () => {
    const required = gitlab({ requiredClaims: { groups: 'teams/developers' } });
    const profile = await afterRefresh(required, quirks => {
      const { user: _, ...at } = quirks.at;
      return { ...quirks, at };
    });
    assert.deepEqual(profile.claims['groups'], ['teams/developers']);
    assert.equal(profile.refusal, undefined);
    assert.deepEqual(server.violations.splice(0), ['there is no https://gitlab.example.com/oauth/userinfo']);
  });

  for (const [source, change] of [
    ['UserInfo', { user: { sub: '43', groups: ['teams/leads'] } }],
    ['introspection', { introspection: { active: true, sub: '43' } }],
  ] as const)
    it(`of somebody else after a refresh keep the tokens from everybody, and nothing else is lost (${source})`, async () => {
      const { claims, refusal, expiresAt } = await afterRefresh(gitlab(), quirks => ({
        ...quirks,
        ...change,
      }));
      assert.match(refusal ?? '', /the new tokens for tanuki belong to another user, so they aren’t used/);
      assert.deepEqual([claims['sub'], claims['groups']], ['42', ['teams/developers']]);
      assert.equal(expiresAt, undefined);
    });

  it('that nobody can rely on after a refresh change nothing', async () => {
    await assert.rejects(
      afterRefresh(gitlab(), quirks => ({ ...quirks, introspection: { active: false } })),
      (error: unknown) => error instanceof Failure && error.code === 'token-untrusted' && !error.otherPerson,
    );
  });

  it('of a provider without ID tokens are asked for again, and must be of the same account', async () => {
    await server.close();
    server = await startQuirkyProvider(realProviders.github.quirks);
    trial = trialAt(server);
    const github = trial.provider({ preset: 'github' });
    const profile = await afterRefresh(github, quirks => ({
      ...quirks,
      user: { ...quirks.user, plan: 'team' },
    }));
    assert.equal(profile.claims['plan'], 'team');
    const other = await afterRefresh(github, quirks => ({ ...quirks, user: { id: 1, login: 'somebody' } }));
    assert.match(other.refusal ?? '', /belong to another user/);
    assert.notEqual(other.claims['login'], 'somebody');
    await assert.rejects(
      afterRefresh(github, quirks => ({ ...quirks, user: { plan: 'team' } })),
      (error: unknown) => error instanceof Failure && !error.otherPerson,
    );
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
          /^tanuki doesn’t have access to GitLab \(gitlab\.example\.com\): "groups" must be or contain "teams\/leads"\./,
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
