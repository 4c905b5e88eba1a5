import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Failure, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import { describeFinds, findSecrets } from '../../canaries/canaries.ts';
import { AssertionTrials, renewed } from '../../protocol/methods/identityAssertion/assertionTrials.ts';
import type { SignInTrial } from '../../protocol/signingIn.ts';
import { html, json, text, type Answer } from '../../servers/hostile/replies.ts';
import type { AssertionFaults } from '../../servers/identityProvider/assertions/assertingProvider.ts';
import { conforms } from '../table.ts';
import { assertFailure } from '../trial.ts';

describe('identity assertions (ID-JAG)', () => {
  let trials: AssertionTrials;
  before(async () => (trials = await AssertionTrials.start()));
  after(() => trials.companies.close());
  afterEach(() => trials.mend());

  /** Nothing that was shown to the first server is in the log, in a failure or at the other server. */
  const assertNoSecrets = (trial: SignInTrial, failure?: Failure): void => {
    const secrets = new Map(trials.companies.home.shown.map(token => [token, 'subject token']));
    const bodies = trials.companies.other.requests.map(({ body }) => body);
    const written = [
      { where: 'the log', text: trial.log.text() },
      { where: 'the failure', text: inspect(failure, { depth: Infinity, showHidden: true }) },
      { where: 'the other server', text: JSON.stringify(bodies) },
    ];
    assert.equal(describeFinds(findSecrets(secrets, written)), '');
  };

  const refused = async (code: FailureCode, says: RegExp, reaches: 'neither' | 'first' | 'both') => {
    const { findSubject } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const [first, second] = [trials.companies.home.exchanges.length, trials.tokenRequests().length];
    const failure = await trial.signIn(trials.wiki(trial)).then(
      () => assert.fail('it was accepted'),
      (error: unknown) => (error instanceof Failure ? error : assert.fail(String(error))),
    );
    assertNoSecrets(trial, failure);
    const reached = [trials.companies.home.exchanges.length - first, trials.tokenRequests().length - second];
    assert.deepEqual(reached, { neither: [0, 0], first: [1, 0], both: [1, 1] }[reaches]);
    return assertFailure(failure, code, says);
  };

  conforms('id-jag: request', '', async () => {
    const { findSubject } = await trials.atHome('alice');
    const trial = trials.tryIt(findSubject);
    const settings = trials.wiki(trial);
    const grant = await trial.signIn(settings);
    await renewed(trial, settings, grant);
    await renewed(trial, settings, grant);
    const used = trials.tokenRequests().map(({ body }) => (body['asserted'] as { jti: string }).jti);
    assert.deepEqual([used.length, new Set(used).size], [3, 3]);
    assertNoSecrets(trial);
    return 'three tokens, three assertions';
  });

  const wrong: [string, AssertionFaults, RegExp][] = [
    ['typ', { typ: 'JWT' }, /"typ"/],
    ['iss', { claims: { iss: 'https://evil.example' } }, /"iss"/],
    ['no iss', { claims: { iss: undefined } }, /"iss" is missing/],
    ['aud', { claims: { aud: 'https://evil.example' } }, /"aud"/],
    ['two audiences', { claims: { aud: ['https://evil.example', 'https://wiki.example.com'] } }, /"aud"/],
    ['no aud', { claims: { aud: undefined } }, /"aud" is missing/],
    ['client_id', { claims: { client_id: 'other' } }, /"client_id"/],
    ['resource', { claims: { resource: 'https://evil.example' } }, /"resource"/],
    [
      'one resource more',
      { claims: { resource: ['https://wiki.example.com/api', 'https://x.example'] } },
      /"resource"/,
    ],
    ['sub', { claims: { sub: 'somebody' } }, /"sub" is somebody/],
    ['no sub', { claims: { sub: undefined } }, /"sub" is missing/],
    ['issued_token_type', { issuedType: 'urn:ietf:params:oauth:token-type:jwt' }, /"issued_token_type"/],
    ['token_type', { tokenType: 'DPoP' }, /"token_type" is DPoP, not N_A/],
    ['unsigned', { unsigned: true }, /it isn’t a signed JSON Web Token/],
    ['opaque', { instead: 'x'.repeat(40) }, /it isn’t a signed JSON Web Token/],
    ['encrypted', { instead: 'e30.a.b.c.d' }, /it isn’t a signed JSON Web Token/],
    ['no assertion', { instead: undefined }, /it isn’t a signed JSON Web Token/],
    ['a number', { instead: 7 }, /it isn’t a signed JSON Web Token/],
    ['oversize', { instead: `e30.${'a'.repeat(70_000)}.a` }, /it is too long/],
  ];
  for (const [what, faults, says] of wrong)
    conforms('id-jag: response', what, () => {
      Object.assign(trials.companies.home.faults, faults);
      return refused('assertion-invalid', says, 'first');
    });

  conforms('id-jag: response', 'one audience more', () => {
    const { home, other } = trials.companies;
    home.faults.claims = { aud: [other.issuer, 'https://evil.example'] };
    return refused('assertion-invalid', /"aud"/, 'first');
  });

  for (const error of ['invalid_target', 'access_denied', 'invalid_scope', 'invalid_grant', 'invalid_client'])
    conforms('id-jag: refusal', `first server: ${error}`, () => {
      trials.companies.home.faults.error = [error, 'because'];
      return refused('assertion-refused', new RegExp(`${error}.*because`), 'first');
    });
  for (const error of ['insufficient_user_authentication', 'login_required', 'interaction_required'])
    conforms('id-jag: refusal', `first server: ${error}`, () => {
      trials.companies.home.faults.error = [error, 'because'];
      return refused('assertion-sign-in-needed', /Sign in to Company, then to Wiki/, 'first');
    });
  const others: [string, Answer, FailureCode][] = [
    ['invalid_grant', json({ error: 'invalid_grant' }, 400), 'assertion-not-taken'],
    ['invalid_request', json({ error: 'invalid_request' }, 400), 'assertion-not-taken'],
    ['invalid_target', json({ error: 'invalid_target' }, 400), 'assertion-not-taken'],
    ['invalid_client', json({ error: 'invalid_client' }, 401), 'client-refused'],
    ['403 without words', text('', 'text/plain', 403), 'assertion-not-taken'],
    ['busy', json({}, 503), 'server-failed'],
    ['a page', html(), 'intercepted'],
    ['no token', json({ token_type: 'Bearer' }), 'response-invalid'],
    ['an assertion', json({ access_token: 'a', token_type: 'N_A' }), 'response-invalid'],
  ];
  for (const [what, answer, code] of others)
    conforms('id-jag: refusal', `other server: ${what}`, () => {
      trials.companies.other.answer = answer;
      return refused(code, new RegExp(new URL(trials.companies.other.issuer).host), 'both');
    });

  conforms('id-jag: sign-in', 'none', async () => {
    const trial = trials.tryIt(() => Promise.resolve(undefined));
    const failure = await trial.signIn(trials.wiki(trial)).catch((error: unknown) => error);
    assert.ok(failure instanceof Failure);
    return assertFailure(failure, 'subject-missing', /Sign in to company, then to Wiki/);
  });
});
