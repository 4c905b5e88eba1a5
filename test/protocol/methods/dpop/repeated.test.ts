import assert from 'node:assert/strict';
import * as jose from 'jose';
import { generateClientKey } from '../../../../src/protocol/client/keys/clientKey.ts';
import { signInTrial } from '../../signingIn.ts';
import { failsWith, given } from '../serviceTrials.ts';
import type { Definition } from './boundSignIn.ts';
import { startStrictServer, type StrictServer } from './strictServer.ts';

describe('a request that is repeated, at a server that takes no proof twice', () => {
  let server: StrictServer;
  beforeEach(async () => {
    server = await startStrictServer();
  });
  afterEach(() => server.close());

  const service = (more: Definition): Definition => ({
    issuer: server.issuer,
    clientId: 'robot',
    signInMethod: 'client-credentials',
    dpop: 'required',
    ...more,
  });

  async function signInWithSecret(text: string): Promise<void> {
    const trial = signInTrial({ clientSecret: () => Promise.resolve(given(text)) });
    await trial.signIn(trial.provider(service({ clientAuthentication: 'client_secret_basic' })));
  }

  async function signInWithKey(): Promise<void> {
    const key = await generateClientKey();
    const trial = signInTrial({ clientSecret: () => Promise.resolve({ kind: 'key', key }) });
    await trial.signIn(trial.provider(service({ clientAuthentication: 'private_key_jwt' })));
  }

  it('has a new proof with another form of the client’s secret', async () => {
    const raw = `Basic ${btoa('robot:a+b')}`;
    server.settings.knows = authorization => authorization === raw;
    await signInWithSecret('a+b');
    assert.deepEqual(server.answers, ['invalid_client', 'ok']);
  });

  for (const [first, expected] of [
    ['proof', ['invalid_dpop_proof', 'invalid_client', 'ok']],
    ['client', ['invalid_client', 'ok']],
  ] as const)
    it(`has a proof and an assertion by the server’s clock, where the ${first} is looked at first`, async () => {
      Object.assign(server.settings, { ahead: 600, first });
      server.settings.knows = (_, body) => {
        const { exp = 0 } = jose.decodeJwt(body.get('client_assertion') ?? '');
        return exp > Date.now() / 1000 + server.settings.ahead;
      };
      await signInWithKey();
      assert.deepEqual(server.answers, expected);
    });

  for (const ahead of [600, -600])
    it(`satisfies a nonce that is demanded once the time is right (${ahead} s)`, async () => {
      Object.assign(server.settings, { ahead, nonce: 'demanded' });
      await signInWithSecret('secret');
      assert.deepEqual(server.answers, ['invalid_dpop_proof', 'use_dpop_nonce', 'ok']);
    });

  it('has the server’s time where no nonce was what it lacked', async () => {
    Object.assign(server.settings, { ahead: 600, nonce: 'demanded', stale: 'use_dpop_nonce' });
    await signInWithSecret('secret');
    assert.deepEqual(server.answers, ['use_dpop_nonce', 'use_dpop_nonce', 'ok']);
  });

  it('is sent twice where the server’s clock runs away', async () => {
    Object.assign(server.settings, { ahead: 600, stale: 'invalid_dpop_proof', runsBy: 600 });
    await assert.rejects(signInWithSecret('secret'), failsWith('proof-refused'));
    assert.deepEqual(server.answers, ['invalid_dpop_proof', 'invalid_dpop_proof']);
  });

  it('is sent once if a token is refused, whatever the server’s clock is', async () => {
    Object.assign(server.settings, { ahead: 600, stale: 'invalid_grant' });
    await assert.rejects(signInWithSecret('secret'), failsWith('client-refused'));
    assert.deepEqual(server.answers, ['invalid_grant']);
  });

  it('is sent three times at most', async () => {
    Object.assign(server.settings, { ahead: 600, nonce: 'demanded' });
    server.settings.knows = () => {
      server.settings.nonce = `another ${server.answers.length}`;
      return false;
    };
    await assert.rejects(signInWithSecret('secret'), failsWith('client-refused'));
    assert.deepEqual(server.answers, ['invalid_dpop_proof', 'use_dpop_nonce', 'invalid_client']);
  });
});
