import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import type * as Client from '../../../src/client/index.ts';
import { until } from '../../protocol/signingIn.ts';
import { openBoundEditor, scopes, type BoundEditor } from './boundEditor.ts';

describe('the refresher with tokens that are bound to a key', () => {
  let bound: BoundEditor;
  let client: typeof Client;
  before(async () => {
    bound = await openBoundEditor();
    client = await import('../../../src/client/index.ts');
  });
  after(() => bound.close());
  beforeEach(() => bound.reset());

  const refreshes = () => {
    const { requestsTo, endpoints } = bound.surroundings.identityProvider;
    return requestsTo(endpoints.token).filter(({ body }) => body['grant_type'] === 'refresh_token');
  };

  it('repeats each refresh once with the nonce that is demanded, and spends the refresh token once', async () => {
    const session = await client.requireSession('oidc', scopes);
    const { settings } = bound.surroundings.identityProvider;
    const { cache } = bound.surroundings.exportsContext();
    settings.demandsNonce = true;
    try {
      for (let count = 1; count <= 3; count++) {
        const before = refreshes().length;
        const old = (await bound.session()).accessToken;
        // As another window has the key, which knows none of the server's nonces.
        await cache.update(session.id.split(':')[0] ?? '', grant => ({
          ...grant,
          proofKey: grant.proofKey && { ...grant.proofKey, secret: secret(grant.proofKey.secret.reveal()) },
        }));
        await bound.surroundings.renewal();
        assert.notEqual((await bound.session()).accessToken, old);
        assert.deepEqual(
          refreshes()
            .slice(before)
            .map(({ status }) => status),
          [400, 200],
        );
        const [grant] = cache.known();
        assert.equal(grant?.tokens.serial, count + 1);
        assert.deepEqual([grant.signInNeeded, grant.refreshSentAt], [undefined, undefined]);
      }
      assert.equal(bound.surroundings.signIns(), 1);
    } finally {
      settings.demandsNonce = false;
    }
  });

  it('asks the person to sign in again where the key is lost, and sends nothing', async () => {
    const session = await client.requireSession('oidc', scopes);
    const { cache } = bound.surroundings.exportsContext();
    const lost = { binds: 'required' as const, secret: secret('') };
    const id = session.id.split(':')[0] ?? '';
    await cache.update(id, grant => ({ ...grant, proofKey: lost }));
    const before = refreshes().length;
    const { clock } = bound.surroundings;
    await clock.advance(Math.max(0, (clock.next ?? 0) - clock.now()));
    await until(() => cache.known()[0]?.signInNeeded !== undefined);
    assert.match(cache.known()[0]?.signInNeeded?.reason ?? '', /key.*\(DPoP\).*damaged/);
    assert.equal(refreshes().length, before);
  });
});
