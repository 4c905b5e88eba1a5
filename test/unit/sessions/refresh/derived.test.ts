import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { someGrant, someProvider, someTokens, start } from '../someGrant.ts';
import { asking, hour, narrowing, refused } from '../asking.ts';

describe('an access token for fewer scopes', () => {
  it('is the one there is, unless the provider is set to narrow', async () => {
    const { cache, sent, tokenFor } = asking(someProvider);
    await cache.put(someGrant());
    assert.equal(await tokenFor('openid', 'email'), 'access-1');
    assert.deepEqual(sent, []);
  });

  it('is got by a refresh, kept beside the main one, and serves until it ends', async () => {
    const { cache, clock, sent, tokenFor } = asking(narrowing);
    await cache.put(someGrant());
    const token = await tokenFor('openid', 'email');
    assert.equal(token, 'access for email openid #1');
    assert.equal(await tokenFor('email', 'openid'), token, 'the order does not matter');
    assert.equal(await tokenFor('openid', 'profile', 'email', 'offline_access'), 'access-1');
    assert.equal(await tokenFor(), 'access-1', 'nothing in particular is what was granted');
    assert.deepEqual(sent, [['refresh-1', 'email openid']]);
    await clock.advance(hour);
    assert.deepEqual(sent.slice(1), [['refresh-2', '']], 'by itself, only the main one is renewed');
    assert.equal(await tokenFor('openid', 'email'), 'access for email openid #3');
    assert.deepEqual(sent.slice(2), [['refresh-3', 'email openid']]);
  });

  it('is for what was granted of it, where the server grants less than was asked for', async () => {
    const { cache, sent, tokenFor, server, tokensFor } = asking(narrowing);
    await cache.put(someGrant({ sessions: [['email', 'admin']] }));
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), grantedScopes: ['email'] });
    assert.match((await tokenFor('email', 'admin')) ?? '', /admin email/);
    assert.deepEqual(sent, [['refresh-1', 'admin email']]);
  });

  it('is renewed before it ends, while it still answers', async () => {
    const { cache, clock, sent, tokenFor } = asking(narrowing);
    await cache.put(someGrant());
    const token = await tokenFor('email');
    await clock.advance(55 * 60_000);
    const before = sent.length;
    assert.equal(await tokenFor('email'), token);
    await settled();
    assert.equal(sent.length, before + 1);
    assert.notEqual(await tokenFor('email'), token);
  });

  it('takes one request, however many ask, and never two of a grant at once', async () => {
    const { cache, sent, server, refresher, tokenFor } = asking(narrowing);
    await cache.put(someGrant());
    const asked = await Promise.all([
      ...Array.from({ length: 500 }, () => tokenFor('email')),
      ...Array.from({ length: 500 }, () => tokenFor('profile')),
      ...Array.from({ length: 500 }, () => refresher.renew('grant-0001', 1).then(() => undefined)),
    ]);
    assert.equal(new Set(asked).size, 3);
    assert.deepEqual(sent.map(([, derived]) => derived).sort(), ['', 'email', 'profile']);
    assert.deepEqual(sent.map(([token]) => token).sort(), ['refresh-1', 'refresh-2', 'refresh-3']);
    assert.equal(server.most, 1);
  });

  it('is handed out when the rotated refresh token is stored, and survives a restart', async () => {
    const { storage, cache, tokenFor } = asking(narrowing);
    await cache.put(someGrant());
    const token = await tokenFor('email');
    assert.match(storage.values.get('grant:grant-0001') ?? '', /"refreshToken":"refresh-2"/);
    const restarted = asking(narrowing, storage);
    assert.equal(await restarted.tokenFor('email'), token);
    assert.deepEqual(restarted.sent, []);
  });

  it('is not given by a server that grants more than that', async () => {
    const { storage, cache, server, sent, tokenFor, tokensFor } = asking(narrowing);
    await cache.put(someGrant());
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), grantedScopes: ['openid', 'email'] });
    await assert.rejects(tokenFor('email'), /fewer scopes.*It granted more than that: openid/s);
    await assert.rejects(tokenFor('email'), /narrowTokens/);
    assert.equal(sent.length, 1, 'and is not asked again at once');
    assert.match(storage.values.get('grant:grant-0001') ?? '', /"refreshToken":"refresh-2"/);
  });

  it('is not given by a server that refuses it: that ends no sign-in', async () => {
    const { cache, clock, server, sent, needed, tokenFor, tokensFor } = asking(narrowing);
    await cache.put(someGrant());
    server.answer = scopes =>
      scopes ? Promise.reject(refused('invalid_scope')) : Promise.resolve(tokensFor(scopes));
    await assert.rejects(tokenFor('email'), /invalid_scope/);
    assert.equal(await tokenFor(), 'access-1');
    await clock.advance(50 * 60_000);
    assert.equal(sent.length, 1, 'a server may have spent the token and then refused: it is not sent again');
    await clock.advance(10 * 60_000);
    assert.equal(await tokenFor(), 'access for all #2');
    assert.deepEqual(needed, []);
  });

  it('ends the sign-in when it is the refresh token that is refused', async () => {
    const { cache, server, needed, tokenFor } = asking(narrowing);
    await cache.put(someGrant());
    const details = { host: 'login.example.com', error: 'invalid_grant', said: '' };
    server.answer = () =>
      Promise.reject(new Failure('grant-refused', details, { oauthError: 'invalid_grant' }));
    assert.equal(await tokenFor('email'), undefined);
    assert.equal(needed.length, 1);
  });

  it('cannot be had offline the first time; later the last one answers', async () => {
    const { cache, clock, server, tokenFor, tokensFor } = asking(narrowing);
    await cache.put(someGrant());
    const offline = () =>
      Promise.reject(
        new Failure('unreachable', { host: 'x', reason: 'there is no network' }, { sent: false }),
      );
    server.answer = offline;
    await assert.rejects(
      tokenFor('email'),
      (error: unknown) => error instanceof Failure && error.code === 'token-unavailable',
    );
    server.answer = scopes => Promise.resolve(tokensFor(scopes));
    await clock.advance(10_000);
    const token = await tokenFor('email');
    server.answer = offline;
    await clock.advance(2 * hour);
    assert.equal(await tokenFor('email'), token);
  });

  it('is not sought where there is no refresh token to get it with', async () => {
    const { cache, sent, tokenFor } = asking(narrowing);
    await cache.put(someGrant({ tokens: someTokens(1, { refreshToken: undefined }) }));
    await assert.rejects(tokenFor('email'), /There’s no refresh token/);
    assert.equal(await tokenFor(), 'access-1');
    assert.deepEqual(sent, []);
  });

  it('is not asked for again and again of a server whose tokens end at once', async () => {
    const { cache, server, sent, tokenFor, tokensFor } = asking(narrowing);
    await cache.put(someGrant());
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), expiresAt: start });
    for (let asked = 0; asked < 100; asked++) await tokenFor('email');
    assert.equal(sent.length, 1);
  });
});
