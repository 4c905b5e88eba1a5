import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import type { Failure } from '../../src/protocol/failures/failure.ts';
import { type FailureCode } from '../../src/protocol/failures/failure.ts';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { verdictOf } from '../../src/sessions/grant/outcome.ts';
import { revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { renewed } from '../protocol/methods/identityAssertion/assertionTrials.ts';
import { given } from '../protocol/methods/serviceTrials.ts';
import { signedInElsewhere } from '../protocol/methods/signedInElsewhere.ts';
import {
  assertingClient,
  startAssertingProvider,
  type AssertingProvider,
} from '../servers/identityProvider/assertions/assertingProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { failsWith, keycloak, keycloakTrial, timeout } from './running.ts';

const api = 'https://wiki.example.com/mcp';
const scopes = ['openid', 'profile'];
const there = { clientId: 'editor-there', secret: 'secret of the editor there', audience: api };

describe('Keycloak, with the assertions of another server', function () {
  this.timeout(timeout);
  let home: AssertingProvider;
  let issuer: string;

  before(async () => {
    const { admin, issuer: own } = await keycloak();
    issuer = own;
    home = await startAssertingProvider();
    home.destinations.set(issuer, { clientId: there.clientId, resources: [api], scopes });
    const jwksUrl = `${home.address}${home.endpoints.jwks}`;
    await admin.takeAssertions({ alias: 'company', issuer: home.issuer, jwksUrl }, there);
    await admin.linkPerson('alice', 'company', people.alice.sub);
  });
  afterEach(() => {
    for (const name of Object.keys(home.faults)) delete home.faults[name as 'typ'];
  });
  after(() => home.close());

  /** Somebody who is signed in to the company, and a provider that is Keycloak. */
  async function signedIn(who: keyof typeof people, definition: Partial<ProviderDefinition> = {}) {
    const company = await signedInElsewhere({ issuer: home.issuer, clientId: assertingClient }, who);
    const trial = await keycloakTrial({
      findSubject: company.findSubject,
      clientSecret: () => Promise.resolve(given(there.secret)),
    });
    const provider = trial.at(there.clientId, {
      label: 'Wiki',
      clientAuthentication: 'client_secret_basic',
      signInMethod: 'identity-assertion',
      identityAssertion: { from: 'company' },
      resource: [api],
      scopes: ['profile'],
      ...definition,
    });
    return { trial, provider };
  }

  /** Fails with a message that begins with the server that refused. */
  const isRefusedBy =
    (server: string, code: FailureCode, says: RegExp) =>
    (failure: unknown): true => {
      failsWith(code, says)(failure);
      const { message } = failure as Failure;
      return (
        assert.match(message, new RegExp(`^(?:The identity assertion from )?${new URL(server).host}`)) ?? true
      );
    };

  for (const asked of [['profile'], scopes])
    it(`signs in without a browser, and again for each token (${asked.join(' ')})`, async () => {
      const { trial, provider } = await signedIn('alice', { scopes: asked });
      const grant = await trial.signIn(provider, { scopes: asked });
      assert.deepEqual(trial.opened, []);
      assert.equal(grant.account.label, 'alice');
      assert.equal(grant.tokens.refreshToken, undefined);
      const { aud, azp, iss } = decodeJwt(grant.tokens.accessToken.reveal());
      assert.deepEqual([iss, azp], [issuer, there.clientId]);
      assert.ok([aud].flat().includes(api), String(aud));
      const tokens = new Set([grant.tokens.accessToken.reveal()]);
      for (let count = 0; count < 2; count++)
        tokens.add((await renewed(trial, provider, grant)).accessToken.reveal());
      assert.equal(tokens.size, 3);
      assert.equal(home.exchanges.at(-1)?.['resource'], api);
      assert.notEqual(await revokeGrant(trial.context, provider, grant), 'unreachable');
    });

  it('refuses a person whom nobody has linked, and takes them once they are', async () => {
    const { trial, provider } = await signedIn('bob');
    await assert.rejects(trial.signIn(provider), (failure: unknown) => {
      isRefusedBy(issuer, 'assertion-not-taken', /./)(failure);
      return verdictOf(failure as Failure) === 'ended';
    });
    assert.ok(home.exchanges.length > 0);
    const { admin } = await keycloak();
    await admin.linkPerson('bob', 'company', people.bob.sub);
    assert.equal((await trial.signIn(provider)).account.label, 'bob');
  });

  it('refuses an assertion for another audience, which our own check lets through by the settings', async () => {
    const audience = 'https://else.example';
    home.destinations.set(audience, { clientId: there.clientId, resources: [api], scopes });
    const { trial, provider } = await signedIn('alice', { identityAssertion: { from: 'company', audience } });
    await assert.rejects(trial.signIn(provider), isRefusedBy(issuer, 'assertion-not-taken', /audience/i));
  });

  it('gets no assertion for an audience that the company doesn’t know, or for another than was asked for', async () => {
    const unknown = await signedIn('alice', {
      identityAssertion: { from: 'company', audience: 'https://unknown.example' },
    });
    await assert.rejects(
      unknown.trial.signIn(unknown.provider),
      isRefusedBy(home.issuer, 'assertion-refused', /unknown audience/),
    );
    const { trial, provider } = await signedIn('alice');
    home.faults.claims = { aud: 'https://else.example' };
    await assert.rejects(
      trial.signIn(provider),
      isRefusedBy(home.issuer, 'assertion-invalid', /its "aud" is https:\/\/else\.example/),
    );
  });

  it('takes each assertion once', async () => {
    const { trial, provider } = await signedIn('alice');
    home.faults.claims = { jti: 'always the same' };
    const grant = await trial.signIn(provider);
    await assert.rejects(
      renewed(trial, provider, grant),
      isRefusedBy(issuer, 'assertion-not-taken', /reuse|used|replay/i),
    );
  });

  it('refuses another client secret, and says that it was the client', async () => {
    const company = await signedInElsewhere({ issuer: home.issuer, clientId: assertingClient }, 'alice');
    const { provider } = await signedIn('alice');
    const trial = await keycloakTrial({
      findSubject: company.findSubject,
      clientSecret: () => Promise.resolve(given('wrong')),
    });
    await assert.rejects(trial.signIn(provider), isRefusedBy(issuer, 'client-refused', /./));
  });
});
