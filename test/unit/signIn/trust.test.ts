import assert from 'node:assert/strict';
import { memoryOf } from '../../standIns/memento.ts';
import { shown } from '../../../src/platform/shown.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import { hostsOf } from '../../../src/providers/entries/destination.ts';
import type { Terms } from '../../../src/providers/entries/terms.ts';
import { createTrust, type Yes } from '../../../src/signIn/trust.ts';
import { settled } from '../../standIns/manualClock.ts';
import { changedProvider, someProvider } from '../sessions/someGrant.ts';

interface Asked {
  readonly provider: Provider;
  readonly before: Terms | undefined;
  readonly signal: AbortSignal;
  answer(agrees: boolean): void;
}

/** A person who answers when the test says so, and what this editor remembers. */
function person(memory = new Map<string, string>(), hasSignIns = false) {
  const asked: Asked[] = [];
  /** The ids of the providers, as often as the person agreed to them. */
  const agreed: string[] = [];
  const trust = createTrust({
    memory: memoryOf(memory),
    ask: (provider, before, signal) =>
      new Promise(answer => {
        asked.push({ provider, before, signal, answer: agrees => answer(agrees as Yes | false) });
      }),
    hasSignIns: () => Promise.resolve(hasSignIns),
    onAgreed(provider) {
      agreed.push(provider.id);
      return Promise.resolve();
    },
  });
  const question = async (number: number): Promise<Asked> => {
    await settled();
    return asked[number - 1] ?? assert.fail(`question ${number} isn’t asked`);
  };
  return { trust, asked, agreed, question, memory };
}

/** What came of it, unless it waits for an answer. */
async function ended<T>(result: Promise<T>): Promise<T> {
  const waits = settled().then(() => assert.fail('a question waits for an answer'));
  return Promise.race([result, waits]);
}

const going = (): AbortSignal => new AbortController().signal;

describe('a provider that is new here', () => {
  it('is asked about once, whatever comes later', async () => {
    const { trust, asked, agreed, question } = person();
    const first = trust.check(someProvider, going());
    (await question(1)).answer(true);
    assert.ok(await ended(first));
    assert.equal(asked[0]?.before, undefined);
    assert.ok(await ended(trust.check({ ...someProvider, label: shown('Another'), scopes: ['x'] }, going())));
    assert.equal(asked.length, 1);
    assert.deepEqual(agreed, [someProvider.id], 'sign-ins that waited are let go');
  });

  it('is asked about again after a refusal, of which nothing is remembered', async () => {
    const { trust, agreed, question, memory } = person();
    const first = trust.check(someProvider, going());
    (await question(1)).answer(false);
    assert.equal(await ended(first), false);
    assert.equal(memory.size, 0);
    assert.deepEqual(agreed, []);
    const second = trust.check(someProvider, going());
    assert.equal((await question(2)).before, undefined);
    (await question(2)).answer(true);
    assert.ok(await ended(second));
  });

  it('is asked about once for all who want it at the same time', async () => {
    for (const agrees of [true, false]) {
      const { trust, asked, question } = person();
      const both = Promise.all([trust.check(someProvider, going()), trust.check(someProvider, going())]);
      (await question(1)).answer(agrees);
      assert.deepEqual((await ended(both)).map(Boolean), [agrees, agrees]);
      assert.equal(asked.length, 1);
    }
  });

  it('waits until the question about another one is answered', async () => {
    const { trust, asked, question } = person();
    const other = { ...someProvider, id: 'other' };
    const first = trust.check(someProvider, going());
    const second = trust.check(other, going());
    const { answer } = await question(1);
    await settled();
    assert.equal(asked.length, 1);
    answer(false);
    (await question(2)).answer(true);
    assert.deepEqual((await ended(Promise.all([first, second]))).map(Boolean), [false, true]);
    assert.equal(asked[1]?.provider.id, 'other');
  });

  it('is not asked about if the sign-in ended while it waited, or was answered in another window', async () => {
    const { trust, asked, question, memory } = person();
    const given = new AbortController();
    const first = trust.check(someProvider, going());
    const second = trust.check({ ...someProvider, id: 'ended' }, given.signal);
    const third = trust.check({ ...someProvider, id: 'elsewhere' }, going());
    const { answer } = await question(1);
    given.abort();
    const elsewhere = person(memory).trust;
    await ended(elsewhere.accept({ ...someProvider, id: 'elsewhere' }, going()));
    answer(true);
    assert.deepEqual((await ended(Promise.all([first, second, third]))).map(Boolean), [true, false, true]);
    assert.equal(asked.length, 1);
  });

  it('is not asked about if the person has just entered it, and is if they have removed it since', async () => {
    const { trust, asked, question } = person();
    await ended(trust.accept(someProvider, going()));
    assert.ok(await ended(trust.check(someProvider, going())));
    assert.equal(asked.length, 0);
    trust.forget(someProvider.id);
    const check = trust.check(someProvider, going());
    assert.equal((await question(1)).before, undefined);
    (await question(1)).answer(false);
    assert.equal(await ended(check), false);
  });

  it('is entered again without a question as long as nobody has signed in', async () => {
    const { trust, asked } = person();
    assert.ok(await ended(trust.accept(someProvider, going())));
    assert.ok(await ended(trust.accept(changedProvider({ clientId: 'other' }), going())));
    trust.forget(someProvider.id);
    assert.ok(await ended(trust.accept(someProvider, going())), 'after they have removed it');
    assert.equal(asked.length, 0);
  });

  for (const [what, hasSignIns, before] of [
    ['there are sign-ins of its ID', true, undefined],
    ['something else was agreed to', false, 'other terms'],
  ] as const)
    it(`is asked about though it was entered here, if ${what}`, async () => {
      const memory = new Map(before === undefined ? [] : [[`trusted/${someProvider.id}`, before]]);
      const { trust, question, agreed } = person(memory, hasSignIns);
      const accepted = trust.accept(someProvider, going());
      assert.equal((await question(1)).before, before);
      (await question(1)).answer(false);
      assert.equal(await ended(accepted), false);
      assert.deepEqual(agreed, [], 'no sign-in that waits is used');
    });
});

describe('a provider whose certificate is not verified', () => {
  const end = ',["certificates","unverified"]]';
  const unverified = { ...someProvider, terms: `${someProvider.terms.slice(0, -1)}${end}` };

  it('is asked about once, also when its certificate is verified at times', async () => {
    const { trust, asked, question } = person();
    const first = trust.check(someProvider, going());
    (await question(1)).answer(true);
    assert.ok(await ended(first));
    const second = trust.check(unverified, going());
    assert.equal((await question(2)).before, someProvider.terms);
    (await question(2)).answer(true);
    assert.ok(await ended(second));
    for (const provider of [someProvider, unverified, someProvider]) {
      assert.ok(trust.isAgreed(provider));
      assert.ok(await ended(trust.check(provider, going())));
    }
    assert.equal(asked.length, 2);
  });

  it('is asked about though it was just entered', async () => {
    const { trust, question } = person();
    const entered = trust.accept(unverified, going());
    (await question(1)).answer(false);
    assert.equal(await ended(entered), false);
  });
});

describe('a provider that has changed', () => {
  const changes: Record<string, Partial<Provider>> = {
    'its issuer': { issuer: 'https://login.example.com/' },
    'its client': { clientId: 'other' },
    'where its metadata is': { metadataUrl: 'https://other.example/.well-known/openid-configuration' },
    'an endpoint': { endpoints: { token: 'https://other.example/token' } },
    'the page that its answers pass through': { redirect: { bridge: 'https://other.example/bridge' } },
    'the relay that its answers pass through': { redirect: { relay: 'https://other.example/relay' } },
    'whose token it is sent': {
      service: { way: 'token-exchange', from: 'company', subjectToken: 'access_token' },
    },
    'the extension that brings it': { contributedBy: 'evil.extension' },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`in ${what} is asked about again`, async () => {
      const { trust, question } = person();
      await ended(trust.accept(someProvider, going()));
      const check = trust.check(changedProvider(change), going());
      assert.equal((await question(1)).before, someProvider.terms);
      (await question(1)).answer(true);
      assert.ok(await ended(check));
      const back = trust.check(someProvider, going());
      (await question(2)).answer(false);
      assert.equal(await ended(back), false, 'and so is the way back');
    });
  }

  it('in nothing but the order of its endpoints is not', async () => {
    const { trust, asked } = person();
    const endpoints = { token: 'https://a.example/t', authorization: 'https://a.example/a' };
    await ended(trust.accept(changedProvider({ endpoints }), going()));
    const { token, authorization } = endpoints;
    assert.ok(await ended(trust.check(changedProvider({ endpoints: { authorization, token } }), going())));
    assert.equal(asked.length, 0);
  });
});

describe('the hosts of a provider', () => {
  it('begin with the one where the person signs in', () => {
    assert.deepEqual(hostsOf(someProvider), ['login.example.com']);
    const named = {
      ...someProvider,
      endpoints: { token: 'https://tokens.example:8443/t', authorization: 'https://evil.example/a' },
      redirect: { bridge: 'https://bridge.example/' },
    };
    assert.deepEqual(hostsOf(named), [
      'evil.example',
      'login.example.com',
      'tokens.example:8443',
      'bridge.example',
    ]);
  });

  it('are those of every address in the settings', () => {
    const address = (name: string) => `https://${name}.other.example/`;
    const names = ['authorization', 'token', 'keys', 'userInfo', 'deviceAuthorization'];
    const others = ['revocation', 'introspection', 'endSession'];
    const endpoints = Object.fromEntries([...names, ...others].map(name => [name, address(name)]));
    const redirect = { bridge: address('bridge'), relay: address('relay'), paste: address('paste') };
    const hosts = hostsOf({ ...someProvider, metadataUrl: address('metadata'), endpoints, redirect });
    const written = [...names, ...others, 'bridge', 'relay', 'paste', 'metadata'];
    assert.deepEqual(
      [...hosts].sort(),
      [...written.map(name => `${name.toLowerCase()}.other.example`), 'login.example.com'].sort(),
    );
  });

  it('are written so that no other name looks like them', () => {
    assert.deepEqual(hostsOf({ ...someProvider, issuer: 'https://\u0430pple.com' }), ['xn--pple-43d.com']);
  });
});
