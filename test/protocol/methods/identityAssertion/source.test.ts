import assert from 'node:assert/strict';
import type { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { verdictOf } from '../../../../src/sessions/grant/outcome.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { failsWith } from '../serviceTrials.ts';
import { endIdTokenIn, renewing } from '../signedInElsewhere.ts';
import { AssertionTrials, renewed } from './assertionTrials.ts';

describe('identity assertion, with the sign-in at the company', () => {
  let trials: AssertionTrials;
  before(async () => (trials = await AssertionTrials.start()));
  after(() => trials.companies.close());
  afterEach(() => trials.mend());

  it('gone, says what to do and sends nothing, at first and at each renewal', async () => {
    const { findSubject, cache } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const settings = trials.wiki(trial);
    const grant = await trial.signIn(settings);
    const sent = trials.companies.home.requests.length + trials.companies.other.requests.length;
    for (const { id } of cache.known()) await cache.remove(id, 0);
    const missing = failsWith(
      'subject-missing',
      /aren’t signed in to Company.*Sign in to Company, then to Wiki/,
    );
    await assert.rejects(trial.signIn(settings), missing);
    await assert.rejects(renewed(trial, settings, grant), (failure: unknown) => {
      missing(failure);
      assert.equal((failure as Failure).button, 'source');
      return verdictOf(failure as Failure) === 'impeded';
    });
    assert.equal(trials.companies.home.requests.length + trials.companies.other.requests.length, sent);
  });

  it('ended by its server, uses no ID token that is left of it', async () => {
    const { findSubject, cache } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const [grant] = cache.known();
    await cache.update(grant?.id ?? '', known => ({
      ...known,
      signInNeeded: { reason: 'ended', since: 1 },
    }));
    const before = trials.companies.home.exchanges.length;
    await assert.rejects(trial.signIn(trials.wiki(trial)), failsWith('subject-missing'));
    assert.equal(trials.companies.home.exchanges.length, before);
  });

  for (const [subjectToken, scope] of [
    ['id_token', 'openid'],
    ['refresh_token', 'offline_access'],
  ] as const)
    it(`without a token of that kind (${subjectToken}), names the scope that brings one`, async () => {
      const { findSubject, cache } = await trials.atHome('alice');
      const trial = trials.tryIt(findSubject);
      const [grant] = cache.known();
      await cache.update(grant?.id ?? '', known => ({
        ...known,
        tokens: { ...known.tokens, idToken: undefined, refreshToken: undefined },
      }));
      await assert.rejects(
        trial.signIn(trials.wiki(trial, { identityAssertion: { from: 'company', subjectToken } })),
        failsWith('subject-token-lacking', new RegExp(`Add "${scope}" to the scopes of Company`)),
      );
    });

  /** The sign-in with an ID token that ends in so many seconds, by the clock of this computer. */
  const withIdTokenFor = async (seconds: number) => {
    const known = await trials.atHome('alice');
    await endIdTokenIn(seconds, known);
    return known;
  };

  for (const seconds of [-3600, 30])
    it(`whose ID token ends in ${seconds} s, is renewed first`, async () => {
      const trial = trials.tryIt((await withIdTokenFor(seconds)).findSubject);
      const grant = await trial.signIn(trials.wiki(trial));
      const claims = await trials.companies.other.claimsOf(grant.tokens.accessToken.reveal());
      assert.equal(claims.sub, people.alice.sub);
    });

  it('whose ID token has ended and is not renewed, sends nothing and says what helps', async () => {
    const { findSubject } = await withIdTokenFor(-1);
    const before = trials.companies.home.exchanges.length;
    const withSerial = (grant: Grant, serial: number) => ({
      ...grant,
      tokens: { ...grant.tokens, serial },
    });
    const outOfReach = trials.tryIt(renewing(findSubject, grant => Promise.resolve(grant)));
    await assert.rejects(
      outOfReach.signIn(trials.wiki(outOfReach)),
      failsWith('subject-token-ended', /retries automatically/),
    );
    const without = trials.tryIt(
      renewing(findSubject, grant => Promise.resolve(withSerial(grant, grant.tokens.serial + 1))),
    );
    await assert.rejects(
      without.signIn(trials.wiki(without)),
      failsWith('asserting-id-token-ended', /"subjectToken" of "identityAssertion" to "refresh_token"/),
    );
    assert.equal(trials.companies.home.exchanges.length, before);
  });

  it('whose new ID token never lasts longer than a minute, uses that', async () => {
    const { findSubject } = await withIdTokenFor(-1);
    const [brief] = (await withIdTokenFor(30)).cache.known();
    const trial = trials.tryIt(
      renewing(findSubject, grant =>
        Promise.resolve({ ...grant, tokens: { ...grant.tokens, idToken: brief?.tokens.idToken } }),
      ),
    );
    const before = trials.companies.home.exchanges.length;
    // It is shown, and refused for being made up.
    await assert.rejects(trial.signIn(trials.wiki(trial)), failsWith('assertion-refused', /subject token/));
    assert.equal(trials.companies.home.exchanges.length, before + 1);
  });

  it('shows no refresh token but one that was renewed just now', async () => {
    const { findSubject } = await trials.atHome('alice');
    const trial = trials.tryIt(renewing(findSubject, grant => Promise.resolve(grant)));
    const before = trials.companies.home.exchanges.length;
    const identityAssertion = { from: 'company', subjectToken: 'refresh_token' } as const;
    await assert.rejects(
      trial.signIn(trials.wiki(trial, { identityAssertion })),
      failsWith('subject-token-ended'),
    );
    assert.equal(trials.companies.home.exchanges.length, before);
  });
});
