import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { decodeJwt } from 'jose';
import { environment } from '../../src/environment.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { CertificateProblem, type ClientCertificate } from '../../src/protocol/clientCertificate.ts';
import { connect } from '../../src/protocol/client.ts';
import { Failure, type FailureCode } from '../../src/protocol/failure.ts';
import { answerLimit, answerTimeout, type HttpClient } from '../../src/protocol/http.ts';
import { introspectToken } from '../../src/protocol/introspection.ts';
import { mutualTls } from '../../src/protocol/mutualTls.ts';
import { requestUserInfo } from '../../src/protocol/userInfo.ts';
import { createWire } from '../../src/protocol/wire.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/definition.ts';
import { clientOfGrant } from '../../src/signIn/client.ts';
import type { ClientCredential } from '../../src/signIn/clientSecrets.ts';
import { refreshGrant, revokeGrant } from '../../src/signIn/keepGrant.ts';
import {
  createCertificateAuthority,
  selfSignedCertificate,
  type CertificateAuthority,
  type TestCertificate,
} from '../servers/certificates.ts';
import { deviceCodeGrant, loopbackRedirectUri } from '../servers/clients.ts';
import { startIdentityProvider, type IdentityProvider } from '../servers/identityProvider.ts';
import { listen, loopback, stop } from '../servers/listening.ts';
import { people } from '../servers/people.ts';
import { approveDevice } from '../servers/person.ts';
import { manualClock, settled } from '../standIns/manualClock.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { recordingLog } from '../standIns/recordingLog.ts';
import { recordingScreen } from './deviceScreen.ts';
import { editorRedirectUri, signInTrial, until, type SignInTrial } from './signingIn.ts';

const failsWith = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

const entered = ({ certificate, privateKey }: TestCertificate): ClientCertificate =>
  mutualTls.read(`${certificate}${privateKey}`);
const credential = (certificate: TestCertificate): ClientCredential => ({
  kind: 'certificate',
  certificate: entered(certificate),
});

const methods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

describe('client certificates (RFC 8705)', () => {
  const defaults = getCACertificates('default');
  let authority: CertificateAuthority;
  let stranger: CertificateAuthority;
  let own: TestCertificate;
  let robot: TestCertificate;
  let alone: TestCertificate;

  before(async () => {
    [authority, stranger] = await Promise.all([
      createCertificateAuthority('Test Authority'),
      createCertificateAuthority('Stranger'),
    ]);
    setDefaultCACertificates([...defaults, authority.certificate]);
    own = await authority.issue('server', { hosts: [loopback] });
    robot = await authority.issue('robot');
    alone = await selfSignedCertificate('alone');
  });
  after(() => setDefaultCACertificates(defaults));

  const certificateOf = (method: (typeof methods)[number]): TestCertificate =>
    method === 'tls_client_auth' ? robot : alone;

  for (const aliases of [false, true]) {
    describe(aliases ? 'at endpoints of their own (section 5)' : 'at the endpoints of everybody', () => {
      let server: IdentityProvider;
      before(async () => {
        const client = {
          token_endpoint_auth_method: 'tls_client_auth' as const,
          application_type: 'native' as const,
          grant_types: ['authorization_code', 'refresh_token', 'client_credentials', deviceCodeGrant],
          response_types: ['code' as const],
          redirect_uris: [`${editorRedirectUri}/callback`, loopbackRedirectUri],
          tls_client_auth_san_dns: 'robot.example.com',
        };
        const { tls_client_auth_san_dns: _, ...registered } = client;
        server = await startIdentityProvider({
          accessTokens: 'opaque',
          tls: { own, authority: authority.certificate, aliases },
          clients: [
            { ...client, client_id: 'tls_client_auth' },
            { ...client, client_id: 'bound', tls_client_certificate_bound_access_tokens: true },
            {
              ...registered,
              client_id: 'self_signed_tls_client_auth',
              token_endpoint_auth_method: 'self_signed_tls_client_auth',
              jwks: mutualTls.publicKeys(entered(alone)),
            },
          ],
        });
      });
      after(() => server.close());

      const tryWith = (certificate: TestCertificate, clock?: Clock): SignInTrial =>
        signInTrial({
          clientSecret: () => Promise.resolve(credential(certificate)),
          ...(clock && { clock }),
        });
      const provider = (
        trial: SignInTrial,
        clientAuthentication: (typeof methods)[number],
        more: Partial<ProviderDefinition> = {},
      ): Provider =>
        trial.provider({
          issuer: server.issuer,
          clientId: clientAuthentication,
          clientAuthentication,
          allowLoopbackHttp: false,
          redirect: { path: '/callback' },
          ...more,
        });

      for (const method of methods) {
        it(`sign a person in by ${method}, pushed, refreshed, introspected and revoked`, async () => {
          const sent = server.requests.length;
          const trial = tryWith(certificateOf(method));
          const settings = provider(trial, method);
          const grant = await trial.signIn(settings, { scopes: ['openid', 'offline_access'] });
          assert.equal(grant.account.label, 'alice');
          const { origin } = new URL(grant.binding.tokenEndpoint);
          assert.equal(origin, server.aliasOrigin ?? server.issuer);
          const tokens = await refreshGrant(trial.context, settings, grant, () => undefined);
          const client = await clientOfGrant(settings, grant, trial.context);
          const connection = await connect(trial.context.wire, client);
          const seen = await introspectToken(connection, tokens.accessToken, grant.account.id);
          assert.equal(seen?.claims['client_id'], method);
          const about = await requestUserInfo(connection, tokens.accessToken, grant.account.id);
          assert.equal(about?.['sub'], grant.account.id);
          assert.equal(await revokeGrant(trial.context, settings, grant), 'revoked');
          const requests = server.requests.slice(sent).filter(({ status = 0 }) => status < 300);
          const paths = new Set(requests.map(({ path }) => path));
          const { pushedAuthorizationRequest, token, introspection, revocation, userinfo } = server.endpoints;
          for (const path of [pushedAuthorizationRequest, token, introspection, revocation, userinfo]) {
            assert.ok(paths.has(path), path);
          }
          const { privateKey } = certificateOf(method);
          const stored = [...trial.storage.values.values()].join();
          assert.ok(stored.includes(JSON.stringify(privateKey).slice(1, -1)), 'kept in the secret storage');
          assert.ok(!trial.log.text().includes(privateKey.split('\n')[1] ?? ''));
        });
      }

      it('sign the client in by itself, and a device', async () => {
        const trial = tryWith(robot);
        const grant = await trial.signIn(
          provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' }),
          { scopes: [] },
        );
        assert.equal(grant.account.label, 'service: tls_client_auth');
        const clock = manualClock();
        const screen = recordingScreen();
        const device = signInTrial({
          clientSecret: () => Promise.resolve(credential(robot)),
          device: screen,
          clock,
        });
        const signingIn = device.signIn(provider(device, 'tls_client_auth', { signInMethod: 'device-code' }));
        await until(() => screen.codes.length > 0 && clock.pending > 0);
        const [code] = screen.codes;
        assert.ok(code);
        await approveDevice(code.verificationUri, code.userCode, people.alice);
        await clock.advance(5000);
        assert.equal((await signingIn).account.label, 'alice');
      });

      it('may bind the tokens, which are taken all the same', async () => {
        const trial = tryWith(robot);
        const settings = provider(trial, 'tls_client_auth', { clientId: 'bound' });
        const grant = await trial.signIn(settings, { scopes: ['openid', 'offline_access'] });
        await refreshGrant(trial.context, settings, grant, () => undefined);
        const client = await clientOfGrant(settings, grant, trial.context);
        const connection = await connect(trial.context.wire, client);
        const seen = await introspectToken(connection, grant.tokens.accessToken, undefined);
        const { cnf } = seen?.claims as { cnf?: object };
        assert.deepEqual(Object.keys(cnf ?? {}), ['x5t#S256']);
        assert.equal(decodeJwt(grant.tokens.idToken?.reveal() ?? '').sub, grant.account.id);
      });

      it('of somebody else are refused by the server, and asked for again', async () => {
        const given = [await authority.issue('another'), robot];
        const trial = signInTrial({
          clientSecret: () => Promise.resolve(credential(given.shift() ?? robot)),
        });
        const settings = provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' });
        await assert.rejects(
          trial.signIn(settings, { scopes: [] }),
          failsWith('client-refused', /invalid_client/),
        );
        await trial.signIn(settings, { scopes: [] });
        assert.deepEqual(given, []);
      });

      for (const [what, certificate] of [
        ['from an authority that the server does not know', () => stranger.issue('robot')],
        ['that is self-signed where one must be issued', () => Promise.resolve(alone)],
      ] as const) {
        it(`${what} are refused`, async () => {
          const trial = tryWith(await certificate());
          const settings = provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' });
          await assert.rejects(
            trial.signIn(settings, { scopes: [] }),
            failsWith('client-refused', /invalid_client/),
          );
        });
      }

      for (const [what, options, said] of [
        ['ended', { from: -3, until: -2 }, /it ended on \d{4}-\d\d-\d\d\. Get another one/],
        ['not begun', { from: 2, until: 3 }, /it is valid only from \d{4}-\d\d-\d\d on\. Get another one/],
      ] as const) {
        it(`that have ${what} are not sent`, async () => {
          const trial = tryWith(await authority.issue('robot', options));
          const settings = provider(trial, 'tls_client_auth', { signInMethod: 'client-credentials' });
          const before = server.requestsTo(server.endpoints.token).length;
          await assert.rejects(
            trial.signIn(settings, { scopes: [] }),
            failsWith('certificate-unusable', said),
          );
          assert.equal(server.requestsTo(server.endpoints.token).length, before);
        });
      }

      it('that end later keep the grant, which waits for another one', async () => {
        const trial = tryWith(robot);
        const settings = provider(trial, 'tls_client_auth');
        const grant = await trial.signIn(settings, { scopes: ['openid', 'offline_access'] });
        const later: Clock = { ...systemClock, now: () => Date.now() + 3 * 86_400_000 };
        const wire = createWire({ fetch, clock: later, log: trial.log, mutualTls: environment.mutualTls });
        await assert.rejects(
          refreshGrant({ ...trial.context, wire }, settings, grant, () => undefined),
          (error: unknown) =>
            error instanceof Failure && error.code === 'certificate-unusable' && error.passing,
        );
        await refreshGrant(trial.context, settings, grant, () => undefined);
      });

      it('cannot be shown by an editor inside the browser, which says so before a browser opens', async () => {
        const trial = signInTrial({
          environment: { mutualTls: undefined },
          surroundings: { ui: 'web', runsIn: 'web-worker', remoteName: undefined, uriScheme: 'vscode' },
        });
        const settings = provider(trial, 'tls_client_auth', { acceptsChangingRedirectUri: true });
        await assert.rejects(
          trial.signIn(settings),
          failsWith('no-way', /cannot show the client certificate.*on the desktop or with a remote/),
        );
        await assert.rejects(
          trial.context.clientSecrets.stored(settings),
          failsWith('certificate-not-here', /Sign in from the editor on the desktop/),
        );
        assert.deepEqual(trial.opened, []);
      });
    });
  }

  it('are shown for the client of one issuer, and kept until they are replaced or forgotten', async () => {
    const storage = memorySecretStorage();
    const trial = signInTrial({ storage, clientSecret: () => Promise.resolve(credential(robot)) });
    const { clientSecrets } = trial.context;
    const settings = trial.provider({
      issuer: 'https://login.example.com',
      clientAuthentication: 'tls_client_auth',
    });
    assert.equal((await clientSecrets.obtain(settings)).asked, true);
    assert.equal((await clientSecrets.obtain(settings)).asked, false);
    assert.equal((await clientSecrets.stored(settings)).method, 'tls_client_auth');
    for (const changed of [{ issuer: 'https://other.example.com' }, { clientId: 'other' }]) {
      await assert.rejects(
        clientSecrets.stored({ ...settings, ...changed }),
        failsWith('client-secret-missing', /certificate, is not stored here/),
      );
    }
    await assert.rejects(
      clientSecrets.stored({ ...settings, clientAuthentication: 'private_key_jwt' }),
      failsWith('client-secret-missing', /not stored/),
    );
    await clientSecrets.replace(settings, credential(alone));
    const { keys } = (await clientSecrets.publicKeys(settings)) as { keys: Record<string, unknown>[] };
    assert.deepEqual(keys, mutualTls.publicKeys(entered(alone)).keys);
    assert.equal(keys[0]?.['d'], undefined);
    await clientSecrets.forget(settings);
    await assert.rejects(clientSecrets.stored(settings), failsWith('client-secret-missing', /not stored/));
  });

  describe('in a request', () => {
    interface Raw {
      readonly origin: string;
      /** The names in the certificates that were shown, in order; undefined: none. */
      readonly shown: (string | undefined)[];
      close(): Promise<void>;
    }
    const open: Raw[] = [];
    afterEach(async () => {
      for (const server of open.splice(0)) await server.close();
    });

    const startRaw = async (
      answer: (request: IncomingMessage, response: ServerResponse) => void,
      { insists = false, server = own }: { insists?: boolean; server?: TestCertificate } = {},
    ): Promise<Raw> => {
      const shown: (string | undefined)[] = [];
      const listening = createServer(
        {
          cert: server.certificate,
          key: server.privateKey,
          ca: authority.certificate,
          requestCert: true,
          rejectUnauthorized: insists,
        },
        (request, response) => {
          const subject = (request.socket as TLSSocket).getPeerX509Certificate()?.subject;
          shown.push(subject?.replace('CN=', ''));
          answer(request, response);
        },
      );
      const port = await listen(listening);
      const raw = { origin: `https://${loopback}:${port}`, shown, close: () => stop(listening) };
      open.push(raw);
      return raw;
    };
    const clientWith = (certificate?: TestCertificate, clock: Clock = systemClock): HttpClient =>
      createWire({ fetch, clock, log: recordingLog(), mutualTls: environment.mutualTls }).http(
        { allowLoopbackHttp: true },
        undefined,
        certificate && entered(certificate),
      );

    it('go with the body and the headers, and the whole answer comes back', async () => {
      const server = await startRaw((request, response) => {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          const { method, headers } = request;
          response.setHeader('x-answer', ['one', 'two']);
          response.writeHead(201, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ method, headers, body: Buffer.concat(parts).toString() }));
        });
      });
      const answer = await clientWith(robot)(`${server.origin}/token?a=b`, {
        method: 'POST',
        headers: { accept: 'application/json', 'x-mine': 'yes' },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'ü &' }),
      });
      const { method, headers, body } = (await answer.json()) as {
        method: string;
        headers: Record<string, string>;
        body: string;
      };
      assert.deepEqual([answer.status, answer.headers.get('x-answer'), method], [201, 'one, two', 'POST']);
      assert.equal(body, 'grant_type=client_credentials&scope=%C3%BC+%26');
      assert.match(headers['content-type'] ?? '', /^application\/x-www-form-urlencoded/);
      assert.deepEqual([headers['x-mine'], headers['content-length']], ['yes', String(body.length)]);
      assert.deepEqual([headers['cookie'], headers['connection']], [undefined, 'close']);
      assert.deepEqual(server.shown, ['robot']);
    });

    it('follow no redirect', async () => {
      const server = await startRaw((_, response) => {
        response.writeHead(307, { location: 'https://elsewhere.example.com/token?secret=1' }).end();
      });
      await assert.rejects(
        clientWith(robot)(server.origin, { method: 'POST' }),
        failsWith('redirected', /redirect to “https:\/\/elsewhere\.example\.com\/token”/),
      );
      assert.equal(server.shown.length, 1);
    });

    it('read no more than a short answer', async () => {
      const server = await startRaw((_, response) => response.end(Buffer.alloc(answerLimit + 1)));
      await assert.rejects(
        clientWith(robot)(server.origin, {}),
        failsWith('answer-too-large', /1048576 bytes/),
      );
    });

    it('take an answer without a body', async () => {
      const server = await startRaw((_, response) => response.writeHead(204).end());
      assert.equal((await clientWith(robot)(server.origin, { method: 'POST' })).status, 204);
    });

    it('end when no answer comes in time, or when they are not wanted any more', async () => {
      const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let count = 0;
      const server = await startRaw(() => arrived[count++]?.resolve());
      const clock = manualClock();
      const late = assert.rejects(
        clientWith(robot, { ...clock, now: () => Date.now() })(server.origin, {}),
        failsWith('timed-out', /did not answer within 15 seconds/),
      );
      await arrived[0]?.promise;
      await clock.advance(answerTimeout * 1000);
      await late;
      const stopped = new AbortController();
      const ended = assert.rejects(
        clientWith(robot)(server.origin, { signal: stopped.signal }),
        /not wanted/,
      );
      await arrived[1]?.promise;
      stopped.abort(new Error('not wanted'));
      await ended;
      await settled();
    });

    it('do not trust a server that the editor does not trust', async () => {
      const server = await startRaw((_, response) => response.end('{}'), {
        server: await stranger.issue('server', { hosts: [loopback] }),
      });
      await assert.rejects(
        clientWith(robot)(server.origin, { method: 'POST' }),
        failsWith(
          'server-untrusted',
          /^The certificate of 127\.0\.0\.1:\d+ is not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\. Have /,
        ),
      );
      assert.deepEqual(server.shown, []);
    });

    it('do not trust a server of another name', async () => {
      const server = await startRaw((_, response) => response.end('{}'), {
        server: await authority.issue('server', { hosts: ['127.0.0.9'] }),
      });
      await assert.rejects(
        clientWith(robot)(server.origin, {}),
        failsWith('server-untrusted', /is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/),
      );
      assert.deepEqual(server.shown, []);
    });

    it('that the server ends the connection over say that this may be why', async () => {
      const server = await startRaw((_, response) => response.end('{}'), { insists: true });
      await clientWith(robot)(server.origin, {});
      await assert.rejects(
        clientWith(await stranger.issue('robot'))(server.origin, {}),
        (error: unknown) =>
          error instanceof Failure &&
          /does not accept the client certificate/.test(error.message) &&
          ['certificate-refused', 'unreachable'].includes(error.code),
      );
      assert.deepEqual(server.shown, ['robot']);
    });

    it('that what stands before the server objects to are told of in its words', async () => {
      const page = '<html><head><title>400 No required SSL certificate was sent</title></head></html>';
      const server = await startRaw((_, response) => {
        response.writeHead(400, { 'content-type': 'text/html' }).end(page);
      });
      const trial = signInTrial({ clientSecret: () => Promise.resolve(credential(robot)) });
      const settings = trial.provider({
        issuer: server.origin,
        discovery: false,
        endpoints: { token: `${server.origin}/token` },
        clientAuthentication: 'tls_client_auth',
        signInMethod: 'client-credentials',
      });
      await assert.rejects(
        trial.signIn(settings, { scopes: [] }),
        failsWith('certificate-refused', /“No required SSL certificate was sent”/),
      );
    });

    it('are shown where the client is authenticated, and nowhere else', async () => {
      const paths: string[] = [];
      const server = await startRaw((request, response) => {
        paths.push(request.url ?? '');
        const { origin } = server;
        response.writeHead(200, { 'content-type': 'application/json' });
        const metadata = { issuer: origin, token_endpoint: `${origin}/token`, jwks_uri: `${origin}/jwks` };
        const isToken = request.url === '/token';
        response.end(JSON.stringify(isToken ? { access_token: 'a', token_type: 'Bearer' } : metadata));
      });
      const trial = signInTrial({ clientSecret: () => Promise.resolve(credential(robot)) });
      const settings = trial.provider({
        issuer: server.origin,
        clientAuthentication: 'tls_client_auth',
        signInMethod: 'client-credentials',
      });
      const grant = await trial.signIn(settings, { scopes: [] });
      const connection = await connect(
        trial.context.wire,
        await clientOfGrant(settings, grant, trial.context),
      );
      await connection.http(`${server.origin}/jwks`, {});
      assert.deepEqual(paths, ['/.well-known/openid-configuration', '/token', '/jwks']);
      assert.deepEqual(server.shown, [undefined, 'robot', undefined]);
    });

    it('are shown over https only', async () => {
      await assert.rejects(
        clientWith(robot)('http://127.0.0.1:9/token', { method: 'POST' }),
        failsWith('certificate-unusable', /only be shown over https/),
      );
    });
  });

  describe('as they are entered', () => {
    it('may come with those that lead to their issuer, in any order, and without line breaks', () => {
      const { certificate, privateKey } = robot;
      const wanted = entered(robot);
      for (const text of [
        `${privateKey}${certificate}`,
        `Bag Attributes\n${certificate}\n\nKey Attributes: <No Attributes>\n${privateKey}`,
        `${certificate}${privateKey}`.replaceAll('\n', ' '),
        `${certificate}${privateKey}`.replaceAll('\n', '\r\n'),
      ]) {
        const read = mutualTls.read(text);
        assert.equal(read.certificates, wanted.certificates);
        assert.equal(read.privateKey.reveal(), wanted.privateKey.reveal());
      }
      const chain = mutualTls.read(`${authority.certificate}${privateKey}${certificate}`);
      assert.equal(chain.certificates, `${wanted.certificates}${entered(robot) && authority.certificate}`);
      assert.equal((mutualTls.publicKeys(chain).keys[0] as { x5c: string[] }).x5c.length, 2);
    });

    it('may have a key in an older form of its kind', () => {
      const older = createPrivateKey(robot.privateKey).export({ type: 'sec1', format: 'pem' }).toString();
      assert.match(older, /BEGIN EC PRIVATE KEY/);
      const read = mutualTls.read(`${robot.certificate}${older}`);
      assert.equal(read.privateKey.reveal(), entered(robot).privateKey.reveal());
    });

    const encrypted = (): string =>
      createPrivateKey(robot.privateKey)
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString();
    const wrong: [what: string, text: () => string, reason: RegExp][] = [
      ['nothing', () => '', /no PEM with “BEGIN CERTIFICATE”.*openssl pkcs12/],
      ['binary', () => '0\u0082\u0004\u0001', /no PEM with “BEGIN CERTIFICATE”/],
      ['a certificate alone', () => robot.certificate, /no PEM with “BEGIN PRIVATE KEY”/],
      ['a key alone', () => robot.privateKey, /no PEM with “BEGIN CERTIFICATE”/],
      ['an encrypted key', () => robot.certificate + encrypted(), /encrypted.*openssl pkey/],
      [
        'a key that is encrypted in an older form',
        () =>
          `${robot.certificate}-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n-----END RSA PRIVATE KEY-----`,
        /encrypted.*openssl pkey/,
      ],
      ['two keys', () => robot.certificate + robot.privateKey + alone.privateKey, /exactly one private key/],
      [
        'the key of another',
        () => robot.certificate + alone.privateKey,
        /does not belong to the certificate/,
      ],
      [
        'a damaged certificate',
        () => `-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${robot.privateKey}`,
        /certificate is damaged/,
      ],
      [
        'a damaged key',
        () => `${robot.certificate}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`,
        /private key is damaged/,
      ],
      ['too long', () => 'x'.repeat(300_000), /too long/],
    ];
    for (const [what, text, reason] of wrong) {
      it(`must not be ${what}`, () => {
        assert.throws(
          () => mutualTls.read(text()),
          (error: unknown) => {
            assert.ok(error instanceof CertificateProblem, String(error));
            assert.match(error.message, reason);
            return true;
          },
        );
      });
    }
  });
});
