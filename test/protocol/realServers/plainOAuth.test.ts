import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { shown } from '../../../src/platform/shown.ts';
import type { Account } from '../../../src/sessions/grant/grant.ts';
import type { SignInControl } from '../../../src/signIn/signIn.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import { refreshProfile } from '../../../src/signIn/after/refreshProfile.ts';
import { visit, withTrial, browser, type Trial } from '../../conformance/trial.ts';
import type { Departure } from '../../servers/hostile/departure.ts';
import { json } from '../../servers/hostile/replies.ts';
import { recordingScreen } from '../methods/deviceScreen.ts';
import type { signInTrial } from '../signingIn.ts';
import { plainOAuth } from './rows/row.ts';

type Person = NonNullable<Parameters<typeof signInTrial>[0]>;

const settings = { label: 'Company' } as const;

const signIn = (trial: Trial, request: Parameters<Trial['signIn']>[1] = {}) =>
  trial.signIn(trial.provider({ issuer: trial.server.issuer, ...settings }), {
    scopes: ['read'],
    ...request,
  });

/** Where others are signed in already. */
const withOthers = (labels: readonly string[], more: Person = {}): Person => ({
  browser,
  ...more,
  findSubject: () =>
    Promise.resolve({
      grants: labels.map(label => ({
        grant: { account: { id: label, label: shown(label) } satisfies Account },
      })),
    } as never),
});

describe('plain OAuth 2.0', () => {
  let control: SignInControl | undefined;
  const methods: Readonly<Record<string, Person>> = {
    'uri-handler': { browser },
    loopback: { browser: async address => fetch(await visit(address)) },
    paste: { browser: async address => void control?.paste((await visit(address)).href) },
    'device-code': { device: recordingScreen() },
  };
  for (const [method, person] of Object.entries(methods)) {
    it(`has one account, named after the provider, by ${method}`, () => {
      const departure: Departure = {
        ...plainOAuth,
        replies: {
          device: ({ body, ...right }) => ({
            ...right,
            body: JSON.stringify({ ...(JSON.parse(String(body)) as object), interval: 1 }),
          }),
        },
      };
      return withTrial(
        departure,
        async trial => {
          const grant = await signIn(trial, { onPlan: (_plan, given) => (control = given) });
          assert.deepEqual(grant.account, { id: 'Company', label: 'Company' });
          assert.deepEqual(grant.grantedScopes, ['read']);
          assert.equal(grant.tokens.idToken, undefined);
        },
        { ...person, method: method as never },
      );
    });
  }

  it('has accounts of other names, as the person says, where others are signed in', () => {
    const asked: (readonly string[])[] = [];
    const person = withOthers(['Company'], {
      nameAccount: (_provider, known) => {
        asked.push(known);
        return Promise.resolve('work');
      },
    });
    return withTrial(
      plainOAuth,
      async trial => {
        assert.deepEqual((await signIn(trial)).account, { id: 'work', label: 'work' });
        assert.deepEqual(asked, [['Company']]);
      },
      person,
    );
  });

  it('asks nobody for a name where one was asked for that is signed in', () =>
    withTrial(
      plainOAuth,
      async trial => {
        const { account } = await signIn(trial, { loginHint: 'work' });
        assert.deepEqual(account, { id: 'work', label: 'work' });
      },
      withOthers(['Company', 'work'], { nameAccount: () => assert.fail('nobody has to be asked') }),
    ));

  it('takes no name that is signed in where the person does not say', () =>
    withTrial(
      plainOAuth,
      trial =>
        assert.rejects(
          signIn(trial),
          (error: unknown) => error instanceof Failure && error.code === 'token-untrusted',
        ),
      withOthers(['Company'], { nameAccount: () => Promise.resolve(undefined) }),
    ));

  it('refreshes, and stays who it is', () =>
    withTrial(
      plainOAuth,
      async trial => {
        const provider = trial.provider({ issuer: trial.server.issuer, ...settings });
        const grant = await signIn(trial);
        const answer = await refreshGrant(trial.context, provider, grant, () => undefined);
        const tokens = await answer.judge();
        assert.notEqual(tokens.accessToken.reveal(), grant.tokens.accessToken.reveal());
        assert.equal(await refreshProfile(trial.context, provider, grant, tokens), undefined);
      },
      { browser },
    ));

  it('of a server without metadata is signed in to by its endpoints, and asked who signed in', () =>
    withTrial(
      {
        ...plainOAuth,
        replies: { metadata: () => json({}, 404), userInfo: () => json({ id: 7, login: 'alice' }) },
      },
      async trial => {
        const { issuer } = trial.server;
        const provider = trial.provider({
          ...settings,
          issuer,
          discovery: false,
          endpoints: {
            authorization: `${issuer}/authorize`,
            token: `${issuer}/token`,
            userInfo: `${issuer}/userinfo`,
          },
        });
        const { account } = await trial.signIn(provider, { scopes: ['read'] });
        assert.deepEqual(account, { id: 'Company', label: 'Company' });
        const named = trial.provider({
          ...settings,
          issuer,
          discovery: false,
          endpoints: provider.endpoints,
          account: { id: 'id', label: ['login'] },
        });
        assert.deepEqual((await trial.signIn(named, { scopes: ['read'] })).account, {
          id: '7',
          label: 'alice',
        });
      },
      { browser },
    ));

  it('is no way around an ID token that was asked for', () =>
    withTrial(
      { token: ({ id_token: _, ...rest }) => rest },
      async trial => {
        const provider = trial.provider({ issuer: trial.server.issuer, ...settings });
        await assert.rejects(
          trial.signIn(provider),
          /Couldn’t verify the ID token from .*: the response doesn’t include one/,
        );
      },
      { browser },
    ));
});
