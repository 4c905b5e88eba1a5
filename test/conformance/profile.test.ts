import assert from 'node:assert/strict';
import { generateClientKey } from '../../src/protocol/client/keys/clientKey.ts';
import type { FailureCode } from '../../src/protocol/failures/failure.ts';
import type { Departure, Json } from '../servers/hostile/departure.ts';
import { json } from '../servers/hostile/replies.ts';
import { conforms } from './table.ts';
import type { Row } from './rows.ts';
import { assertFailure, failureOf, withTrial, type Trial } from './trial.ts';

/** A server that meets FAPI 2.0, but for this. */
const server = ({ metadata, token, ...more }: Departure = {}): Departure => ({
  idToken: { key: 'ec' },
  ...more,
  metadata(right, situation) {
    const { issuer } = situation;
    const met: Json = {
      ...right,
      pushed_authorization_request_endpoint: `${issuer}/par`,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      dpop_signing_alg_values_supported: ['ES256'],
    };
    return metadata ? metadata(met, situation) : met;
  },
  token(right, situation) {
    const bound = { ...right, token_type: 'DPoP' };
    return token ? token(bound, situation) : bound;
  },
});

const run = <T>(departure: Departure, check: (trial: Trial) => Promise<T>): Promise<T> =>
  withTrial(departure, check, {
    clientSecret: async () => ({ kind: 'key', key: await generateClientKey() }),
  });

/** The server is on this computer, without TLS, which an entry of the settings can't say together with the profile. */
const signIn = (trial: Trial) =>
  trial.signIn({
    ...trial.provider({
      issuer: trial.server.issuer,
      clientAuthentication: 'private_key_jwt',
      dpop: 'required',
    }),
    profile: 'fapi2',
  });

const without =
  (member: string) =>
  ({ [member]: _, ...rest }: Json): Json =>
    rest;

describe('the profile fapi2', () => {
  conforms('fapi2: sign-in', '', () =>
    run(server(), async trial => {
      const grant = await signIn(trial);
      assert.equal(grant.proofKey?.binds, 'required');
      const [opened = ''] = trial.opened;
      assert.deepEqual([...new URL(opened).searchParams.keys()], ['client_id', 'request_uri']);
      return 'signed in: pushed request, PKCE, iss, DPoP, private_key_jwt';
    }),
  );

  const refused: [row: Row, variant: string, departure: Departure, must: [FailureCode, RegExp]][] = [
    ...[
      'pushed_authorization_request_endpoint',
      'authorization_response_iss_parameter_supported',
      'code_challenge_methods_supported',
      'dpop_signing_alg_values_supported',
    ].map((member): (typeof refused)[number] => [
      'fapi2: metadata',
      `without ${member}`,
      server({ metadata: without(member) }),
      ['profile-unmet', new RegExp(`falls short in: ${member}\\.`)],
    ]),
    [
      'fapi2: metadata',
      'with only weak ID tokens',
      server({ metadata: right => ({ ...right, id_token_signing_alg_values_supported: ['RS256'] }) }),
      ['profile-unmet', /id_token_signing_alg_values_supported/],
    ],
    [
      'fapi2: authorization response iss',
      'removed, in the profile',
      server({ authorize: response => response.delete('iss') }),
      ['response-foreign', /didn’t identify itself/],
    ],
    [
      'fapi2: sender-constrained token',
      'Bearer where DPoP is demanded',
      server({ token: right => ({ ...right, token_type: 'Bearer' }) }),
      ['token-unbound', /isn’t bound to a key/],
    ],
    [
      'fapi2: pushed request',
      'refused for a while',
      server({ replies: { pushed: () => json({}, 503) } }),
      ['server-failed', /503/],
    ],
    [
      'fapi2: pushed request',
      'not understood',
      server({ replies: { pushed: () => json({}, 201) } }),
      ['response-invalid', /./],
    ],
    [
      'fapi2: algorithm',
      'RS256, in the profile',
      server({ idToken: {} }),
      ['token-untrusted', /algorithm isn’t accepted/],
    ],
    [
      'fapi2: algorithm',
      'RS256 in UserInfo, in the profile',
      server({
        idToken: { key: 'ec', claims: ({ preferred_username: _, ...nameless }) => nameless },
        signedUserInfo: {},
      }),
      ['token-untrusted', /signed UserInfo response for it can’t be trusted/],
    ],
  ];
  for (const [row, variant, departure, [code, says]] of refused)
    conforms(row, variant, () =>
      run(departure, async trial => {
        const failure = await failureOf(trial, signIn(trial));
        if (row === 'fapi2: metadata' || row === 'fapi2: pushed request')
          assert.deepEqual(trial.opened, [], 'before the browser opens');
        return assertFailure(failure, code, says);
      }),
    );
});
