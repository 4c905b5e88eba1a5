import assert from 'node:assert/strict';
import { request as startRequest } from 'node:http';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Failure, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import type { SignInControl } from '../../../src/signIn/signIn.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { signInOverHttp } from '../../servers/identityProvider/person.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { signInTrial, until, type BrowserBehaviour } from '../signingIn.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Asks as a browser does, or as somebody does who pretends to be one. */
function ask(url: URL | string, options: { method?: string; host?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', host } = options;
    const request = startRequest(
      url,
      { method, agent: false, ...(host && { headers: { host } }) },
      message => {
        let body = '';
        message.setEncoding('utf8').on('data', (part: string) => (body += part));
        message.once('end', () =>
          resolve({ status: message.statusCode ?? 0, headers: message.headers, body }),
        );
      },
    );
    request.once('error', reject);
    request.end();
  });
}

const isRefused = (error: NodeJS.ErrnoException): boolean => error.code === 'ECONNREFUSED';

const failsWith =
  (code: FailureCode, message = /./) =>
  (error: unknown) =>
    error instanceof Failure && error.code === code && message.test(error.message);

/** Signs in and goes, as the browser does, to where the server sends it. */
const goesBack: BrowserBehaviour = async address => ask(await signInOverHttp(address, people.alice));

describe('signing in with the answer on this computer', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider();
  });
  after(() => server.close());

  it('works with a port of the operating system, and shows a static page', async () => {
    const answers: Answer[] = [];
    const ends: URL[] = [];
    const trial = signInTrial({
      method: 'loopback',
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        ends.push(end);
        answers.push(await ask(end));
      },
    });
    const grant = await trial.signIn(trial.provider({ issuer: server.issuer }));
    assert.equal(grant.account.label, 'alice');

    const [end] = ends;
    const [answer] = answers;
    assert.ok(end && answer);
    assert.match(end.origin, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(answer.status, 200);
    assert.match(answer.body, /Back to your editor/);
    for (const value of end.searchParams.values()) assert.ok(!answer.body.includes(value), 'no echo');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    assert.match(
      String(answer.headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-[\w+/=]+';/,
    );
    assert.ok(!/<script|https?:/.test(answer.body), 'neither a script nor anything from elsewhere');
    await assert.rejects(ask(end), isRefused, 'it listens no more');
  });

  it('answers nothing but the one request, and goes on waiting', async () => {
    const statuses: Record<string, number> = {};
    const trial = signInTrial({
      method: 'loopback',
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        const changed = (change: (url: URL) => void): URL => {
          const url = new URL(end);
          change(url);
          return url;
        };
        const try_ = async (name: string, url: URL, options = {}): Promise<void> => {
          statuses[name] = (await ask(url, options)).status;
        };
        await try_(
          'other path',
          changed(url => (url.pathname = '/favicon.ico')),
        );
        await try_(
          'longer path',
          changed(url => (url.pathname += '/')),
        );
        await try_('POST', end, { method: 'POST' });
        await try_('HEAD', end, { method: 'HEAD' });
        await try_('other host', end, { host: 'evil.example' });
        await try_('localhost', end, { host: `localhost:${end.port}` });
        await try_(
          'no state',
          changed(url => url.searchParams.delete('state')),
        );
        await try_(
          'foreign state',
          changed(url => url.searchParams.set('state', 'x'.repeat(43))),
        );
        await try_(
          'two states',
          changed(url => url.searchParams.append('state', 'x')),
        );
        await try_('right', end);
      },
    });
    const grant = await trial.signIn(trial.provider({ issuer: server.issuer }));
    assert.equal(grant.account.label, 'alice');
    assert.deepEqual(statuses, {
      'other path': 404,
      'longer path': 404,
      POST: 405,
      HEAD: 405,
      'other host': 421,
      localhost: 421,
      'no state': 400,
      'foreign state': 400,
      'two states': 400,
      right: 200,
    });
  });

  it('says of a response that is not its own that it is none, counts it, and goes on waiting', async () => {
    const clock = manualClock();
    const answers: Answer[] = [];
    let control: SignInControl | undefined;
    const trial = signInTrial({
      method: 'loopback',
      clock,
      async browser() {
        const redirectUri = new URL(control?.redirectUri ?? '');
        for (const query of [
          '?code=a',
          '?code=a&state=',
          `?code=a&state=${'x'.repeat(43)}`,
          '?error=access_denied',
        ])
          answers.push(await ask(`${redirectUri.href}${query}`));
        // Another path is nobody's answer.
        await ask(`${redirectUri.origin}/favicon.ico`);
      },
    });
    const ended = assert.rejects(
      trial.signIn(trial.provider({ issuer: server.issuer }), {
        onPlan: (_plan, given) => (control = given),
      }),
      (error: unknown) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, 'responses-astray');
        assert.match(
          error.message,
          /timed out after 60 seconds.*\(without "state" or with another "state", 4 in all\)/,
        );
        return true;
      },
    );
    await until(() => answers.length === 4);
    await settled();
    await clock.advance(20_000);
    await settled();
    await clock.advance(40_000);
    await ended;
    for (const { status, body, headers } of answers) {
      assert.equal(status, 400);
      assert.match(body, /Not the sign-in that is waiting/);
      assert.match(String(headers['content-security-policy']), /^default-src 'none'/);
      assert.ok(!body.includes('xxx'), 'no echo');
    }
    assert.equal(trial.log.text().split('belongs to no sign-in').length - 1, 4);
  });

  it('logs no more of them than a few', async () => {
    const trial = signInTrial({
      method: 'loopback',
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        for (let count = 0; count < 30; count++) await ask(`${end.origin}${end.pathname}?state=x`);
        await ask(end);
      },
    });
    assert.equal((await trial.signIn(trial.provider({ issuer: server.issuer }))).account.label, 'alice');
    assert.equal(trial.log.text().split('belongs to no sign-in').length - 1, 5);
  });

  it('asks after twenty seconds whether the browser shows an error, and takes that back', async () => {
    const clock = manualClock();
    const stages: string[] = [];
    let control: SignInControl | undefined;
    let goBack: (() => Promise<unknown>) | undefined;
    const trial = signInTrial({
      method: 'loopback',
      clock,
      browser(address) {
        goBack = async () => ask(await signInOverHttp(address, people.alice));
        return true;
      },
    });
    const signingIn = trial.signIn(trial.provider({ issuer: server.issuer }), {
      progress: stage => void stages.push(stage),
      onPlan: (_plan, given) => (control = given),
    });
    await until(() => stages.includes('waiting-for-person'));
    await settled();
    await clock.advance(19_999);
    assert.equal(stages.at(-1), 'waiting-for-person');
    await clock.advance(1);
    await settled();
    assert.equal(stages.at(-1), 'waiting-for-person-long');
    assert.match(control?.redirectUri ?? '', /^http:\/\/127\.0\.0\.1:\d+\/callback/);
    await goBack?.();
    await signingIn;
    assert.equal(stages.at(-1), 'exchanging-code');
    assert.equal(clock.pending, 0, 'no timer is left');

    // Whoever is faster is not asked.
    stages.length = 0;
    const second = trial.signIn(trial.provider({ issuer: server.issuer }), {
      progress: stage => void stages.push(stage),
    });
    await until(() => stages.includes('waiting-for-person'));
    await settled();
    await goBack?.();
    await second;
    assert.equal(clock.pending, 0, 'no timer is left');
    assert.ok(!stages.includes('waiting-for-person-long'));
  });

  it('answers the browser however many others are connected that ask nothing, or ask slowly', async () => {
    const others: Socket[] = [];
    /** Connects and says this much, and no more. */
    const connected = async (port: number, said: string): Promise<void> => {
      const socket = connect(port, '127.0.0.1');
      // It is ended when there are too many.
      socket.on('error', () => socket.destroy());
      others.push(socket);
      await once(socket, 'connect');
      socket.write(said);
    };
    let status: number | undefined;
    const trial = signInTrial({
      method: 'loopback',
      async browser(address) {
        const end = await signInOverHttp(address, people.alice);
        const parts = ['', 'G', `GET ${end.pathname}`, `GET / HTTP/1.1\r\nHost: ${end.host}\r\nX: `];
        for (let count = 0; count < 400; count++)
          await connected(Number(end.port), parts[count % parts.length] ?? '');
        status = (await ask(end)).status;
      },
    });
    try {
      const grant = await trial.signIn(trial.provider({ issuer: server.issuer }));
      assert.equal(grant.account.label, 'alice');
      assert.equal(status, 200);
    } finally {
      for (const socket of others) socket.destroy();
    }
  });

  it('says what the server refused', async () => {
    const trial = signInTrial({
      method: 'loopback',
      browser: async address => ask(await signInOverHttp(address, people.alice, { deny: true })),
    });
    await assert.rejects(trial.signIn(trial.provider({ issuer: server.issuer })), failsWith('access-denied'));
  });

  it('stops listening when it is cancelled', async () => {
    const clock = manualClock();
    const cancel = new AbortController();
    const reason = new Error('cancelled');
    const trial = signInTrial({ clock, method: 'loopback', browser: () => true });
    const signingIn = trial.signIn(trial.provider({ issuer: server.issuer }), { signal: cancel.signal });
    const refused = assert.rejects(signingIn, error => error === reason);
    await until(() => trial.opened.length > 0);
    const redirectUri = lastRedirectUri(server);
    assert.equal((await ask(redirectUri)).status, 400, 'it listens');
    cancel.abort(reason);
    await refused;
    await assert.rejects(ask(redirectUri), isRefused);
    assert.equal(clock.pending, 0, 'no timer is left');
  });

  it('stops listening when the time is over', async () => {
    const clock = manualClock();
    const trial = signInTrial({ clock, method: 'loopback', timeout: 60, browser: () => true });
    const refused = assert.rejects(
      trial.signIn(trial.provider({ issuer: server.issuer })),
      // The port is another one each time, so nobody can register it.
      failsWith(
        'no-response',
        /the redirect URI http:\/\/127\.0\.0\.1\/[^: ]* is registered with the provider\.$/,
      ),
    );
    await until(() => trial.opened.length > 0);
    await settled();
    const redirectUri = lastRedirectUri(server);
    await clock.advance(60_000);
    await refused;
    await assert.rejects(ask(redirectUri), isRefused);
    assert.equal(clock.pending, 0);
  });

  describe('with fixed ports', () => {
    let taken: Server;
    let takenPort: number;
    before(async () => {
      taken = createServer();
      takenPort = await portOf(taken);
    });
    after(() => taken.close());

    it('takes the first that is free', async () => {
      const free = await freePort();
      const trial = signInTrial({ browser: goesBack });
      const redirect = { loopbackPorts: [takenPort, free] };
      await trial.signIn(trial.provider({ issuer: server.issuer, redirect }));
      assert.equal(new URL(lastRedirectUri(server)).port, String(free));
    });

    it('goes on another way if all are taken, and says so', async () => {
      const trial = signInTrial();
      const redirect = { loopbackPorts: [takenPort] };
      const grant = await trial.signIn(trial.provider({ issuer: server.issuer, redirect }));
      assert.equal(grant.account.label, 'alice');
      assert.equal(lastRedirectUri(server), 'vscode://vscode-oidc.oidc-authentication/callback');
      assert.equal(trial.told.length, 1);
      assert.match(trial.told[0] ?? '', new RegExp(`ports tried: ${takenPort}.*the editor’s URL\\.$`));
    });

    it('says so if that way was set', async () => {
      const trial = signInTrial({ method: 'loopback' });
      const redirect = { loopbackPorts: [takenPort] };
      const provider = trial.provider({ issuer: server.issuer, redirect });
      await assert.rejects(trial.signIn(provider), failsWith('port-taken'));
      assert.deepEqual(trial.opened, []);
    });
  });

  it('uses the name localhost where the provider is set to it', async () => {
    const trial = signInTrial({ browser: () => true });
    const provider = trial.provider({
      issuer: server.issuer,
      signInMethod: 'loopback',
      redirect: { loopbackHost: 'localhost', path: '/callback' },
      clientId: '',
    });
    const cancel = new AbortController();
    const ended = assert.rejects(trial.signIn(provider, { signal: cancel.signal }));
    await until(() => trial.opened.length > 0);
    const redirectUri = new URL(lastRedirectUri(server));
    assert.equal(redirectUri.hostname, 'localhost');
    assert.equal((await ask(`http://127.0.0.1:${redirectUri.port}/callback`)).status, 421);
    const answer = await ask(`http://127.0.0.1:${redirectUri.port}/callback`, { host: redirectUri.host });
    assert.equal(answer.status, 400, 'the right name, but no state');
    cancel.abort(new Error('enough'));
    await ended;
  });

  it('gives way to the way that the person chooses, and leaves nothing behind', async () => {
    let control: SignInControl | undefined;
    const trial = signInTrial({
      browser: (address, deliver) => {
        const isFirst = trial.opened.length === 1;
        return isFirst || signInOverHttp(address, people.bob).then(deliver);
      },
    });
    const provider = trial.provider({ issuer: server.issuer, redirect: { loopbackHost: '127.0.0.1' } });
    const signingIn = trial.signIn(provider, { onPlan: (_plan, given) => (control = given) });
    await until(() => trial.opened.length > 0);
    assert.equal(control?.method, 'loopback');
    const redirectUri = lastRedirectUri(server);
    control.use('uri-handler');
    assert.equal((await signingIn).account.label, 'bob');
    await assert.rejects(ask(redirectUri), isRefused);
    assert.equal(control.method, undefined, 'the control is dead after the end');
  });
});

const lastRedirectUri = (server: IdentityProvider): string =>
  String(server.requestsTo(server.endpoints.pushedAuthorizationRequest).at(-1)?.body['redirect_uri']);

function portOf(listener: Server): Promise<number> {
  return new Promise(resolve =>
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    }),
  );
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const listener = createServer();
  const port = await portOf(listener);
  await new Promise(resolve => listener.close(resolve));
  return port;
}
