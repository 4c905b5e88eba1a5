import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { someGrant, someProvider } from '../someGrant.ts';
import { asking, first, refused, second, several, third } from '../asking.ts';

describe('an access token for another resource', () => {
  const signedInFor = (...resources: string[]): Grant => someGrant({ resources });

  it('takes a sign-in of its own by default', async () => {
    const { cache, sent, tokenFor } = asking({ ...several, tokenPerResource: false });
    await cache.put(signedInFor(first, second));
    assert.equal(await tokenFor('openid', `resource:${second}`), undefined);
    assert.deepEqual(sent, []);
  });

  it('is got by a refresh where one sign-in serves several', async () => {
    const { cache, sent, tokenFor } = asking(several);
    await cache.put(signedInFor(first, second));
    assert.equal(await tokenFor('openid'), 'access-1');
    const token = await tokenFor('openid', `resource:${second}`);
    assert.match(token ?? '', /b\.example\.com/);
    assert.equal(await tokenFor(`resource:${second}`, 'openid'), token);
    assert.deepEqual(sent, [['refresh-1', `openid resource:${second}`]]);
  });

  it('is not tried for a resource or an audience that the sign-in was not for', async () => {
    const { cache, sent, tokenFor } = asking(several);
    await cache.put(signedInFor(first, second));
    assert.equal(await tokenFor('openid', `resource:${third}`), undefined);
    assert.equal(await tokenFor('openid', `resource:${second}`, `resource:${third}`), undefined);
    assert.equal(await tokenFor('openid', 'audience:x'), undefined);
    assert.equal(await tokenFor('openid', 'audience:x', `resource:${second}`), undefined);
    assert.deepEqual(sent, []);
  });

  it('serves whoever asks for the same, and nobody else', async () => {
    const { cache, sent, tokenFor } = asking(someProvider);
    const target = [`resource:${third}`];
    await cache.put(someGrant({ target, resources: [third], sessions: [['openid', ...target]] }));
    assert.equal(await tokenFor('openid', ...target), 'access-1');
    assert.equal(await tokenFor('profile', ...target), 'access-1', 'more scopes were granted');
    assert.equal(await tokenFor('openid'), undefined);
    assert.deepEqual(sent, []);
  });

  for (const [how, failure] of [
    ['as it should be refused', refused('invalid_target')],
    [
      'as if the sign-in were over',
      new Failure(
        'grant-refused',
        { host: 'x', error: 'invalid_grant', said: '' },
        { oauthError: 'invalid_grant' },
      ),
    ],
  ] as const) {
    it(`takes a sign-in if the server refuses it ${how}; the sign-in there is goes on`, async () => {
      const { cache, clock, server, sent, needed, tokenFor } = asking(several);
      await cache.put(signedInFor(first, second));
      server.answer = () => Promise.reject(failure);
      assert.equal(await tokenFor('openid', `resource:${second}`), undefined);
      assert.equal(await tokenFor('openid', `resource:${second}`), undefined);
      assert.equal(await tokenFor('openid'), 'access-1');
      assert.equal(sent.length, 1);
      assert.deepEqual(needed, []);
      await clock.advance(1000);
      assert.equal((await cache.get('grant-0001'))?.signInNeeded, undefined);
    });
  }

  it('lacks a scope that was asked for: then it takes a sign-in', async () => {
    const { cache, server, tokenFor, tokensFor } = asking(several);
    await cache.put(signedInFor(first, second));
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), grantedScopes: ['openid'] });
    assert.equal(await tokenFor('reports:read', `resource:${second}`), undefined);
  });
});
