import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import type { Provider, ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { refreshGrant, revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import type { FindSubject } from '../../../src/signIn/client/subject.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import {
  startTokenExchangeServer,
  type TokenExchangeServer,
} from '../../servers/identityProvider/tokenExchange.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { signInTrial, type SignInTrial } from '../signingIn.ts';
import { failsWith, given } from './serviceTrials.ts';
import { endIdTokenIn, renewing, signedInElsewhere } from './signedInElsewhere.ts';

describe('token exchange', () => {
  let home: IdentityProvider;
  let exchange: TokenExchangeServer;
  before(async () => {
    home = await startIdentityProvider();
    const keys = `${home.issuer}${home.endpoints.jwks}`;
    exchange = await startTokenExchangeServer({ issuer: home.issuer, keys }, 'https://reports.example.com/');
  });
  after(() => Promise.all([home.close(), exchange.close()]));

  const atHome = (...who: (keyof typeof people)[]) => signedInElsewhere({ issuer: home.issuer }, ...who);

  const tryIt = (findSubject: FindSubject, choose?: string): SignInTrial =>
    signInTrial({
      findSubject,
      chooseAccount: (_, accounts) => Promise.resolve(accounts.find(({ label }) => label === choose)),
      clientSecret: () => Promise.resolve(given(exchange.client.secret)),
    });
  const reports = (trial: SignInTrial, more: Partial<ProviderDefinition> = {}): Provider =>
    trial.provider(
      {
        issuer: exchange.issuer,
        label: 'Reports',
        clientId: exchange.client.id,
        clientAuthentication: 'client_secret_basic',
        signInMethod: 'token-exchange',
        tokenExchange: { from: 'company' },
        audience: 'https://reports.example.com/',
        ...more,
      },
      'reports',
    );

  for (const subjectToken of ['access_token', 'id_token'] as const) {
    it(`gives the person a token of the other provider for their ${subjectToken}`, async () => {
      const { findSubject } = await atHome('alice');
      const trial = tryIt(findSubject);
      const settings = reports(trial, { tokenExchange: { from: 'company', subjectToken } });
      const grant = await trial.signIn(settings, { scopes: ['reports:read'] });
      assert.deepEqual(grant.account, { id: people.alice.sub, label: 'alice' });
      assert.equal(exchange.subjectOf(grant.tokens.accessToken.reveal()), people.alice.sub);
      assert.deepEqual(grant.grantedScopes, ['reports:read']);
      const [request] = exchange.requests.filter(({ path }) => path === '/token').slice(-1);
      assert.equal(request?.body['audience'], 'https://reports.example.com/');
      assert.deepEqual(trial.opened, []);
      const renewed = await (await refreshGrant(trial.context, settings, grant, () => undefined)).judge();
      assert.equal(exchange.subjectOf(renewed.accessToken.reveal()), people.alice.sub);
      assert.equal(await revokeGrant(trial.context, settings, grant), 'revoked');
      assert.equal(exchange.subjectOf(grant.tokens.accessToken.reveal()), undefined);
    });
  }

  it('asks whose token it is where several people are signed in, and stays with them', async () => {
    const { findSubject } = await atHome('alice', 'bob');
    const trial = tryIt(findSubject, 'bob');
    const settings = reports(trial);
    const grant = await trial.signIn(settings, { scopes: [] });
    assert.equal(grant.account.label, 'bob');
    const renewed = await (await refreshGrant(trial.context, settings, grant, () => undefined)).judge();
    assert.equal(exchange.subjectOf(renewed.accessToken.reveal()), people.bob.sub);
    const toAlice = { scopes: [], loginHint: 'alice' };
    const named = await tryIt(findSubject, 'alice').signIn(settings, toAlice);
    assert.equal(named.account.label, 'alice');
    for (const request of [{}, toAlice])
      await assert.rejects(
        tryIt(findSubject).signIn(settings, request),
        failsWith('subject-missing', /Company/),
      );
  });

  it('takes the question back when it has waited long enough', async () => {
    const { findSubject } = await atHome('alice', 'bob');
    const clock = manualClock();
    const asked = Promise.withResolvers<AbortSignal>();
    const trial = signInTrial({
      clock,
      findSubject,
      chooseAccount(_, __, ___, signal) {
        asked.resolve(signal);
        return new Promise(() => undefined);
      },
      clientSecret: () => Promise.resolve(given(exchange.client.secret)),
    });
    const signingIn = trial.signIn(reports(trial));
    const signal = await asked.promise;
    assert.equal(signal.aborted, false);
    void clock.advance(trial.context.timeouts.person * 1000);
    await assert.rejects(signingIn, failsWith('subject-missing', /Company/));
    assert.equal(signal.aborted, true);
  });

  it('needs a sign-in there, at first and at each renewal', async () => {
    const { findSubject, cache } = await atHome('alice');
    const trial = tryIt(findSubject);
    const settings = reports(trial);
    const grant = await trial.signIn(settings, { scopes: [] });
    const sent = exchange.requests.length;
    for (const { id } of cache.known()) await cache.remove(id, 0);
    const missing = failsWith(
      'subject-missing',
      /aren’t signed in to Company.*Sign in to Company, then to Reports/,
    );
    await assert.rejects(trial.signIn(settings), missing);
    await assert.rejects(
      refreshGrant(trial.context, settings, grant, () => undefined),
      missing,
    );
    const gone = reports(trial, { tokenExchange: { from: 'nobody' } });
    await assert.rejects(trial.signIn(gone), failsWith('subject-missing', /you aren’t signed in to nobody/));
    assert.equal(exchange.requests.length, sent, 'nothing was sent');
  });

  it('waits while the token that it would hand on has ended and cannot be renewed', async () => {
    const { findSubject, clock } = await atHome('alice');
    const trial = tryIt(findSubject);
    await clock.advance(3_700_000);
    await assert.rejects(trial.signIn(reports(trial)), (error: unknown) => {
      assert.ok(error instanceof Failure);
      assert.deepEqual([error.code, error.passing], ['subject-token-ended', true]);
      return true;
    });
  });

  describe('with an ID token that ends before the access token', () => {
    /** The sign-in with an ID token that ends in so many seconds, by the clock of this computer. */
    const withIdTokenFor = async (seconds: number) => {
      const known = await atHome('alice');
      await endIdTokenIn(seconds, known);
      return known;
    };
    const settingsOf = (trial: SignInTrial, subjectToken: 'id_token' | 'access_token' = 'id_token') =>
      reports(trial, { tokenExchange: { from: 'company', subjectToken } });

    for (const seconds of [-3600, 0, 30])
      it(`renews the sign-in first: ${seconds} s before the end`, async () => {
        const trial = tryIt((await withIdTokenFor(seconds)).findSubject);
        const grant = await trial.signIn(settingsOf(trial), { scopes: [] });
        assert.equal(exchange.subjectOf(grant.tokens.accessToken.reveal()), people.alice.sub);
      });

    it('does not renew for an ID token that lasts, nor for an access token', async () => {
      const never = () => assert.fail('nothing is to be renewed');
      for (const subjectToken of ['id_token', 'access_token'] as const) {
        const { findSubject } =
          subjectToken === 'id_token' ? await atHome('alice') : await withIdTokenFor(-1);
        const trial = tryIt(renewing(findSubject, never));
        await trial.signIn(settingsOf(trial, subjectToken), { scopes: [] });
      }
    });

    it('sends nothing that has ended, and says what helps', async () => {
      const { findSubject } = await withIdTokenFor(-1);
      const tokenRequests = () => exchange.requests.filter(({ path }) => path === '/token').length;
      const before = tokenRequests();
      const serialOf = (grant: Grant, serial: number) => ({ ...grant, tokens: { ...grant.tokens, serial } });
      const outOfReach = tryIt(renewing(findSubject, grant => Promise.resolve(grant)));
      await assert.rejects(
        outOfReach.signIn(settingsOf(outOfReach)),
        failsWith('subject-token-ended', /retries automatically/),
      );
      const without = tryIt(
        renewing(findSubject, grant => Promise.resolve(serialOf(grant, grant.tokens.serial + 1))),
      );
      await assert.rejects(
        without.signIn(settingsOf(without)),
        failsWith('subject-id-token-ended', /doesn’t issue a new one.*"access_token"/),
      );
      assert.equal(tokenRequests(), before);
    });
  });

  it('refused says why', async () => {
    const { findSubject } = await atHome('alice');
    const trial = tryIt(findSubject);
    await assert.rejects(
      trial.signIn(reports(trial, { audience: 'https://elsewhere.example.com/' })),
      failsWith('token-exchange-refused', /invalid_target.*unknown audience.*"audience"/),
    );
    const requestedTokenType = 'urn:ietf:params:oauth:token-type:saml2';
    await assert.rejects(
      trial.signIn(reports(trial, { tokenExchange: { from: 'company', requestedTokenType } })),
      failsWith('token-exchange-refused', /only access tokens are given here/),
    );
  });

  it('hands on the token to nobody but the token endpoint of the provider that is set', async () => {
    const { findSubject, cache } = await atHome('alice');
    const trial = tryIt(findSubject);
    const grant: Grant = await trial.signIn(reports(trial), { scopes: [] });
    const [source] = cache.known();
    const text = trial.log.text() + JSON.stringify([...trial.storage.values]) + JSON.stringify(grant);
    assert.ok(source && !text.includes(source.tokens.accessToken.reveal()));
    const moved = reports(trial, { endpoints: { token: `${home.issuer}${home.endpoints.token}` } });
    await assert.rejects(
      refreshGrant(trial.context, moved, grant, () => undefined),
      (error: unknown) =>
        error instanceof Failure && ['endpoint-changed', 'client-secret-missing'].includes(error.code),
    );
  });
});
