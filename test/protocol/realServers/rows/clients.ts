import assert from 'node:assert/strict';
import { signIn } from '../../../conformance/trial.ts';
import type { Departure } from '../../../servers/hostile/departure.ts';
import { recordingScreen } from '../../methods/deviceScreen.ts';
import { type Answer } from '../../../servers/hostile/replies.ts';
import {
  refusing,
  describing,
  pushing,
  error,
  signsIn,
  fails,
  noBrowser,
  readable,
  secretWith,
  confidential,
  revoke,
  type ServerRow,
} from './row.ts';

/** With characters that each form of sending it writes otherwise. */
const odd = 'a+b/c=%20:ä';

/** Compares what is sent without decoding it. */
const isSecret = (authorization: string | undefined, secret: string): boolean =>
  Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64')
    .toString()
    .endsWith(`:${secret}`);

/** Gives every client that registers this secret. */
const issuing = (secret: string): Departure => ({
  replies: {
    register: right => ({ ...right, body: JSON.stringify({ ...readable(right), client_secret: secret }) }),
  },
});

export const clientsRows: readonly ServerRow[] = [
  ...['unknown client', 'wrong secret', 'confidential client'].map((which): ServerRow => ({
    name: `pushed-401-${which.replace(' ', '-')}`,
    ends: /rejected this editor’s automatic registration.*“Authentication failed”\. Try again: the editor registers again/,
    server: 'Keycloak 26',
    does: `answers 401 invalid_request at the endpoint for pushed requests: ${which}`,
    departure: { ...pushing, ...refusing('pushed', error('invalid_request', 'Authentication failed.', 401)) },
    ...(which === 'wrong secret' && { person: secretWith('wrong') }),
    run: fails(
      'client-refused',
      /rejected the client ID or its credentials \(invalid_request\)\. Server message: “Authentication failed”/,
      which === 'wrong secret' ? confidential : {},
      trial => {
        noBrowser(trial);
        assert.equal(trial.storage.values.size, 0, 'a secret that was entered for it is forgotten');
      },
    ),
  })),
  ...(['token', 'device'] as const).map((endpoint): ServerRow => ({
    name: `refused-401-${endpoint}`,
    // With nothing but its address, the browser is used.
    ...(endpoint === 'token' && {
      ends: /rejected this editor’s automatic registration.*“Authentication failed”\. Try again: the editor registers again/,
    }),
    server: 'Keycloak 26',
    does: `answers 401 invalid_request to a client with a client ID, at the ${endpoint} endpoint`,
    departure: refusing(endpoint, error('invalid_request', 'Authentication failed.', 401)),
    ...(endpoint === 'device' && { person: { device: recordingScreen(), method: 'device-code' as const } }),
    run: fails(
      'client-refused',
      /rejected the client ID or its credentials \(invalid_request\)\. Server message: “Authentication failed”/,
    ),
  })),
  ...(['client_secret_post', undefined] as const).map((offered): ServerRow => ({
    name: `secret-not-decoded${offered ? '-or-in-body' : ''}`,
    server: 'several',
    does: `compare Basic credentials without decoding them${offered ? ', and take them in the body' : ''}`,
    departure: {
      ...describing(() => ({
        token_endpoint_auth_methods_supported: ['client_secret_basic', ...(offered ? [offered] : [])],
      })),
      ...issuing(odd),
      knowsClient: ({ parameters, authorization }) =>
        offered ? parameters.get('client_secret') === odd : isSecret(authorization, odd),
    },
    person: secretWith(odd),
    run: signsIn(confidential, async trial => {
      assert.equal(trial.server.requestsTo('token').length, 2);
      await signIn(trial, confidential);
      assert.equal(trial.server.requestsTo('token').length, 3, 'the form that it takes is remembered');
    }),
  })),
  {
    name: 'secret-of-form-characters',
    server: 'several',
    does: 'compare Basic credentials without decoding: what the form encoding leaves alone is sent once',
    departure: {
      ...describing(() => ({ token_endpoint_auth_methods_supported: ['client_secret_basic'] })),
      ...issuing('a-b_c.d*e'),
      knowsClient: ({ authorization }) => isSecret(authorization, 'a-b_c.d*e'),
    },
    person: secretWith('a-b_c.d*e'),
    run: signsIn(confidential, trial => assert.equal(trial.server.requestsTo('token').length, 1)),
  },
  {
    name: 'exact-media-type',
    server: 'Django (oauthlib)',
    does: 'compares the media type of a request exactly',
    departure: {
      ...pushing,
      replies: Object.fromEntries(
        (['token', 'pushed', 'revoke', 'device', 'introspect'] as const).map(endpoint => [
          endpoint,
          (right: Answer, { contentType }: { readonly contentType?: string | undefined }) =>
            contentType === 'application/x-www-form-urlencoded'
              ? right
              : error('invalid_request', 'not a form'),
        ]),
      ),
    },
    run: signsIn({}, async (trial, grant) => {
      assert.equal(await revoke(trial, grant), 'revoked');
    }),
  },
];
