import assert from 'node:assert/strict';
import { mock } from 'node:test';
import * as jose from 'jose';
import type * as Client from '../../../src/client/index.ts';
import { until } from '../../protocol/signingIn.ts';
import { openBoundEditor, scopes, type BoundEditor } from './boundEditor.ts';

const NodeWebSocket = WebSocket as unknown as new (url: URL, options?: object) => Client.SocketLike;

describe('authorizedWebSocket with a token that is bound to a key', () => {
  let bound: BoundEditor;
  let client: typeof Client;
  let connection: Client.AuthorizedWebSocket | undefined;
  let seen = 0;
  before(async () => {
    bound = await openBoundEditor();
    client = await import('../../../src/client/index.ts');
  });
  after(() => bound.close());
  beforeEach(async () => {
    await bound.reset();
    await client.requireSession('oidc', scopes);
    bound.api.rotateNonce();
    seen = bound.api.requests.length;
  });
  afterEach(() => {
    connection?.dispose();
    mock.reset();
  });

  const connect = async (options: Client.AuthorizedWebSocketOptions = {}) =>
    (connection = await client.authorizedWebSocket(
      'oidc',
      scopes,
      `${bound.api.url.replace('http', 'ws')}/chat?room=1`,
      options,
    ));
  /** What the API thought of each attempt. Node's WebSocket repeats a handshake that was answered with 401 as it was. */
  const answered = (): (string | number)[] =>
    bound.api.requests
      .slice(seen)
      .filter(
        ({ proof, error }, at, all) =>
          at === 0 || proof !== all[at - 1]?.proof || error !== all[at - 1]?.error,
      )
      .map(({ status, error }) => error ?? status);

  it('proves the key in the handshake', async () => {
    await connect();
    assert.deepEqual(answered(), [200]);
    const { scheme, proof = '' } = bound.api.requests.at(-1) ?? assert.fail();
    const { htm, htu } = jose.decodeJwt(proof);
    assert.deepEqual([scheme, htm, htu], ['DPoP', 'GET', `${bound.api.url}/chat`]);
  });

  it('tries once more with the nonce that is demanded, and refreshes nothing', async () => {
    bound.api.settings.nonce = 'demanded';
    const before = bound.surroundings.tokenRequests();
    await connect();
    assert.deepEqual(answered(), ['use_dpop_nonce', 200]);
    assert.equal(bound.surroundings.tokenRequests(), before);
  });

  it('is bounded where no nonce satisfies', async () => {
    bound.api.settings.nonce = 'never';
    const before = bound.surroundings.tokenRequests();
    await assert.rejects(connect({ retries: 0 }), { name: 'WebSocketRefused', status: 401 });
    assert.deepEqual(answered(), ['use_dpop_nonce', 'use_dpop_nonce']);
    assert.equal(bound.surroundings.tokenRequests(), before);
  });

  it('renews a token that was revoked, and connects', async () => {
    bound.api.refuse((await bound.session()).accessToken);
    await connect();
    assert.deepEqual(answered(), ['invalid_token', 200]);
    assert.equal(bound.surroundings.signIns(), 1);
  });

  it('changes over to a new token, with a proof of its own', async () => {
    const open = await connect();
    let openings = 0;
    open.onDidOpen(() => openings++);
    await bound.surroundings.renewal();
    await until(() => openings === 1);
    assert.deepEqual(answered(), [200, 200]);
    const [first, second] = bound.api.requests.slice(seen).map(({ proof }) => proof);
    assert.notEqual(first, second);
  });

  // By a challenge, or by the body alone.
  for (const nonceStatus of [401, 400] as const)
    it(`hands the proof to a way of connecting of one’s own, which hides a ${nonceStatus}`, async () => {
      Object.assign(bound.api.settings, { nonce: 'demanded', nonceStatus });
      const made: (string | undefined)[] = [];
      // As a browser does: nobody sees the response to the handshake.
      mock.method(process, 'getBuiltinModule', () => undefined);
      await connect({
        connect(url, token, proof) {
          made.push(proof);
          return new NodeWebSocket(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } });
        },
      });
      // The handshake, the request that shows why, and the handshake with the nonce.
      assert.deepEqual(answered(), ['use_dpop_nonce', 'use_dpop_nonce', 200]);
      assert.equal(made.length, 2);
      assert.equal(new Set(made).size, 2);
    });

  it('opens nothing where the key cannot be proved', async () => {
    const { describe: its, version } = bound.exported();
    bound.install({ describe: its, version });
    await assert.rejects(connect(), { code: 'proof-unavailable' });
    assert.deepEqual(answered(), []);
  });

  it('explains a server that takes only bound tokens', async () => {
    await bound.surroundings.register({ clientId: 'editor' });
    await client.requireSession('oidc', scopes);
    await assert.rejects(connect(), { name: 'AccessRefused', message: /bound to a key \(DPoP\)/ });
    assert.deepEqual(answered(), ['invalid_token']);
  });
});
