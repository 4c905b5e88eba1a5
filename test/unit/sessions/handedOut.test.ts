import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../src/protocol/tokens/tokens.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import { createExports } from '../../../src/authentication/exports.ts';
import { stateOf } from '../../../src/ui/signInsView/state.ts';
import { everyGrantOf } from '../../standIns/quietWindow.ts';
import { settled } from '../../standIns/manualClock.ts';
import { asking, hour } from './asking.ts';
import { someGrant, someProvider, someTokens, start } from './someGrant.ts';

const host = 'login.example.com';
const unreachable = () =>
  new Failure('unreachable', { host, reason: 'there is no network' }, { sent: false });
const forbidden = () => new Failure('unexplained', { host, status: 403 });
const invalidGrant = () =>
  new Failure('grant-refused', { host, error: 'invalid_grant' }, { oauthError: 'invalid_grant' });

/** As GitLab's: each refresh ends the access token before. */
const endsPair: Provider = { ...someProvider, refreshEndsAccessToken: true };
const oneMinuteBefore = hour - 60_000;

describe('whoever asks for a token that a refresh ends', () => {
  it('waits for the refresh under way, however many ask, and never gets the dead one', async () => {
    const { cache, clock, sent, server, tokenFor, tokensFor } = asking(endsPair);
    await cache.put(someGrant());
    const answer = Promise.withResolvers<Tokens>();
    server.answer = () => answer.promise;
    await clock.advance(oneMinuteBefore);
    assert.equal(sent.length, 1, 'by itself');
    const asked = Array.from({ length: 13 }, () => tokenFor());
    await clock.advance(4000);
    answer.resolve(tokensFor(undefined));
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(['access for all #1']));
    assert.equal(sent.length, 1);
  });

  it('causes it if it is due, and waits for it', async () => {
    const { cache, clock, sent, tokenFor } = asking(endsPair);
    await cache.put(someGrant());
    // Timers run by the time that really passes.
    clock.set(oneMinuteBefore - 1000);
    assert.equal(await tokenFor(), 'access-1');
    assert.deepEqual(sent, []);
    clock.set(1000);
    assert.equal(await tokenFor(), 'access for all #1');
  });

  it('gets the old one after all, if the refresh fails', async () => {
    const { cache, clock, server, tokenFor } = asking(endsPair);
    await cache.put(someGrant());
    server.answer = () => Promise.reject(unreachable());
    await clock.advance(oneMinuteBefore);
    assert.equal(await tokenFor(), 'access-1');
  });

  it('gets none when the server has ended the sign-in, and with it the token', async () => {
    const { cache, server, refresher, tokenFor } = asking(endsPair);
    await cache.put(someGrant());
    server.answer = () => Promise.reject(invalidGrant());
    await refresher.renew('grant-0001', 1);
    assert.equal(await tokenFor(), undefined, 'so that a sign-in can be asked for');
  });

  it('gets it still, where only the refresh token has ended', async () => {
    const { cache, server, refresher, tokenFor } = asking(someProvider);
    await cache.put(someGrant());
    server.answer = () => Promise.reject(invalidGrant());
    await refresher.renew('grant-0001', 1);
    assert.equal(await tokenFor(), 'access-1');
  });
});

describe('a provider that is back', () => {
  it('is asked at the next click, a few seconds after the last try, and gives a token that works', async () => {
    const { cache, clock, sent, server, tokenFor, tokensFor } = asking(someProvider);
    await cache.put(someGrant());
    server.answer = () => Promise.reject(unreachable());
    await clock.advance(2 * hour);
    const tries = sent.length;
    for (let second = 0; second < 60; second++) {
      assert.equal(await tokenFor(), 'access-1', 'offline, it is the best there is');
      await clock.advance(1000);
    }
    assert.ok(sent.length - tries <= 13, `${sent.length - tries} tries in a minute`);
    assert.ok(sent.length - tries >= 11, `${sent.length - tries} tries in a minute`);
    server.answer = scopes => Promise.resolve(tokensFor(scopes));
    await clock.advance(5000);
    assert.match((await tokenFor()) ?? '', /^access for all/);
  });
});

describe('a firewall in the place of the provider', () => {
  const blocked = async () => {
    const kept = asking(someProvider);
    await kept.cache.put(someGrant());
    kept.server.answer = () => Promise.reject(forbidden());
    return kept;
  };

  it('costs nobody anything while the token works', async () => {
    const { cache, clock, needed, tokenFor } = await blocked();
    await clock.advance(hour - 1000);
    assert.equal(await tokenFor(), 'access-1');
    assert.deepEqual(needed, []);
    assert.equal(
      (await cache.get('grant-0001'))?.refreshSentAt,
      undefined,
      'no answer of the server, no doubt',
    );
  });

  it('is told of once when the token has ended, and the person may sign in', async () => {
    const { clock, needed, tokenFor } = await blocked();
    await clock.advance(2 * hour);
    assert.deepEqual(needed, [forbidden().message]);
    assert.match(needed[0] ?? '', /firewall or proxy/);
    assert.equal(await tokenFor(), undefined);
  });

  it('is forgotten when it has gone: nobody has to sign in', async () => {
    const { cache, clock, needed, server, tokenFor, tokensFor } = await blocked();
    await clock.advance(2 * hour);
    server.answer = scopes => Promise.resolve(tokensFor(scopes));
    await clock.advance(5000);
    assert.match((await tokenFor()) ?? '', /^access for all/);
    assert.equal((await cache.get('grant-0001'))?.signInNeeded, undefined);
    assert.equal(needed.length, 1);
  });

  it('that answers now and then is none of the network that fails otherwise', async () => {
    const { clock, server, needed } = await blocked();
    let asked = 0;
    server.answer = () => Promise.reject(++asked > 4 ? unreachable() : forbidden());
    await clock.advance(10 * hour);
    assert.deepEqual(needed, []);
  });
});

describe('metadata that names another token endpoint', () => {
  const changed = () =>
    new Failure('endpoint-changed', { issuer: `https://${host}`, found: 'https://evil.example/token' });

  it('needs the person, sends nothing, and is no matter when it names the right one again', async () => {
    const { cache, clock, needed, server, tokenFor, tokensFor } = asking(someProvider);
    await cache.put(someGrant());
    server.answer = () => Promise.reject(changed());
    await clock.advance(2 * hour);
    assert.deepEqual(needed, [changed().message]);
    assert.equal(await tokenFor(), undefined);
    server.answer = scopes => Promise.resolve(tokensFor(scopes));
    await clock.advance(300_000);
    const grant = await cache.get('grant-0001');
    assert.deepEqual([grant?.signInNeeded, grant?.tokens.serial], [undefined, 2]);
  });
});

describe('when a token is renewed', () => {
  for (const [what, provider] of [
    ['an hour', someProvider],
    ['where a refresh ends it', endsPair],
  ] as const) {
    it(`is the same for the refresher, the view, extensions and whoever asks: ${what}`, async () => {
      const { cache, clock, sent, refresher, tokenFor } = asking(provider);
      const tokens = someTokens(1, { expiresAt: start + 7200 });
      await cache.put(someGrant({ tokens }));
      const exported = createExports({
        ...{ cache, clock, providers: everyProvider(provider) },
        parts: () => assert.fail('nothing is proved'),
      });
      const session = {
        id: 'grant-0001:openid profile',
        accessToken: 'access-1',
        account: { id: '', label: '' },
      };
      const { refreshAt = NaN } = await exported.describe({ ...session, scopes: [] });
      const next = clock.next ?? NaN;
      assert.equal(next / 1000, refreshAt);
      refresher.dispose();
      clock.set((refreshAt - start) * 1000 - 1000);
      const grant = someGrant({ tokens });
      const trouble = { reason: 'No network.', retryAt: refreshAt + 60, failures: 1, obstructions: 0 };
      const memory = { serial: 1, request: undefined, silentUntil: undefined, lacksSecret: false };
      const shown = (at: number): string =>
        stateOf(grant, provider, { ...memory, trouble: { ...trouble, failedAt: at, notBefore: at } }, at)
          .kind;
      assert.deepEqual([shown(refreshAt - 1), shown(refreshAt)], ['valid', 'offline']);
      assert.equal(await tokenFor(), 'access-1');
      await settled();
      assert.deepEqual(sent, []);
    });
  }
});

const everyProvider = (provider: Provider) => ({
  ...everyGrantOf(provider),
  list: () => [provider],
  byId: () => provider,
  contested: () => [],
  update: () => undefined,
});
