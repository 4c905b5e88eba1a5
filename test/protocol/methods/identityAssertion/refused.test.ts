import assert from 'node:assert/strict';
import { Failure, type FailureCode } from '../../../../src/protocol/failures/failure.ts';
import { verdictOf } from '../../../../src/sessions/grant/outcome.ts';
import { json } from '../../../servers/hostile/replies.ts';
import {
  assertingClient,
  type AssertionFaults,
} from '../../../servers/identityProvider/assertions/assertingProvider.ts';
import { startCompanies } from '../../../servers/identityProvider/assertions/companies.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { signInTrial } from '../../signingIn.ts';
import { failsWith, given } from '../serviceTrials.ts';
import { signedInElsewhere } from '../signedInElsewhere.ts';
import { api, AssertionTrials, renewed, withMetadata } from './assertionTrials.ts';

describe('an identity assertion', () => {
  let trials: AssertionTrials;
  before(async () => (trials = await AssertionTrials.start()));
  after(() => trials.companies.close());
  afterEach(() => trials.mend());

  describe('refused by the company', () => {
    const host = () => new URL(trials.companies.home.issuer).host;
    const refusals: [string, Required<AssertionFaults>['error'], FailureCode, RegExp][] = [
      ['audience', ['invalid_target', 'unknown audience'], 'assertion-refused', /unknown audience/],
      ['person', ['access_denied', 'not for you', 403], 'assertion-refused', /not for you/],
      ['grant', ['invalid_grant', 'ended'], 'assertion-refused', /invalid_grant/],
      ['client', ['unauthorized_client', 'no exchange'], 'assertion-refused', /unauthorized_client/],
      [
        'sign-in',
        ['insufficient_user_authentication', 'too old'],
        'assertion-sign-in-needed',
        /requires a new sign-in .*Sign in to Company, then to Wiki/,
      ],
      ['time', ['temporarily_unavailable', 'later', 503], 'server-failed', /later/],
    ];
    for (const [what, error, code, message] of refusals)
      it(`for its ${what}: says so, and sends the other server nothing`, async () => {
        const { findSubject } = await trials.atHome('alice');
        const trial = trials.tryIt(findSubject);
        trials.companies.home.faults.error = error;
        const before = trials.tokenRequests().length;
        await assert.rejects(trial.signIn(trials.wiki(trial)), (failure: unknown) => {
          failsWith(code, message)(failure);
          assert.ok((failure as Failure).message.includes(host()));
          return true;
        });
        assert.equal(trials.tokenRequests().length, before);
      });

    it('costs a sign-in only by its own word', () => {
      const refused = (details: { oauthError?: string }) =>
        verdictOf(new Failure('assertion-refused', { host: 'a', other: 'b', error: 'x' }, details));
      assert.deepEqual([refused({ oauthError: 'access_denied' }), refused({})], ['ended', 'obstructed']);
    });
  });

  describe('that is not what was asked for', () => {
    const wrong: [string, AssertionFaults, RegExp][] = [
      ['type', { typ: 'JWT' }, /its "typ" is JWT, not oauth-id-jag\+jwt/],
      [
        'issuer',
        { claims: { iss: 'https://else.example' } },
        /its "iss" is https:\/\/else\.example, not http/,
      ],
      [
        'audience',
        { claims: { aud: 'https://evil.example' } },
        /its "aud" is https:\/\/evil\.example, not http/,
      ],
      ['audiences', { claims: { aud: ['https://evil.example', 'x'] } }, /its "aud" is “\[.*evil/],
      ['client', { claims: { client_id: 'somebody' } }, /its "client_id" is somebody, not editor-there/],
      [
        'lack of a client',
        { claims: { client_id: undefined } },
        /its "client_id" is missing, not editor-there/,
      ],
      [
        'resource',
        { claims: { resource: 'https://evil.example/api' } },
        /its "resource" is https:\/\/evil\.example\/api, not https:\/\/wiki\.example\.com\/api/,
      ],
      ['subject', { claims: { sub: people.bob.sub } }, new RegExp(`its "sub" is ${people.bob.sub}, not`)],
      ['kind', { issuedType: 'urn:ietf:params:oauth:token-type:access_token' }, /its "issued_token_type" is/],
      ['token type', { tokenType: 'Bearer' }, /its "token_type" is Bearer, not N_A/],
      ['form', { instead: 'opaque' }, /it isn’t a signed JSON Web Token/],
      ['lack of anything', { instead: undefined }, /it isn’t a signed JSON Web Token/],
      ['size', { instead: `e30.${'a'.repeat(65_536)}.e30` }, /it is too long/],
    ];
    for (const [what, faults, reason] of wrong)
      it(`by its ${what}, is not sent on`, async () => {
        const { findSubject } = await trials.atHome('alice');
        const trial = trials.tryIt(findSubject);
        Object.assign(trials.companies.home.faults, faults);
        const before = trials.tokenRequests().length;
        await assert.rejects(trial.signIn(trials.wiki(trial)), (failure: unknown) => {
          failsWith('assertion-invalid', reason)(failure);
          const [home, other] = [trials.companies.home, trials.companies.other].map(
            ({ issuer }) => new URL(issuer).host,
          );
          const start = `The identity assertion from ${home} wasn’t sent to ${other}: `;
          assert.ok((failure as Failure).message.startsWith(start), (failure as Failure).message);
          return true;
        });
        assert.equal(trials.tokenRequests().length, before);
      });

    it('by its subject, is sent on where each client has a name of its own for the person', async () => {
      const { findSubject } = await trials.atHome('alice');
      const pairwise = { subject_types_supported: ['public', 'pairwise'] };
      const fetch = withMetadata(trials.companies.home.issuer, pairwise);
      const trial = trials.tryIt(findSubject, { fetch });
      trials.companies.home.faults.claims = { sub: 'another-name' };
      const grant = await trial.signIn(trials.wiki(trial));
      assert.equal(
        (await trials.companies.other.claimsOf(grant.tokens.accessToken.reveal())).sub,
        'another-name',
      );
      assert.equal(grant.account.label, 'alice');
    });
  });

  describe('refused by the other server', () => {
    const host = () => new URL(trials.companies.other.issuer).host;
    const refusals: [string, string, FailureCode][] = [
      ['assertion', 'invalid_grant', 'assertion-not-taken'],
      ['request', 'invalid_request', 'assertion-not-taken'],
      ['person', 'access_denied', 'assertion-not-taken'],
      ['client', 'invalid_client', 'client-refused'],
      ['kind of grant', 'unsupported_grant_type', 'grant-type-refused'],
      ['scopes', 'invalid_scope', 'scopes-refused'],
    ];
    for (const [what, error, code] of refusals)
      it(`for its ${what}: says that it was that one`, async () => {
        const { findSubject } = await trials.atHome('alice');
        const trial = trials.tryIt(findSubject);
        trials.companies.other.answer = json({ error, error_description: 'because' }, 400);
        await assert.rejects(trial.signIn(trials.wiki(trial)), (failure: unknown) => {
          failsWith(code, /because/)(failure);
          assert.ok((failure as Failure).message.startsWith(host()), (failure as Failure).message);
          return true;
        });
      });

    it('for a client that it didn’t authenticate: says so, and nothing of grant types', async () => {
      const { findSubject } = await trials.atHome('alice');
      const trial = trials.tryIt(findSubject);
      const error_description = 'Invalid client or Invalid client credentials';
      trials.companies.other.answer = json({ error: 'unauthorized_client', error_description }, 401);
      await assert.rejects(
        trial.signIn(trials.wiki(trial)),
        failsWith('client-refused', new RegExp(error_description)),
      );
    });

    it('because the assertion was used before or is for another client, in its own words', async () => {
      const { findSubject } = await trials.atHome('alice');
      const trial = trials.tryIt(findSubject);
      trials.companies.home.faults.claims = { jti: 'the same' };
      const settings = trials.wiki(trial);
      const grant = await trial.signIn(settings);
      await assert.rejects(renewed(trial, settings, grant), (failure: unknown) => {
        failsWith('assertion-not-taken', /it was used before/)(failure);
        return verdictOf(failure as Failure) === 'ended';
      });
    });
  });

  describe('with a server that is down', () => {
    it('loses nothing, and names it', async () => {
      const own = await startCompanies([api]);
      const { findSubject } = await signedInElsewhere(
        { issuer: own.home.issuer, clientId: assertingClient },
        'alice',
      );
      const trial = signInTrial({
        findSubject,
        clientSecret: () => Promise.resolve(given(own.other.client.secret)),
      });
      const settings = trials.wiki(trial, { issuer: own.other.issuer, clientId: own.other.client.id });
      const grant = await trial.signIn(settings);
      const isDown = (issuer: string) => (failure: unknown) => {
        failsWith('unreachable')(failure);
        assert.ok((failure as Failure).message.includes(new URL(issuer).host), (failure as Failure).message);
        return verdictOf(failure as Failure) === 'passing';
      };
      await own.other.close();
      await assert.rejects(renewed(trial, settings, grant), isDown(own.other.issuer));
      await own.home.close();
      await assert.rejects(renewed(trial, settings, grant), isDown(own.home.issuer));
    });
  });
});
