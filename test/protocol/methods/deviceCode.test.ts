import assert from 'node:assert/strict';
import { Failure, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import type { SignInControl } from '../../../src/signIn/signIn.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../../servers/faultProxy.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { approveDevice, signInOverHttp } from '../../servers/identityProvider/person.ts';
import { manualClock, settled, type ManualClock } from '../../standIns/manualClock.ts';
import { recordingScreen, type RecordingScreen } from './deviceScreen.ts';
import { codeServer, signInTrial, until, type SignInTrial } from '../signingIn.ts';

const failsWith = (code: FailureCode, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  if (text) assert.match(error.message, text);
  return true;
};

describe('signing in with a device code', () => {
  let server: FaultyIdentityProvider;
  let clock: ManualClock;
  let screen: RecordingScreen;
  let trial: SignInTrial;

  before(async () => {
    server = await startFaultyIdentityProvider();
  });
  after(() => server.close());
  beforeEach(() => {
    clock = manualClock();
    screen = recordingScreen();
    trial = signInTrial({ clock, device: screen, method: 'device-code' });
  });
  afterEach(() => {
    server.proxy.heal();
    assert.equal(clock.pending, 0, 'no timer is left');
    assert.equal(screen.closed, screen.opened, 'the screen is closed');
  });

  const { deviceAuthorization, token } = { deviceAuthorization: '/device_authorization', token: '/token' };
  const polls = (): number => server.proxy.requestsTo(token).length;
  const provider = () => trial.provider({ issuer: server.issuer });
  const shown = () => until(() => screen.codes.length > 0 && clock.pending > 0);

  /** Lets the time pass until the next poll, and waits for what comes of it. */
  async function nextPoll(): Promise<number> {
    const before = polls();
    const seconds = ((clock.next ?? 0) - clock.now()) / 1000;
    await clock.advance(seconds * 1000);
    await until(() => polls() > before);
    return seconds;
  }
  const answered = (states: number) => until(() => screen.states.length >= states && clock.pending > 0);

  const status = (code: number, error?: string, headers: Record<string, string> = {}) =>
    ({
      kind: 'status',
      status: code,
      headers: { 'content-type': 'application/json', ...headers },
      body: error === undefined ? '' : JSON.stringify({ error }),
    }) as const;

  it('ends in a grant of the person who entered the code, and asks no browser', async () => {
    const signingIn = trial.signIn(provider(), { scopes: ['openid', 'profile'] });
    await shown();
    const [code] = screen.codes;
    assert.ok(code);
    assert.equal(code.interval, 5);
    assert.equal(new URL(code.verificationUri).origin, new URL(server.issuer).origin);
    const before = polls();
    await clock.advance(4999);
    assert.equal(polls(), before, 'nothing is asked before the interval is over');
    await nextPoll();
    await answered(1);
    assert.deepEqual(screen.states, [{ kind: 'waiting' }]);

    await approveDevice(code.verificationUri, code.userCode, people.alice);
    await nextPoll();
    const grant = await signingIn;
    assert.equal(grant.account.label, 'alice');
    assert.deepEqual(grant.sessions, [['openid', 'profile']]);
    assert.ok(grant.tokens.refreshToken);
    assert.deepEqual(trial.opened, []);
    assert.ok(await refreshGrant(trial.context, provider(), grant, () => undefined));
    const log = trial.log.text();
    for (const secret of [code.deviceCode.reveal(), code.userCode, code.codeVerifier?.reveal()]) {
      assert.ok(secret && !log.includes(secret));
    }
  });

  it('sends PKCE where the server takes it', async () => {
    const signingIn = trial.signIn(provider());
    await shown();
    const asked = server.requestsTo(deviceAuthorization).at(-1)?.body ?? {};
    assert.match(String(asked['code_challenge']), /^[\w-]{43}$/);
    assert.equal(asked['code_challenge_method'], 'S256');
    const [code] = screen.codes;
    await approveDevice(code?.verificationUriComplete ?? '', code?.userCode ?? '', people.bob);
    await nextPoll();
    assert.equal((await signingIn).account.label, 'bob');
    assert.equal(server.requestsTo(token).at(-1)?.body['code_verifier'], code?.codeVerifier?.reveal());
  });

  it('asks five seconds slower, for good, each time the server wants that', async () => {
    server.proxy.on(token, status(400, 'slow_down'));
    server.proxy.on(token, status(400, 'slow_down'));
    const cancel = new AbortController();
    const ended = assert.rejects(trial.signIn(provider(), { signal: cancel.signal }));
    await shown();
    const waits = [];
    for (let count = 1; count <= 4; count++) {
      waits.push(await nextPoll());
      await answered(count);
    }
    assert.deepEqual(waits, [5, 10, 15, 15]);
    assert.deepEqual(screen.states.slice(0, 3), [
      { kind: 'slowed-down', interval: 10 },
      { kind: 'slowed-down', interval: 15 },
      { kind: 'waiting' },
    ]);
    cancel.abort(new Error('enough'));
    await ended;
  });

  it('goes on through trouble, more and more slowly, and as Retry-After says', async () => {
    server.proxy.on(token, { kind: 'resetBeforeForwarding' });
    server.proxy.on(token, status(503));
    server.proxy.on(token, status(429, undefined, { 'retry-after': '300' }));
    server.proxy.on(token, {
      ...status(200),
      headers: { 'content-type': 'text/html' },
      body: '<html>Log in to this network</html>',
    });
    const signingIn = trial.signIn(provider());
    await shown();
    const waits = [];
    for (let count = 1; count <= 4; count++) {
      waits.push(await nextPoll());
      await answered(count);
    }
    assert.deepEqual(waits, [5, 10, 20, 300]);
    assert.deepEqual(
      screen.states.map(state => (state.kind === 'retrying' ? state.reason.code : state.kind)),
      ['unreachable', 'server-failed', 'rate-limited', 'intercepted'],
    );
    assert.equal(await nextPoll(), 80);
    await answered(5);
    const [code] = screen.codes;
    await approveDevice(code?.verificationUri ?? '', code?.userCode ?? '', people.alice);
    assert.equal(await nextPoll(), 5, 'after an answer it is as fast as before');
    assert.equal((await signingIn).account.label, 'alice');
  });

  it('says when the person denies it', async () => {
    const refused = assert.rejects(trial.signIn(provider()), failsWith('access-denied'));
    await shown();
    const [code] = screen.codes;
    await approveDevice(code?.verificationUri ?? '', code?.userCode ?? '', people.alice, { deny: true });
    await nextPoll();
    await refused;
  });

  it('shows a new code when one has expired and the person asks for another', async () => {
    server.proxy.on(deviceAuthorization, changed({ expires_in: 12 }));
    const signingIn = trial.signIn(provider());
    await shown();
    assert.equal(await nextPoll(), 5);
    await answered(1);
    assert.equal(await nextPoll(), 5);
    await answered(2);
    const before = polls();
    await clock.advance(2000);
    await until(() => screen.newCode !== undefined);
    assert.equal(polls(), before, 'an expired code is not asked for');
    screen.newCode?.();
    await until(() => screen.codes.length === 2);
    const [first, second] = screen.codes;
    assert.notEqual(first?.userCode, second?.userCode);
    await approveDevice(second?.verificationUri ?? '', second?.userCode ?? '', people.alice);
    await until(() => clock.pending > 0);
    await nextPoll();
    assert.equal((await signingIn).account.label, 'alice');
  });

  it('believes the server when it says that the code has expired; and nobody has to press the button', async () => {
    server.proxy.on(token, status(400, 'expired_token'));
    const refused = assert.rejects(trial.signIn(provider()), failsWith('device-code-expired'));
    await shown();
    await nextPoll();
    await until(() => screen.newCode !== undefined);
    await clock.advance(60_000);
    await refused;
  });

  describe('cancelled', () => {
    for (const stage of ['while it waits', 'while it asks', 'when the code has expired'] as const) {
      it(`${stage}, ends at once`, async () => {
        const reason = new Error('cancelled');
        const cancel = new AbortController();
        if (stage === 'when the code has expired') server.proxy.on(token, status(400, 'expired_token'));
        const hold = Promise.withResolvers<void>();
        if (stage === 'while it asks') server.proxy.on(token, { kind: 'delay', until: hold.promise });
        const signingIn = trial.signIn(provider(), { signal: cancel.signal });
        const refused = assert.rejects(signingIn, error => error === reason);
        await shown();
        if (stage !== 'while it waits') await nextPoll();
        if (stage === 'when the code has expired') await until(() => screen.newCode !== undefined);
        cancel.abort(reason);
        await refused;
        hold.resolve();
        await settled();
        const after = polls();
        await clock.advance(600_000);
        assert.equal(polls(), after, 'nothing is asked any more');
      });
    }
  });

  describe('refuses', () => {
    const bad: [string, Record<string, unknown>][] = [
      ['an address that runs a script', { verification_uri: 'javascript:alert(1)' }],
      ['plain http to another computer', { verification_uri: 'http://login.example.com/device' }],
      ['an address with a password', { verification_uri: 'https://a:b@login.example.com/device' }],
      ['a code with a line break', { user_code: 'AB\nCD' }],
      ['a code that is a novel', { user_code: 'A'.repeat(65) }],
      ['no code', { user_code: undefined }],
      ['no device code', { device_code: '' }],
      ['a lifetime that is none', { expires_in: 0 }],
    ];
    for (const [what, members] of bad) {
      it(what, async () => {
        server.proxy.on(deviceAuthorization, changed(members));
        await assert.rejects(trial.signIn(provider()), failsWith('response-invalid'));
        assert.deepEqual(screen.codes, []);
      });
    }
  });

  for (const [interval, expected] of [
    [0, 1],
    [-5, 1],
    [1e9, 60],
    [undefined, 5],
    ['soon', 5],
    ['7', 7],
  ] as const) {
    it(`takes an interval of ${interval} for ${expected} seconds`, async () => {
      server.proxy.on(deviceAuthorization, changed({ interval }));
      const cancel = new AbortController();
      const ended = assert.rejects(trial.signIn(provider(), { signal: cancel.signal }));
      await shown();
      assert.equal(await nextPoll(), expected);
      await answered(1);
      cancel.abort(new Error('enough'));
      await ended;
    });
  }

  for (const address of ['https://elsewhere.example/device?user_code=X', 'javascript:alert(1)']) {
    it(`leaves out a complete address that leads elsewhere (${address})`, async () => {
      server.proxy.on(deviceAuthorization, changed({ verification_uri_complete: address }));
      const cancel = new AbortController();
      const ended = assert.rejects(trial.signIn(provider(), { signal: cancel.signal }));
      await shown();
      assert.equal(screen.codes[0]?.verificationUriComplete, undefined);
      cancel.abort(new Error('enough'));
      await ended;
    });
  }

  it('is started by itself only where nothing else works', async () => {
    const cancel = new AbortController();
    const web = signInTrial({ clock, device: screen, surroundings: codeServer });
    const ended = assert.rejects(
      web.signIn(web.provider({ issuer: server.issuer }), { signal: cancel.signal }),
    );
    await shown();
    assert.match(web.log.text(), /device-code: Your browser can’t return to this editor/);
    cancel.abort(new Error('enough'));
    await ended;

    const desktop = signInTrial({ device: screen, browser: () => false });
    await assert.rejects(
      desktop.signIn(desktop.provider({ issuer: server.issuer })),
      failsWith('browser-not-opened'),
    );
    assert.equal(screen.codes.length, 1, 'a browser that does not open is no reason');
  });

  for (const [refusal, code, error] of [
    ['invalid_grant, as Ory Hydra does', 400, 'invalid_grant'],
    ['unauthorized_client', 400, 'unauthorized_client'],
    ['invalid_client', 401, 'invalid_client'],
    ['invalid_request and 401, as Keycloak does', 401, 'invalid_request'],
    ['unsupported_grant_type', 400, 'unsupported_grant_type'],
    ['access_denied', 403, 'access_denied'],
    ['an error of its own', 400, 'device_flow_disabled'],
    ['a bare 403', 403, undefined],
    ['404', 404, undefined],
  ] as const) {
    it(`gives way to pasting where it was not chosen, and is refused with ${refusal}`, async () => {
      const { signIn, told } = pasting();
      server.proxy.on(deviceAuthorization, status(code, error), { sticky: true });
      assert.equal((await signIn()).account.label, 'alice');
      assert.match(told.join(), / Continuing with another method:/);
      if (error !== undefined) assert.ok(told.join().includes(error), 'in its own words');
      assert.equal(screen.codes.length, 0);
    });
  }

  it('does not give way to pasting where the server is in trouble', async () => {
    server.proxy.on(deviceAuthorization, status(503), { sticky: true });
    await assert.rejects(pasting().signIn(), failsWith('server-failed'));
    assert.equal(screen.codes.length, 0);
  });

  /** A person who pastes the address on which the browser ended, where nothing else can bring it back. */
  function pasting() {
    let control: SignInControl | undefined;
    const web = signInTrial({
      device: screen,
      surroundings: codeServer,
      async browser(address) {
        control?.paste((await signInOverHttp(address, people.alice)).href);
      },
    });
    return {
      told: web.told,
      signIn: () =>
        web.signIn(web.provider({ issuer: server.issuer }), { onPlan: (_plan, given) => (control = given) }),
    };
  }

  /** The server's answer with other members. */
  const changed = (members: Record<string, unknown>) =>
    ({
      kind: 'replace',
      body: (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), ...members }),
    }) as const;
});
