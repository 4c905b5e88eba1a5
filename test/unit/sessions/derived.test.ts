import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { Failure } from '../../../src/protocol/failure.ts';
import type { Tokens } from '../../../src/protocol/tokens.ts';
import type { Provider } from '../../../src/providers/definition.ts';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import { mostDerived, withDerived } from '../../../src/sessions/derived.ts';
import { parseGrant, serialiseGrant, type Grant } from '../../../src/sessions/grant.ts';
import { plainScopes } from '../../../src/sessions/pseudoScopes.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { hourOfTokens } from '../../standIns/quietWindow.ts';
import { keptGrants } from './keptGrants.ts';
import { someGrant, someProvider, someTokens, start } from './someGrant.ts';

const hour = 3_600_000;
const narrowing: Provider = { ...someProvider, narrowTokens: true };
const [first, second, third] = ['https://a.example.com/', 'https://b.example.com/', 'https://c.example.com/'];
const several: Provider = { ...someProvider, tokenPerResource: true, resources: [first, second] };

/** What a refresh asked for: the refresh token, and the scopes of the derived token; '' for the main one. */
type Sent = readonly [refreshToken: string, derived: string];

/** One window that asks for tokens, and a server that rotates refresh tokens and answers as the test says. */
function asking(provider: Provider, storage = memorySecretStorage()) {
  const clock = manualClock(start * 1000);
  const sent: Sent[] = [];
  let atOnce = 0;
  const server = {
    most: 0,
    answer: (scopes: readonly string[] | undefined): Promise<Tokens> => Promise.resolve(tokensFor(scopes)),
  };
  const tokensFor = (scopes: readonly string[] | undefined): Tokens =>
    hourOfTokens(clock, sent.length + 1, {
      accessToken: secret(`access for ${scopes?.join(' ') ?? 'all'} #${sent.length}`),
      grantedScopes: scopes && plainScopes(scopes),
    });
  const kept = keptGrants(
    {
      clock,
      async answer(grant, derived) {
        sent.push([grant.tokens.refreshToken?.reveal() ?? '', derived?.join(' ') ?? '']);
        server.most = Math.max(server.most, ++atOnce);
        try {
          return await server.answer(derived);
        } finally {
          atOnce--;
        }
      },
      narrowsTokens: () => provider.narrowTokens,
    },
    storage,
  );
  const { book, keeper, log } = kept;
  const accounts = createAccounts({
    book,
    clock,
    log,
    renew: (id, serial) => keeper.renew(id, serial),
    derive: (id, scopes, serial) => keeper.derive(id, scopes, serial),
    add: () => Promise.reject(new Error('Nobody signs in')),
    assumedLifetime: () => undefined,
  });
  const tokenFor = async (...scopes: string[]): Promise<string | undefined> => {
    const [session] = await accounts.sessions(provider, scopes);
    assert.deepEqual(session?.scopes ?? scopes, scopes);
    return session?.accessToken.reveal();
  };
  return { ...kept, clock, sent, server, tokenFor, tokensFor };
}

const refused = (error: string) =>
  new Failure('request-refused', { host: 'login.example.com', error, said: '' });

describe('an access token for fewer scopes', () => {
  it('is the one there is, unless the provider is set to narrow', async () => {
    const { book, sent, tokenFor } = asking(someProvider);
    await book.put(someGrant());
    assert.equal(await tokenFor('openid', 'email'), 'access-1');
    assert.deepEqual(sent, []);
  });

  it('is got by a refresh, kept beside the main one, and serves until it ends', async () => {
    const { book, clock, sent, tokenFor } = asking(narrowing);
    await book.put(someGrant());
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
    const { book, sent, tokenFor, server, tokensFor } = asking(narrowing);
    await book.put(someGrant({ sessions: [['email', 'admin']] }));
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), grantedScopes: ['email'] });
    assert.match((await tokenFor('email', 'admin')) ?? '', /admin email/);
    assert.deepEqual(sent, [['refresh-1', 'admin email']]);
  });

  it('is renewed before it ends, while it still answers', async () => {
    const { book, clock, sent, tokenFor } = asking(narrowing);
    await book.put(someGrant());
    const token = await tokenFor('email');
    await clock.advance(55 * 60_000);
    const before = sent.length;
    assert.equal(await tokenFor('email'), token);
    await settled();
    assert.equal(sent.length, before + 1);
    assert.notEqual(await tokenFor('email'), token);
  });

  it('takes one request, however many ask, and never two of a grant at once', async () => {
    const { book, sent, server, keeper, tokenFor } = asking(narrowing);
    await book.put(someGrant());
    const asked = await Promise.all([
      ...Array.from({ length: 500 }, () => tokenFor('email')),
      ...Array.from({ length: 500 }, () => tokenFor('profile')),
      ...Array.from({ length: 500 }, () => keeper.renew('grant-0001', 1).then(() => undefined)),
    ]);
    assert.equal(new Set(asked).size, 3);
    assert.deepEqual(sent.map(([, derived]) => derived).sort(), ['', 'email', 'profile']);
    assert.deepEqual(sent.map(([token]) => token).sort(), ['refresh-1', 'refresh-2', 'refresh-3']);
    assert.equal(server.most, 1);
  });

  it('is handed out when the rotated refresh token is stored, and survives a restart', async () => {
    const { storage, book, tokenFor } = asking(narrowing);
    await book.put(someGrant());
    const token = await tokenFor('email');
    assert.match(storage.values.get('grant:grant-0001') ?? '', /"refreshToken":"refresh-2"/);
    const restarted = asking(narrowing, storage);
    assert.equal(await restarted.tokenFor('email'), token);
    assert.deepEqual(restarted.sent, []);
  });

  it('is not given by a server that grants more than that', async () => {
    const { storage, book, server, sent, tokenFor, tokensFor } = asking(narrowing);
    await book.put(someGrant());
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), grantedScopes: ['openid', 'email'] });
    await assert.rejects(tokenFor('email'), /fewer scopes.*It granted more than that: openid/s);
    await assert.rejects(tokenFor('email'), /narrowTokens/);
    assert.equal(sent.length, 1, 'and is not asked again at once');
    assert.match(storage.values.get('grant:grant-0001') ?? '', /"refreshToken":"refresh-2"/);
  });

  it('is not given by a server that refuses it: that ends no sign-in', async () => {
    const { book, clock, server, sent, needed, tokenFor, tokensFor } = asking(narrowing);
    await book.put(someGrant());
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
    const { book, server, needed, tokenFor } = asking(narrowing);
    await book.put(someGrant());
    const details = { host: 'login.example.com', error: 'invalid_grant', said: '' };
    server.answer = () => Promise.reject(new Failure('grant-refused', details));
    assert.equal(await tokenFor('email'), undefined);
    assert.equal(needed.length, 1);
  });

  it('cannot be had offline the first time; later the last one answers', async () => {
    const { book, clock, server, tokenFor, tokensFor } = asking(narrowing);
    await book.put(someGrant());
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
    const { book, sent, tokenFor } = asking(narrowing);
    await book.put(someGrant({ tokens: someTokens(1, { refreshToken: undefined }) }));
    await assert.rejects(tokenFor('email'), /There is no refresh token/);
    assert.equal(await tokenFor(), 'access-1');
    assert.deepEqual(sent, []);
  });

  it('is not asked for again and again of a server whose tokens end at once', async () => {
    const { book, server, sent, tokenFor, tokensFor } = asking(narrowing);
    await book.put(someGrant());
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), expiresAt: start });
    for (let asked = 0; asked < 100; asked++) await tokenFor('email');
    assert.equal(sent.length, 1);
  });
});

describe('an access token for another resource', () => {
  const signedInFor = (...resources: string[]): Grant => someGrant({ resources });

  it('takes a sign-in of its own by default', async () => {
    const { book, sent, tokenFor } = asking({ ...several, tokenPerResource: false });
    await book.put(signedInFor(first, second));
    assert.equal(await tokenFor('openid', `resource:${second}`), undefined);
    assert.deepEqual(sent, []);
  });

  it('is got by a refresh where one sign-in serves several', async () => {
    const { book, sent, tokenFor } = asking(several);
    await book.put(signedInFor(first, second));
    assert.equal(await tokenFor('openid'), 'access-1');
    const token = await tokenFor('openid', `resource:${second}`);
    assert.match(token ?? '', /b\.example\.com/);
    assert.equal(await tokenFor(`resource:${second}`, 'openid'), token);
    assert.deepEqual(sent, [['refresh-1', `openid resource:${second}`]]);
  });

  it('is not tried for a resource or an audience that the sign-in was not for', async () => {
    const { book, sent, tokenFor } = asking(several);
    await book.put(signedInFor(first, second));
    assert.equal(await tokenFor('openid', `resource:${third}`), undefined);
    assert.equal(await tokenFor('openid', `resource:${second}`, `resource:${third}`), undefined);
    assert.equal(await tokenFor('openid', 'audience:x'), undefined);
    assert.equal(await tokenFor('openid', 'audience:x', `resource:${second}`), undefined);
    assert.deepEqual(sent, []);
  });

  it('serves whoever asks for the same, and nobody else', async () => {
    const { book, sent, tokenFor } = asking(someProvider);
    const target = [`resource:${third}`];
    await book.put(someGrant({ target, resources: [third], sessions: [['openid', ...target]] }));
    assert.equal(await tokenFor('openid', ...target), 'access-1');
    assert.equal(await tokenFor('profile', ...target), 'access-1', 'more scopes were granted');
    assert.equal(await tokenFor('openid'), undefined);
    assert.deepEqual(sent, []);
  });

  for (const [how, failure] of [
    ['as it should be refused', refused('invalid_target')],
    [
      'as if the sign-in were over',
      new Failure('grant-refused', { host: 'x', error: 'invalid_grant', said: '' }),
    ],
  ] as const) {
    it(`takes a sign-in if the server refuses it ${how}; the sign-in there is goes on`, async () => {
      const { book, clock, server, sent, needed, tokenFor } = asking(several);
      await book.put(signedInFor(first, second));
      server.answer = () => Promise.reject(failure);
      assert.equal(await tokenFor('openid', `resource:${second}`), undefined);
      assert.equal(await tokenFor('openid', `resource:${second}`), undefined);
      assert.equal(await tokenFor('openid'), 'access-1');
      assert.equal(sent.length, 1);
      assert.deepEqual(needed, []);
      await clock.advance(1000);
      assert.equal((await book.get('grant-0001'))?.signInNeeded, undefined);
    });
  }

  it('lacks a scope that was asked for: then it takes a sign-in', async () => {
    const { book, server, tokenFor, tokensFor } = asking(several);
    await book.put(signedInFor(first, second));
    server.answer = scopes => Promise.resolve({ ...tokensFor(scopes), grantedScopes: ['openid'] });
    assert.equal(await tokenFor('reports:read', `resource:${second}`), undefined);
  });
});

describe('a grant with derived tokens', () => {
  const grant = someGrant({
    target: ['resource:https://a.example.com/'],
    resources: ['https://a.example.com/'],
    registeredClient: { method: 'client_secret_basic', secret: secret('client secret') },
    derived: [
      {
        kind: 'token',
        scopes: ['email'],
        serial: 3,
        accessToken: secret('the derived token'),
        receivedAt: start,
        expiresAt: start + 60,
      },
      { kind: 'refused', scopes: ['profile'], since: start, reason: 'It did not want to.' },
    ],
  });

  it('is the same when it is read back, and shows no secret', () => {
    const read = parseGrant(serialiseGrant(grant));
    assert.ok(read.kind === 'grant');
    assert.equal(serialiseGrant(read.grant), serialiseGrant(grant));
    assert.doesNotMatch(JSON.stringify(grant), /the derived token|client secret/);
    const [token] = read.grant.derived;
    assert.equal(token?.kind === 'token' && token.accessToken.reveal(), 'the derived token');
  });

  it('is read from before there were any', () => {
    const stored = JSON.parse(serialiseGrant(grant)) as Record<string, unknown>;
    for (const name of ['target', 'resources', 'derived', 'registeredClient']) delete stored[name];
    const read = parseGrant(JSON.stringify(stored));
    assert.ok(read.kind === 'grant');
    assert.deepEqual(
      [read.grant.target, read.grant.resources, read.grant.derived, read.grant.registeredClient],
      [[], [], [], undefined],
    );
  });

  it('keeps a bounded number of them, those that last longest', () => {
    let current: Grant = someGrant();
    for (let at = 0; at < mostDerived + 10; at++) {
      const expiresAt = start + 10_000 - at;
      const accessToken = secret(`token ${at}`);
      const entry = {
        kind: 'token',
        scopes: [`s${at}`],
        serial: 1,
        accessToken,
        receivedAt: start,
        expiresAt,
      };
      current = { ...current, derived: withDerived(current, { ...entry, kind: 'token' }) };
    }
    assert.equal(current.derived.length, mostDerived);
    assert.deepEqual(current.derived[0]?.scopes, [`s${mostDerived + 9}`]);
    assert.ok(current.derived.some(({ scopes }) => scopes[0] === 's0'));
  });
});
