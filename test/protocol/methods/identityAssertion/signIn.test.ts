import assert from 'node:assert/strict';
import type { Failure } from '../../../../src/protocol/failures/failure.ts';
import { revokeGrant } from '../../../../src/signIn/after/keepGrant.ts';
import { json } from '../../../servers/hostile/replies.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { signInTrial } from '../../signingIn.ts';
import { failsWith, given } from '../serviceTrials.ts';
import { api, AssertionTrials, choosing, otherApi, renewed, withMetadata } from './assertionTrials.ts';

describe('identity assertion', () => {
  let trials: AssertionTrials;
  before(async () => (trials = await AssertionTrials.start()));
  after(() => trials.companies.close());
  afterEach(() => trials.mend());

  for (const subjectToken of ['id_token', 'refresh_token'] as const)
    it(`signs in without a browser, and again for each token, by the ${subjectToken}`, async () => {
      const { findSubject } = await trials.atHome('alice');
      const trial = trials.tryIt(findSubject);
      const settings = trials.wiki(trial, { identityAssertion: { from: 'company', subjectToken } });
      const [exchanges, before] = [trials.companies.home.exchanges.length, trials.tokenRequests().length];
      const grant = await trial.signIn(settings, { scopes: [] });
      const claims = await trials.companies.other.claimsOf(grant.tokens.accessToken.reveal());
      assert.deepEqual([claims.sub, claims.aud, claims['scope']], [people.alice.sub, api, 'tools:read']);
      assert.deepEqual(grant.account, { id: people.alice.sub, label: 'alice' });
      assert.deepEqual(trial.opened, []);
      assert.equal(grant.tokens.refreshToken, undefined);
      const tokens = await renewed(trial, settings, grant);
      assert.notEqual(tokens.accessToken.reveal(), grant.tokens.accessToken.reveal());
      assert.deepEqual(trials.companies.home.exchanges.slice(exchanges), [
        {
          subject_token_type: `urn:ietf:params:oauth:token-type:${subjectToken}`,
          requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
          audience: trials.companies.other.issuer,
          resource: api,
          scope: 'tools:read',
        },
        trials.companies.home.exchanges.at(-1),
      ]);
      const sent = trials.tokenRequests().slice(before);
      assert.deepEqual(
        sent.map(({ body }) => [body['scope'], body['resource']]),
        [
          ['tools:read', undefined],
          ['tools:read', undefined],
        ],
      );
      const used = sent.map(({ body }) => (body['asserted'] as { jti: string }).jti);
      assert.equal(new Set(used).size, 2, 'each token has an assertion of its own');
      assert.equal(await revokeGrant(trial.context, settings, grant), 'revoked');
    });

  it('is for the resource that is asked for', async () => {
    const { findSubject } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const scopes = [`resource:${otherApi}`, 'tools:write'];
    const grant = await trial.signIn(trials.wiki(trial), { scopes });
    const claims = await trials.companies.other.claimsOf(grant.tokens.accessToken.reveal());
    assert.deepEqual([claims.aud, claims['scope']], [otherApi, 'tools:read tools:write']);
    assert.deepEqual(grant.grantedScopes, ['tools:read', 'tools:write']);
  });

  for (const [scopes, asked] of [
    [['tools:read'], 'tools:read'],
    [[], undefined],
  ] as const)
    it(`is renewed for what was asked for (${String(asked)}), whatever the other server adds to it`, async () => {
      const { findSubject } = await trials.atHome('alice');
      const trial = trials.tryIt(findSubject);
      const settings = trials.wiki(trial, { scopes: [...scopes] });
      const token = { access_token: 'opaque', token_type: 'Bearer', expires_in: 300 };
      trials.companies.other.answer = json({ ...token, scope: 'tools:read email roles' });
      const grant = await trial.signIn(settings, { scopes: [] });
      const tokens = await renewed(trial, settings, grant);
      assert.deepEqual([grant.grantedScopes, tokens.grantedScopes], [scopes, scopes]);
      assert.equal(trials.companies.home.exchanges.at(-1)?.['scope'], asked);
    });

  it('keeps the names that the other server has for all scopes', async () => {
    const { findSubject } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const token = { access_token: 'opaque', token_type: 'Bearer', expires_in: 300 };
    trials.companies.other.answer = json({ ...token, scope: 'https://wiki.example.com/read' });
    const grant = await trial.signIn(trials.wiki(trial), { scopes: [] });
    assert.deepEqual(grant.grantedScopes, ['https://wiki.example.com/read']);
  });

  it('names the other server as the settings say', async () => {
    const { findSubject } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const audience = 'urn:wiki';
    const known = trials.companies.home.destinations.get(trials.companies.other.issuer);
    assert.ok(known);
    trials.companies.home.destinations.set(audience, known);
    trials.companies.home.faults.claims = { aud: [trials.companies.other.issuer] };
    await trial.signIn(trials.wiki(trial, { identityAssertion: { from: 'company', audience } }));
    assert.equal(trials.companies.home.exchanges.at(-1)?.['audience'], audience);
  });

  it('is of the account that the person chooses, and stays theirs', async () => {
    const { findSubject } = await trials.atHome('alice', 'bob');
    const trial = trials.tryIt(findSubject, choosing('bob'));
    const settings = trials.wiki(trial);
    const grant = await trial.signIn(settings);
    assert.equal(grant.account.label, 'bob');
    const tokens = await renewed(trial, settings, grant);
    assert.equal((await trials.companies.other.claimsOf(tokens.accessToken.reveal())).sub, people.bob.sub);
    await assert.rejects(trials.tryIt(findSubject).signIn(settings), failsWith('subject-missing', /Company/));
  });

  it('shows each server its own only, and writes nothing of it down', async () => {
    const { findSubject } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const grant = await trial.signIn(trials.wiki(trial));
    const text = trial.log.text() + JSON.stringify([...trial.storage.values]) + JSON.stringify(grant);
    const shown = trials.companies.home.shown.at(-1) ?? '';
    assert.ok(shown.length > 100 && !text.includes(shown));
    const bodies = JSON.stringify(trials.companies.other.requests.map(({ body }) => body));
    assert.ok(!bodies.includes(shown) && !bodies.includes('subject_token'));
    const { sendings } = trial.context.httpContext;
    const [source] = (await findSubject('company'))?.grants ?? [];
    const sent = [...sendings.take(source?.grant.id ?? ''), ...sendings.take(trials.companies.other.issuer)];
    assert.deepEqual(
      sent.map(({ host, kinds }) => [host, kinds]),
      [
        [new URL(trials.companies.home.issuer).host, ['id-token']],
        [new URL(trials.companies.other.issuer).host, ['identity-assertion', 'client-secret']],
      ],
    );
  });

  for (const whose of ['home', 'other'] as const)
    it(`goes nowhere if the token endpoint of ${whose} has moved to a host that nobody agreed to`, async () => {
      const { findSubject } = await trials.atHome('alice');
      const trial = trials.tryIt(findSubject);
      const settings = trials.wiki(trial);
      const grant = await trial.signIn(settings);
      const { issuer } = trials.companies[whose];
      const moved = withMetadata(issuer, { token_endpoint: 'https://evil.example/token' });
      const later = signInTrial({ findSubject, storage: trial.storage, fetch: moved });
      const sent = trials.companies.home.exchanges.length + trials.tokenRequests().length;
      await assert.rejects(renewed(later, settings, grant), (failure: unknown) => {
        failsWith('endpoint-changed', /evil\.example\/token/)(failure);
        assert.equal((failure as Failure).details['issuer'], issuer);
        return true;
      });
      assert.equal(trials.companies.home.exchanges.length + trials.tokenRequests().length, sent);
    });

  for (const [when, method, count] of [
    ['before it is requested', 'GET', 0],
    ['while it is requested', 'POST', 1],
  ] as const)
    it(`is not sent for a sign-in that is canceled ${when}`, async () => {
      const { findSubject } = await trials.atHome('alice');
      const ended = new AbortController();
      const posted: string[] = [];
      const trial = signInTrial({
        findSubject,
        clientSecret: () => Promise.resolve(given(trials.companies.other.client.secret)),
        async fetch(input, init) {
          const address = new URL(input instanceof Request ? input.url : String(input));
          if (init?.method === 'POST') posted.push(address.origin);
          const response = await fetch(input, init);
          if (init?.method === method && address.origin === trials.companies.home.issuer) ended.abort();
          return response;
        },
      });
      await assert.rejects(trial.signIn(trials.wiki(trial), { signal: ended.signal }), {
        name: 'AbortError',
      });
      for (let round = 0; round < 10; round++) await settled();
      assert.deepEqual(posted, Array<string>(count).fill(trials.companies.home.issuer));
    });
});
