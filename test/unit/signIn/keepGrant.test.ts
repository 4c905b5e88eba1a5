import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { parseDefinition } from '../../../src/providers/entries/definition.ts';
import { createClientSecrets } from '../../../src/signIn/client/clientSecrets.ts';
import { endGrantSession } from '../../../src/signIn/after/keepGrant.ts';
import { createPendingResponses } from '../../../src/signIn/redirect/pendingResponses.ts';
import { createRegistrations } from '../../../src/signIn/client/registrations.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant } from '../sessions/someGrant.ts';
import { memoryConcessions } from '../../standIns/memoryConcessions.ts';

const issuer = 'https://login.example.com';

/** Ends the session in the browser for a grant of this client, at a server that answers so. */
function signOut(clientAuthentication: 'none' | 'client_secret_basic', answer: () => Response) {
  const parsed = parseDefinition('oidc', { issuer, clientId: 'editor', clientAuthentication });
  assert.ok(parsed.ok);
  const storage = memorySecretStorage();
  const nothing = () => Promise.resolve(undefined);
  const httpContext = createHttpContext({
    fetch: () => Promise.resolve(answer()),
    clock: manualClock(),
    log: recordingLog(),
  });
  const concessions = memoryConcessions();
  const services = {
    httpContext,
    clientSecrets: createClientSecrets({ storage, ask: nothing }),
    registrations: createRegistrations({
      storage,
      httpContext,
      concessions,
      sharesStorage: true,
      askInitialAccessToken: nothing,
    }),
    concessions,
  };
  const pending = createPendingResponses();
  const state = secret('state-of-the-sign-out');
  const { response, drop } = pending.expect(state, '/signed-out');
  const outcome = endGrantSession(services, parsed.provider, someGrant(), {
    redirect: { redirectUri: 'code-oss://signed-out', state, response, close: drop },
    timeout: 60,
    signal: new AbortController().signal,
    openBrowser: () => assert.fail('the browser is not opened'),
  });
  const waits = (): boolean => pending.deliver('/signed-out', new URLSearchParams({ state: state.reveal() }));
  return { outcome, waits };
}

const metadata = (members: object) => () =>
  new Response(
    JSON.stringify({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
      ...members,
    }),
    { headers: { 'content-type': 'application/json' } },
  );

describe('a sign-out in the browser', () => {
  it('waits for no answer once the secret of its client is not there', async () => {
    const { outcome, waits } = signOut('client_secret_basic', metadata({}));
    await assert.rejects(
      outcome,
      error => error instanceof Failure && error.code === 'client-secret-missing',
    );
    assert.equal(waits(), false);
  });

  it('waits for no answer once the server cannot be reached', async () => {
    const { outcome, waits } = signOut('none', () => new Response('', { status: 503 }));
    await assert.rejects(outcome, Failure);
    assert.equal(waits(), false);
  });

  it('waits for no answer of a server that got other tokens, or that ends no sessions', async () => {
    for (const members of [{ token_endpoint: `${issuer}/other` }, {}]) {
      const { outcome, waits } = signOut('none', metadata(members));
      assert.equal(await outcome, 'unsupported');
      assert.equal(waits(), false);
    }
  });
});
