import assert from 'node:assert/strict';
import { Failure } from '../../src/protocol/failures/failure.ts';
import type { FailureCode } from '../../src/protocol/failures/failure.ts';
import { refreshGrant, revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { startFaultyIdentityProvider } from '../servers/faultProxy.ts';
import { apiResource } from '../servers/identityProvider/resources.ts';
import { people } from '../servers/identityProvider/people.ts';
import { signInOverHttp } from '../servers/identityProvider/person.ts';
import { manualClock, settled } from '../standIns/manualClock.ts';
import { personSignsIn, signInTrial, until } from './signingIn.ts';

const failsWith = (code: FailureCode, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, `not a Failure: ${String(error)}`);
  assert.equal(error.code, code, error.message);
  if (text) assert.match(error.message, text);
  return true;
};

/** Runs against a server that takes no pushed authorization requests. */
async function withoutPushedRequests(run: (issuer: string) => Promise<void>): Promise<void> {
  const server = await startFaultyIdentityProvider();
  server.proxy.on(
    server.endpoints.configuration,
    {
      kind: 'replace',
      body: text => text.replace('"pushed_authorization_request_endpoint"', '"not_taken"'),
    },
    { sticky: true },
  );
  try {
    await run(server.issuer);
  } finally {
    await server.close();
  }
}

describe('signing in with the browser', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider();
  });
  after(() => server.close());

  it('ends in a grant of the person who signed in', async () => {
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer });
    const before = server.requests.length;
    const grant = await trial.signIn(provider);

    assert.deepEqual(grant.account, { id: people.alice.sub, label: 'alice' });
    assert.deepEqual(grant.sessions, [['openid', 'profile']]);
    const { endpoints, ...binding } = grant.binding;
    assert.deepEqual(binding, {
      issuer: server.issuer,
      clientId: 'editor',
      tokenEndpoint: `${server.issuer}${server.endpoints.token}`,
      terms: provider.terms,
    });
    assert.equal(endpoints?.token_endpoint, binding.tokenEndpoint);
    assert.ok(endpoints?.revocation_endpoint);
    assert.ok(grant.tokens.refreshToken, 'offline_access was granted');
    assert.ok((grant.tokens.expiresAt ?? 0) > grant.tokens.receivedAt);
    const sent = server.requests.slice(before);
    assert.deepEqual(
      sent.filter(({ path }) => path === server.endpoints.token).map(({ status }) => status),
      [200],
    );
  });

  it('asks for the keys while the person is in the browser, and then for nothing but tokens', async () => {
    const { endpoints } = server;
    const requests = (): string[] =>
      server.requests
        .map(({ path }) => path)
        .filter(path => path === endpoints.jwks || path === endpoints.token);
    const before = requests().length;
    const trial = signInTrial({
      browser: async (address, deliver) => {
        await until(() => requests().length > before);
        deliver(await signInOverHttp(address, people.alice));
      },
    });
    const provider = trial.provider({ issuer: server.issuer });
    await trial.signIn(provider);
    await trial.signIn(provider);
    assert.deepEqual(requests().slice(before), [endpoints.jwks, endpoints.token, endpoints.token]);
  });

  it('sends PKCE S256, state, nonce and the exact redirect URI', async () => {
    const trial = signInTrial();
    await withoutPushedRequests(async issuer => {
      await trial.signIn(trial.provider({ issuer }), { loginHint: 'alice' });
    });
    const [address] = trial.opened;
    checkParameters(new URL(address ?? '').searchParams);
    assert.ok(!address?.includes('+'), 'spaces are %20');
  });

  it('sends the same to the server itself first, where that takes it (RFC 9126)', async () => {
    const trial = signInTrial();
    await trial.signIn(trial.provider({ issuer: server.issuer }), { loginHint: 'alice' });
    const [address] = trial.opened;
    const { searchParams } = new URL(address ?? '');
    assert.deepEqual([...searchParams.keys()].sort(), ['client_id', 'request_uri']);
    const pushed = server.requestsTo(server.endpoints.pushedAuthorizationRequest).at(-1);
    checkParameters(new URLSearchParams(pushed?.body as Record<string, string>));
  });

  function checkParameters(query: URLSearchParams): void {
    assert.equal(query.get('response_type'), 'code');
    assert.equal(query.get('code_challenge_method'), 'S256');
    assert.match(query.get('code_challenge') ?? '', /^[\w-]{43}$/);
    assert.match(query.get('state') ?? '', /^[\w-]{43}$/);
    assert.match(query.get('nonce') ?? '', /^[\w-]{43}$/);
    assert.equal(query.get('redirect_uri'), 'vscode://vscode-oidc.oidc-authentication/callback');
    assert.equal(query.get('login_hint'), 'alice');
  }

  it('asks for what the provider is set to ask for, and gets a token for that resource', async () => {
    const trial = signInTrial();
    const provider = trial.provider({
      issuer: server.issuer,
      prompt: 'consent',
      maxAge: 600,
      acrValues: ['gold', 'silver'],
      audience: 'somebody',
      resource: [apiResource],
      authorizationParameters: { ui_locales: 'fr' },
    });
    const grant = await trial.signIn(provider);
    const pushed = server.requestsTo(server.endpoints.pushedAuthorizationRequest).at(-1)?.body ?? {};
    assert.equal(pushed['prompt'], 'consent');
    assert.equal(pushed['max_age'], '600');
    assert.equal(pushed['acr_values'], 'gold silver');
    assert.equal(pushed['ui_locales'], 'fr');
    assert.equal(pushed['resource'], apiResource);
    const exchange = server.requestsTo(server.endpoints.token).at(-1)?.body ?? {};
    assert.equal(exchange['resource'], apiResource);
    await refreshGrant(trial.context, provider, grant, () => undefined);
    assert.equal(server.requestsTo(server.endpoints.token).at(-1)?.body?.['resource'], apiResource);
  });

  it('writes neither code, state, verifier nor tokens to the log', async () => {
    const trial = signInTrial();
    const grant = await trial.signIn(trial.provider({ issuer: server.issuer }));
    const exchange = server.requestsTo(server.endpoints.token).at(-1);
    const secrets = [
      exchange?.body?.['code'],
      exchange?.body?.['code_verifier'],
      server.requestsTo(server.endpoints.pushedAuthorizationRequest).at(-1)?.body?.['state'],
      grant.tokens.accessToken.reveal(),
      grant.tokens.refreshToken?.reveal(),
      grant.tokens.idToken?.reveal(),
    ];
    const log = trial.log.text();
    assert.match(log, /opening the browser/);
    for (const secret of secrets) {
      assert.ok(typeof secret === 'string' && secret.length > 20, 'each secret is there');
      assert.ok(!log.includes(String(secret)));
    }
    assert.ok(
      !JSON.stringify(grant).includes(grant.tokens.accessToken.reveal()),
      'a grant prints without its tokens',
    );
  });

  it('keeps two sign-ins apart whose answers come in reverse order', async () => {
    const ends: (() => void)[] = [];
    const people_ = [people.alice, people.bob];
    const trial = signInTrial({
      async browser(address, deliver) {
        const person = people_[ends.length] ?? people.alice;
        const slot = Promise.withResolvers<void>();
        ends.push(slot.resolve);
        const end = await signInOverHttp(address, person);
        await slot.promise;
        deliver(end);
      },
    });
    const provider = trial.provider({ issuer: server.issuer });
    const first = trial.signIn(provider);
    await until(() => ends.length >= 1);
    const second = trial.signIn(provider);
    await until(() => ends.length >= 2);
    ends[1]?.();
    assert.equal((await second).account.label, 'bob');
    ends[0]?.();
    assert.equal((await first).account.label, 'alice');
  });

  it('ignores answers that nobody waits for, and goes on', async () => {
    const delivered: boolean[] = [];
    const trial = signInTrial({
      async browser(address, deliver) {
        const end = await signInOverHttp(address, people.alice);
        const foreign = new URL(end);
        foreign.searchParams.set('state', 'x'.repeat(43));
        const none = new URL(end);
        none.searchParams.delete('state');
        const twice = new URL(end);
        twice.searchParams.append('state', end.searchParams.get('state') ?? '');
        const elsewhere = new URL(end.href.replace('/callback', '/elsewhere'));
        delivered.push(...[foreign, none, twice, elsewhere, end, end].map(deliver));
      },
    });
    const grant = await trial.signIn(trial.provider({ issuer: server.issuer }));
    assert.equal(grant.account.label, 'alice');
    assert.deepEqual(delivered, [false, false, false, false, true, false]);
  });

  it('refreshes, and revokes', async () => {
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer });
    const grant = await trial.signIn(provider);
    const tokens = await (await refreshGrant(trial.context, provider, grant, () => undefined)).judge();
    assert.notEqual(tokens.accessToken.reveal(), grant.tokens.accessToken.reveal());
    assert.notEqual(tokens.refreshToken?.reveal(), grant.tokens.refreshToken?.reveal());

    const renewed = { ...grant, tokens: { serial: 2, ...tokens } };
    assert.equal(await revokeGrant(trial.context, provider, renewed), 'revoked');
    await assert.rejects(
      refreshGrant(trial.context, provider, renewed, () => undefined),
      failsWith('grant-refused'),
    );
  });

  describe('says what went wrong', () => {
    it('when the person denies it', async () => {
      const trial = signInTrial({ browser: personSignsIn(people.alice, { deny: true }) });
      await assert.rejects(
        trial.signIn(trial.provider({ issuer: server.issuer })),
        failsWith('access-denied'),
      );
    });

    it('when the client id is unknown, before a browser opens', async () => {
      const trial = signInTrial();
      const provider = trial.provider({ issuer: server.issuer, clientId: 'nobody' });
      await assert.rejects(trial.signIn(provider), failsWith('client-refused'));
      assert.deepEqual(trial.opened, []);
    });

    it('when no answer comes, by the time-out and the redirect URI to check', async () => {
      const clock = manualClock();
      const trial = signInTrial({ clock, timeout: 120, browser: () => true });
      const signingIn = trial.signIn(trial.provider({ issuer: server.issuer }));
      const refused = assert.rejects(
        signingIn,
        failsWith('no-response', /after 2 minutes.*vscode:\/\/vscode-oidc\.oidc-authentication\/callback/),
      );
      await until(() => trial.opened.length > 0);
      await settled();
      await clock.advance(120_000);
      await refused;
      assert.equal(clock.pending, 0, 'no timer is left');
    });

    it('when nobody can be reached', async () => {
      const trial = signInTrial();
      const gone = await startIdentityProvider();
      await gone.close();
      const provider = trial.provider({ issuer: gone.issuer });
      await assert.rejects(trial.signIn(provider), failsWith('unreachable', /the connection was refused/));
      assert.deepEqual(trial.opened, [], 'no browser was opened');
    });

    it('when there is no metadata', async () => {
      const trial = signInTrial();
      const provider = trial.provider({ issuer: `${server.issuer}/no/such/realm` });
      await assert.rejects(trial.signIn(provider), failsWith('metadata-not-found', /status 404/));
    });

    it('when the metadata is that of another issuer', async () => {
      const trial = signInTrial();
      const provider = trial.provider({ issuer: `${server.issuer}/` });
      await assert.rejects(trial.signIn(provider), failsWith('issuer-mismatch'));
    });

    it('when plain http is not allowed', async () => {
      const trial = signInTrial();
      const provider = { ...trial.provider({ issuer: server.issuer }), allowLoopbackHttp: false };
      await assert.rejects(trial.signIn(provider), failsWith('address-insecure', /https/));
    });

    it('when no browser opens', async () => {
      const trial = signInTrial({ browser: () => false });
      await assert.rejects(
        trial.signIn(trial.provider({ issuer: server.issuer })),
        failsWith('browser-not-opened'),
      );
    });

    it('when it is cancelled, with the reason of whoever cancelled', async () => {
      const cancel = new AbortController();
      const reason = new Error('cancelled');
      const clock = manualClock();
      const trial = signInTrial({ clock, browser: () => true });
      const signingIn = trial.signIn(trial.provider({ issuer: server.issuer }), { signal: cancel.signal });
      const refused = assert.rejects(signingIn, error => error === reason);
      await until(() => trial.opened.length > 0);
      cancel.abort(reason);
      await refused;
      assert.equal(clock.pending, 0, 'no timer is left');
    });
  });
});
