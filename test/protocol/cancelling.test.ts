import assert from 'node:assert/strict';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { Failure, type FailureCode } from '../../src/protocol/failures/failure.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../servers/faultProxy.ts';
import { people } from '../servers/identityProvider/people.ts';
import { signInOverHttp } from '../servers/identityProvider/person.ts';
import { manualClock, settled, type ManualClock } from '../standIns/manualClock.ts';
import { signInTrial, until, type SignInTrial } from './signingIn.ts';

const failsWith = (code: FailureCode) => (error: unknown) =>
  error instanceof Failure ? error.code === code : assert.fail(String(error));

/** What holds a sign-in up, by the stage in which it then is. */
const stages = {
  'while the provider is asked': '/.well-known/openid-configuration',
  'while this editor is registered': '/register',
  'while the request is pushed': '/par',
  'while the browser is opened': undefined,
  'while the code is exchanged': '/token',
} as const;

describe('a sign-in that is held up', () => {
  let server: FaultyIdentityProvider;
  let clock: ManualClock;
  let trial: SignInTrial;
  let registeredBefore: number;
  /** Lets go of what holds the sign-in up. */
  let release: () => void;

  before(async () => {
    server = await startFaultyIdentityProvider();
  });
  after(() => server.close());
  afterEach(() => {
    release();
    server.proxy.heal();
  });

  /** Starts a sign-in by way of this computer, and waits until it is held up. */
  async function heldUp(
    path: string | undefined,
    signal: AbortSignal,
    definition: Partial<ProviderDefinition> = {},
    providerTimeout = 60,
  ): Promise<{ result: Promise<unknown> }> {
    const hold = Promise.withResolvers<void>();
    release = hold.resolve;
    registeredBefore = server.requestsTo('/register').length;
    clock = manualClock();
    trial = signInTrial({
      clock,
      method: 'loopback',
      // A browser that opens for ever: the editor still asks the person whether to.
      browser: path === undefined ? () => true : goesBack,
    });
    Object.assign(trial.context.timeouts, { provider: providerTimeout });
    if (path === undefined) {
      const { openBrowser } = trial.context;
      Object.assign(trial.context, {
        openBrowser: async (...given: Parameters<typeof openBrowser>) => {
          await openBrowser(...given);
          await hold.promise;
          return true;
        },
      });
    }
    const fault = path && server.proxy.on(path, { kind: 'delay', until: hold.promise });
    const provider = trial.provider({ issuer: server.issuer, clientId: '', ...definition });
    const result = trial.signIn(provider, { signal });
    result.catch(() => undefined);
    await (fault ? fault.met : until(() => trial.opened.length > 0));
    await settled();
    return { result };
  }

  const goesBack = async (address: string): Promise<void> => {
    await fetch(await signInOverHttp(address, people.alice));
  };

  /** The address at which the sign-in listened, if it came so far as to register it. */
  const listened = (): string | undefined => {
    const requests = server.requestsTo('/register').slice(registeredBefore);
    const [address] = (requests.at(-1)?.body['redirect_uris'] ?? []) as string[];
    return address;
  };

  for (const [stage, path] of Object.entries(stages)) {
    it(`ends at once when it is cancelled ${stage}, and leaves nothing behind`, async () => {
      const cancel = new AbortController();
      const reason = new Error('cancelled');
      const before = server.requestsTo('/revoke').length;
      const { result } = await heldUp(path, cancel.signal);
      cancel.abort(reason);
      await assert.rejects(result, error => error === reason);
      await settled();
      const address = listened();
      // The exchange itself comes to its end, so that its tokens can be given back.
      assert.equal(clock.pending, path === '/token' ? 1 : 0, 'no timer is left');
      const isRegistered = ['/par', undefined, '/token'].includes(path);
      assert.equal(address !== undefined, isRegistered);
      if (address !== undefined) await assert.rejects(fetch(address), 'nobody listens');
      if (path !== '/token') return;
      // Not to be taken for those of the next test.
      release();
      await until(() => server.requestsTo('/revoke').length === before + 2 && clock.pending === 0);
    });
  }

  it('gives the tokens back that come after it was cancelled', async () => {
    const cancel = new AbortController();
    const before = server.requestsTo('/revoke').length;
    const { result } = await heldUp('/token', cancel.signal);
    cancel.abort(new Error('cancelled'));
    await assert.rejects(result);
    release();
    const revoked = () => server.requestsTo('/revoke').slice(before);
    await until(() => revoked().filter(({ status }) => status !== 0).length === 2);
    assert.deepEqual(
      revoked().map(({ body }) => body['token_type_hint']),
      ['refresh_token', 'access_token'],
    );
    await until(() => /tokens given back .*the sign-in had ended/.test(trial.log.text()));
  });

  it('gives the tokens back if it is cancelled while it finds out whose they are', async () => {
    const cancel = new AbortController();
    const before = server.requestsTo('/revoke').length;
    const { result } = await heldUp('/userinfo', cancel.signal, { claimSources: ['userinfo'] });
    const reason = new Error('cancelled');
    cancel.abort(reason);
    await assert.rejects(result, error => error === reason);
    await until(() => server.requestsTo('/revoke').length === before + 2 && clock.pending === 0);
  });

  for (const [stage, code] of [
    ['while the provider is asked', 'timed-out'],
    ['while the browser is opened', 'browser-not-opened'],
    ['while the code is exchanged', 'timed-out'],
  ] as const) {
    it(`ends in time ${stage}`, async () => {
      const { result } = await heldUp(stages[stage], new AbortController().signal);
      await clock.advance(60_000);
      await assert.rejects(result, failsWith(code));
      assert.equal(clock.pending, 0, 'no timer is left');
    });
  }

  for (const [setting, given, helping] of [
    ['"requestTimeout"', { request: 20, provider: 60 }, { request: 25, provider: 60 }],
    ['oidc.signIn.providerTimeout', { request: 60, provider: 20 }, { request: 60, provider: 25 }],
  ] as const)
    it(`says that ${setting} would have given it the time, and it does`, async () => {
      const { signal } = new AbortController();
      const held = ({ request, provider }: typeof given | typeof helping) =>
        heldUp('/token', signal, { requestTimeout: request }, provider);
      const { result } = await held(given);
      await clock.advance(20_000);
      await assert.rejects(result, ({ message }: Error) => {
        assert.ok(message.includes('20 seconds') && message.includes(setting), message);
        return message.match(/requestTimeout|providerTimeout/g)?.length === 1;
      });
      release();
      server.proxy.heal();

      const { result: later } = await held(helping);
      await clock.advance(20_000);
      release();
      await later;
    });

  it('goes on without a pushed request that gets no answer, as it is not required', async () => {
    const { result } = await heldUp(stages['while the request is pushed'], new AbortController().signal);
    await clock.advance(15_000);
    await result;
    assert.match(trial.log.text(), /pushed authorization request not possible, going without/);
    assert.ok(new URL(trial.opened[0] ?? '').searchParams.has('code_challenge'));
  });

  it('does not go on without one where the server requires it', async () => {
    const required = (text: string): string =>
      JSON.stringify({ ...(JSON.parse(text) as object), require_pushed_authorization_requests: true });
    server.proxy.on('/.well-known/openid-configuration', { kind: 'replace', body: required });
    const { result } = await heldUp(stages['while the request is pushed'], new AbortController().signal);
    await clock.advance(15_000);
    await assert.rejects(result, failsWith('timed-out'));
    assert.deepEqual(trial.opened, []);
  });
});
