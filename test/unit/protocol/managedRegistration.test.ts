import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { confirmRegistration, type Registration } from '../../../src/protocol/client/registration.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { pushAuthorizationRequest } from '../../../src/protocol/grants/pushedAuthorization.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';

const issuer = 'https://login.example.com';
const policy = { issuer, allowLoopbackHttp: false };

const contextOf = (answer: (url: string) => Response) =>
  createHttpContext({
    fetch: url => Promise.resolve(answer(String(url as string))),
    clock: manualClock(),
    log: recordingLog(),
  });

const registration: Registration = {
  clientId: 'editor-1',
  authentication: { method: 'client_secret_basic', secret: secret('first') },
  expiresAt: undefined,
  management: { address: `${issuer}/register/1`, token: secret('token-1') },
};

/** What is left of the registration after the server has answered so to a read (RFC 7592 section 2.1). */
async function readAfter(answer: object) {
  const body = { client_id: 'editor-1', ...answer };
  const confirmed = await confirmRegistration(
    contextOf(() => Response.json(body)),
    registration,
    policy,
  );
  assert.ok(confirmed && 'secret' in confirmed.authentication);
  const { authentication, management, expiresAt } = confirmed;
  return {
    isSame: confirmed === registration,
    held: [authentication.secret.reveal(), management?.token.reveal(), expiresAt],
  };
}

describe('a registration that is read at the server', () => {
  it('has the secret and the token that came with it, as the earlier ones are of no use then', async () => {
    assert.deepEqual(
      await readAfter({
        client_secret: 'second',
        client_secret_expires_at: 0,
        registration_access_token: 't2',
      }),
      { isSame: false, held: ['second', 't2', undefined] },
    );
    assert.deepEqual(await readAfter({ client_secret: 'second', client_secret_expires_at: 2_000_000_000 }), {
      isSame: false,
      held: ['second', 'token-1', 2_000_000_000],
    });
  });

  it('is the same if there is nothing else', async () => {
    for (const answer of [{}, { client_secret: 'first', registration_access_token: 'token-1' }])
      assert.deepEqual(await readAfter(answer), { isSame: true, held: ['first', 'token-1', undefined] });
  });
});

describe('a redirect URI that a server refuses in a pushed request', () => {
  it('is refused in the words of the server', async () => {
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      pushed_authorization_request_endpoint: `${issuer}/par`,
    };
    const words = 'redirect_uri: ports are not allowed';
    const refusal = { error: 'invalid_request', error_description: words };
    const httpContext = contextOf(url =>
      url.endsWith('/par') ? Response.json(refusal, { status: 400 }) : Response.json(metadata),
    );
    const client = { issuer, id: 'editor', authentication: { method: 'none' }, policy } as const;
    const connection = await connect(httpContext, client, consentTo(issuer));
    const parameters = new URLSearchParams({ redirect_uri: 'http://127.0.0.1:1/callback' });
    await assert.rejects(pushAuthorizationRequest(connection, parameters), (error: unknown) => {
      assert.ok(error instanceof Failure && error.code === 'redirect-refused');
      assert.match(error.message, /127\.0\.0\.1:1\/callback.*“redirect_uri: ports are not allowed”/);
      return true;
    });
  });
});
