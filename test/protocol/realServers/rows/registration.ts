import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import { browser, signIn } from '../../../conformance/trial.ts';
import { recordingScreen } from '../../methods/deviceScreen.ts';
import { json } from '../../../servers/hostile/replies.ts';
import {
  unregistered,
  refusing,
  readable,
  error,
  signsIn,
  fails,
  registrations,
  noBrowser,
  type ServerRow,
} from './row.ts';

let askedForToken = 0;

const unmanaged = { registration_client_uri: undefined, registration_access_token: undefined };

export const registrationRows: readonly ServerRow[] = [
  ...[undefined, 'initial'].map((token): ServerRow => ({
    name: `registration-${token ?? 'open'}-without-scopes`,
    server: 'Keycloak 26',
    does: `refuses a registration with scopes, ${token ? 'with' : 'without'} an initial access token`,
    departure: refusing(
      'register',
      error('insufficient_scope', 'Not permitted to use specified clientScope', 403),
      right => JSON.stringify(right['scope'] ?? '').includes('openid'),
    ),
    person: { browser, ...(token && { initialAccessToken: () => Promise.resolve(secret(token)) }) },
    run: signsIn(unregistered, async (trial, { account }) => {
      assert.deepEqual(
        registrations(trial).map(body => 'scope' in body),
        [true, false],
      );
      // What worked is remembered, even where the registration is lost.
      trial.storage.values.delete('registrations/oidc');
      assert.equal((await signIn(trial, unregistered)).account.id, account.id);
      assert.deepEqual(
        registrations(trial).map(body => 'scope' in body),
        [true, false, false],
      );
    }),
  })),
  {
    name: 'registration-closed',
    ends: /requires an initial access token .*“Policy "Trusted Hosts" rejected”\. Ask your administrator for a token/,
    server: 'Keycloak 26',
    does: 'refuses every registration: it is quoted, after the person was asked once for a token',
    departure: refusing('register', error('insufficient_scope', 'Policy "Trusted Hosts" rejected', 403)),
    person: {
      browser,
      initialAccessToken: () => {
        askedForToken += 1;
        return Promise.resolve(undefined);
      },
    },
    async run(trial) {
      askedForToken = 0;
      await fails(
        'registration-closed',
        /initial access token for registration\. Server message: “Policy "Trusted Hosts" rejected”/,
        unregistered,
      )(trial);
      assert.equal(askedForToken, 1);
    },
  },
  {
    name: 'registration-for-device-codes',
    server: 'several',
    does: 'register nobody who wants to come back from the browser',
    departure: {
      replies: {
        ...refusing(
          'register',
          error('invalid_client_metadata', 'no redirect URIs'),
          right => (right['redirect_uris'] as string[]).length > 0,
        ).replies,
        device: right => ({ ...right, body: JSON.stringify({ ...readable(right), interval: 1 }) }),
      },
    },
    person: { device: recordingScreen() },
    run: signsIn(unregistered, ({ told }) => assert.deepEqual(told, [])),
  },
  {
    name: 'registration-with-scopes',
    server: 'Ory Hydra',
    does: 'gives a client that registered without scopes no others later: they are asked for first',
    departure: {},
    run: signsIn(unregistered, trial =>
      assert.deepEqual(
        registrations(trial).map(body => typeof body['scope']),
        ['string'],
      ),
    ),
  },
  ...(
    [
      ['invalid_client_metadata', error('invalid_client_metadata', 'no custom schemes')],
      ['a code of its own', json({ code: 'bad_redirect' }, 400)],
      ['a detail', json({ detail: 'Redirect URI not allowed' }, 400)],
      ['422', json({ errors: ['redirect_uris'] }, 422)],
      ['403', json({}, 403)],
    ] as const
  ).map(([words, answer]): ServerRow => ({
    name: `registration-of-localhost-${words.replaceAll(/[ _]/g, '-')}`,
    server: 'many',
    does: `take http://localhost only, and refuse other redirect URIs with ${words}`,
    departure: refusing('register', answer, right =>
      (right['redirect_uris'] as string[]).some(uri => !uri.startsWith('http://localhost:')),
    ),
    person: { browser: address => fetch(address) },
    run: signsIn(unregistered, trial => {
      const last = registrations(trial).at(-1)?.['redirect_uris'] as string[];
      assert.match(last[0] ?? '', /^http:\/\/localhost:/);
      assert.equal(registrations(trial).length, 9);
      // All of it is remembered for the next time.
      trial.storage.values.delete('registrations/oidc');
    }),
  })),
  {
    name: 'registration-without-device-grant',
    server: 'several',
    does: 'refuse a registration for the device grant',
    departure: refusing('register', error('invalid_client_metadata', 'grant_types: unknown'), right =>
      (right['grant_types'] as string[]).some(grant => grant.includes('device')),
    ),
    run: signsIn(unregistered, trial => assert.equal(registrations(trial).length, 2)),
  },
  {
    name: 'secret-wanted-later',
    server: 'several',
    does: 'take a registration without a secret, and want one then: the editor registers again, with one',
    departure: {
      knowsClient: ({ parameters, authorization }) =>
        authorization !== undefined || parameters.has('client_secret'),
    },
    run: signsIn(unregistered, async trial => {
      const methods = () => registrations(trial).map(body => body['token_endpoint_auth_method']);
      assert.deepEqual(methods(), ['none', 'client_secret_basic']);
      assert.equal(trial.opened.length, 2);
      assert.match(trial.told[0] ?? '', /rejected .*registration, so the editor registers again/);
      // What was refused is remembered, even where the registration is lost.
      trial.storage.values.delete('registrations/oidc');
      await signIn(trial, unregistered);
      assert.deepEqual(methods(), ['none', 'client_secret_basic', 'client_secret_basic']);
    }),
  },
  {
    name: 'registered-client-never-taken',
    ends: /rejected this editor’s automatic registration.*“Client unknown”\. Try again: the editor registers again/,
    server: 'any',
    does: 'register every client, and take none: it is told after the second',
    departure: refusing('token', error('invalid_client', 'Client unknown', 401)),
    run: fails(
      'registered-client-refused',
      /this editor’s automatic registration.*“Client unknown”.*client ID/,
      unregistered,
      ({ opened }) => assert.equal(opened.length, 2),
    ),
  },
  {
    name: 'registration-refused-with-token',
    // Somebody with nothing but the address has no such token.
    ends: /requires an initial access token .*“No more clients”\. Ask your administrator for a token/,
    server: 'Keycloak 26',
    does: 'refuses a registration that has its initial access token: no other one is asked for',
    departure: refusing('register', error('insufficient_scope', 'No more clients', 403)),
    person: { browser, initialAccessToken: () => Promise.resolve(secret('initial')) },
    run: fails('registration-refused', /“No more clients”/, unregistered, trial => {
      noBrowser(trial);
      assert.equal(trial.server.requestsTo('register').at(-1)?.authorization, 'bearer');
    }),
  },
  {
    name: 'registration-forgotten',
    server: 'several',
    does: 'forget a registered client, and show an error page that never comes back',
    departure: {
      replies: {
        register: right => ({ ...right, body: JSON.stringify({ ...readable(right), ...unmanaged }) }),
      },
    },
    async run(trial) {
      await signIn(trial, unregistered);
      const cancel = new AbortController();
      const reason = new Error('the person pressed Cancel');
      const provider = trial.provider({ issuer: trial.server.issuer, ...unregistered });
      const { openBrowser } = trial.context;
      Object.assign(trial.context, {
        openBrowser: () => {
          cancel.abort(reason);
          return Promise.resolve(true);
        },
      });
      await assert.rejects(trial.signIn(provider, { signal: cancel.signal }), error => error === reason);
      assert.equal(registrations(trial).length, 1);
      Object.assign(trial.context, { openBrowser });
      await signIn(trial, unregistered);
      assert.equal(registrations(trial).length, 2);
    },
  },
  {
    name: 'registration-narrow',
    ends: /for the scopes “mcp” only\. .* Register a client manually with the provider, and set its client ID/,
    server: 'GitLab',
    does: 'registers for the scope mcp only, and says so',
    departure: {
      replies: {
        register: right => ({ ...right, body: JSON.stringify({ ...readable(right), scope: 'mcp' }) }),
      },
    },
    run: fails(
      'registration-narrow',
      /for the scopes “mcp” only.*also needs openid/,
      unregistered,
      noBrowser,
    ),
  },
  ...Object.entries<(uri: string) => unknown>({
    'left-out': () => undefined,
    'in-other-spelling': uri => [uri.replace('http:', 'HTTP:').replace('vscode:', 'VSCODE:')],
    'among-others': uri => ['https://other.example/cb', uri],
    'as-text': uri => uri,
  }).map(([name, change]): ServerRow => ({
    name: `redirect-uris-${name}`,
    server: 'several',
    does: `answer a registration with the redirect URIs ${name.replaceAll('-', ' ')}`,
    departure: {
      replies: {
        register: right => {
          const body = readable(right);
          const [uri = ''] = (body['redirect_uris'] ?? []) as string[];
          return { ...right, body: JSON.stringify({ ...body, redirect_uris: change(uri) }) };
        },
      },
    },
    run: signsIn(unregistered),
  })),
];
