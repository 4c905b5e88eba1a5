import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import { browser, signIn } from '../../../conformance/trial.ts';
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

const unmanaged = { registration_client_uri: undefined, registration_access_token: undefined };

export const registrationRows: readonly ServerRow[] = [
  ...[undefined, 'initial'].map((token): ServerRow => ({
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
    server: 'Keycloak 26',
    does: 'refuses every registration: it is quoted',
    departure: refusing('register', error('insufficient_scope', 'Policy "Trusted Hosts" rejected', 403)),
    run: fails(
      'registration-closed',
      /initial access token for registration\. Server message: “Policy "Trusted Hosts" rejected”/,
      unregistered,
    ),
  },
  {
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
    server: 'many',
    does: `take http://localhost only, and refuse other redirect URIs with ${words}`,
    departure: refusing(
      'register',
      answer,
      right => !(right['redirect_uris'] as string[])[0]?.startsWith('http://localhost:'),
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
    server: 'several',
    does: 'refuse a registration for the device grant',
    departure: refusing('register', error('invalid_client_metadata', 'grant_types: unknown'), right =>
      (right['grant_types'] as string[]).some(grant => grant.includes('device')),
    ),
    run: signsIn(unregistered, trial => assert.equal(registrations(trial).length, 2)),
  },
  {
    server: 'several',
    does: 'take a registration without a secret, and want one then',
    departure: refusing('token', error('invalid_client', 'Client secret required', 401)),
    run: fails(
      'registered-client-refused',
      /this editor’s automatic registration.*“Client secret required”.*client ID/,
      unregistered,
      async trial => {
        // The next time it proves itself in another way.
        trial.server.departure = {};
        await signIn(trial, unregistered);
        assert.deepEqual(
          registrations(trial).map(body => body['token_endpoint_auth_method']),
          ['none', 'client_secret_basic'],
        );
      },
    ),
  },
  {
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
];
