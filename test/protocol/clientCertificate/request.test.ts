import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type TLSSocket } from 'node:tls';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { environment } from '../../../src/environment.ts';
import { systemClock, type Clock } from '../../../src/platform/clock.ts';
import { connect } from '../../../src/protocol/client/client.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { answerLimit, type HttpClient } from '../../../src/protocol/http/http.ts';
import { answerTimeout } from '../../../src/protocol/http/address.ts';
import { createHttpContext, ungated } from '../../../src/protocol/server/httpContext.ts';
import { clientOfGrant } from '../../../src/signIn/client/client.ts';
import { type TestCertificate } from '../../servers/certificates.ts';
import { listen, loopback, stop } from '../../servers/listening.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { signInTrial } from '../signingIn.ts';
import { credential, entered, failsWith, trustedCertificates } from './trustedCertificates.ts';

describe('client certificates in a request', () => {
  const made = trustedCertificates();

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
    { insists = false, server = made.own }: { insists?: boolean; server?: TestCertificate } = {},
  ): Promise<Raw> => {
    const shown: (string | undefined)[] = [];
    const listening = createServer(
      {
        cert: server.certificate,
        key: server.privateKey,
        ca: made.authority.certificate,
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
    createHttpContext({ fetch, clock, log: recordingLog(), mutualTls: environment.mutualTls })[ungated](
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
    const answer = await clientWith(made.robot)(`${server.origin}/token?a=b`, {
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
      clientWith(made.robot)(server.origin, { method: 'POST' }),
      failsWith('redirected', /redirected to “https:\/\/elsewhere\.example\.com\/token”/),
    );
    assert.equal(server.shown.length, 1);
  });

  it('read no more than a short answer', async () => {
    const server = await startRaw((_, response) => response.end(Buffer.alloc(answerLimit + 1)));
    await assert.rejects(
      clientWith(made.robot)(server.origin, {}),
      failsWith('answer-too-large', /1048576 bytes/),
    );
  });

  it('take an answer without a body', async () => {
    const server = await startRaw((_, response) => response.writeHead(204).end());
    assert.equal((await clientWith(made.robot)(server.origin, { method: 'POST' })).status, 204);
  });

  it('end when no answer comes in time, or when they are not wanted any more', async () => {
    const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let count = 0;
    const server = await startRaw(() => arrived[count++]?.resolve());
    const clock = manualClock();
    const late = assert.rejects(
      clientWith(made.robot, { ...clock, now: () => Date.now() })(server.origin, {}),
      failsWith('timed-out', /didn’t respond within 15 seconds/),
    );
    await arrived[0]?.promise;
    await clock.advance(answerTimeout.usual * 1000);
    await late;
    const stopped = new AbortController();
    const ended = assert.rejects(
      clientWith(made.robot)(server.origin, { signal: stopped.signal }),
      /not wanted/,
    );
    await arrived[1]?.promise;
    stopped.abort(new Error('not wanted'));
    await ended;
    await settled();
  });

  it('do not trust a server that the editor does not trust', async () => {
    const server = await startRaw((_, response) => response.end('{}'), {
      server: await made.stranger.issue('server', { hosts: [loopback] }),
    });
    await assert.rejects(
      clientWith(made.robot)(server.origin, { method: 'POST' }),
      failsWith(
        'server-untrusted',
        /^127\.0\.0\.1:\d+’s certificate isn’t trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\. Add the certificate authority /,
      ),
    );
    assert.deepEqual(server.shown, []);
  });

  it('do not trust a server of another name', async () => {
    const server = await startRaw((_, response) => response.end('{}'), {
      server: await made.authority.issue('server', { hosts: ['127.0.0.9'] }),
    });
    await assert.rejects(
      clientWith(made.robot)(server.origin, {}),
      failsWith('server-untrusted', /isn’t trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/),
    );
    assert.deepEqual(server.shown, []);
  });

  it('that the server ends the connection over say that this may be why', async () => {
    const server = await startRaw((_, response) => response.end('{}'), { insists: true });
    await clientWith(made.robot)(server.origin, {});
    await assert.rejects(
      clientWith(await made.stranger.issue('robot'))(server.origin, {}),
      (error: unknown) =>
        error instanceof Failure &&
        /rejected the client certificate/.test(error.message) &&
        ['certificate-refused', 'unreachable'].includes(error.code),
    );
    assert.deepEqual(server.shown, ['robot']);
  });

  it('that what stands before the server objects to are told of in its words', async () => {
    const page = '<html><head><title>400 No required SSL certificate was sent</title></head></html>';
    const server = await startRaw((_, response) => {
      response.writeHead(400, { 'content-type': 'text/html' }).end(page);
    });
    const trial = signInTrial({ clientSecret: () => Promise.resolve(credential(made.robot)) });
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
    const trial = signInTrial({ clientSecret: () => Promise.resolve(credential(made.robot)) });
    const settings = trial.provider({
      issuer: server.origin,
      clientAuthentication: 'tls_client_auth',
      signInMethod: 'client-credentials',
    });
    const grant = await trial.signIn(settings, { scopes: [] });
    const connection = await connect(
      trial.context.httpContext,
      await clientOfGrant(settings, grant, trial.context),
      consentTo(server.origin),
    );
    await connection.http(`${server.origin}/jwks`, {});
    assert.deepEqual(paths, ['/.well-known/openid-configuration', '/token', '/jwks']);
    assert.deepEqual(server.shown, [undefined, 'robot', undefined]);
  });

  it('are shown over https only', async () => {
    await assert.rejects(
      clientWith(made.robot)('http://127.0.0.1:9/token', { method: 'POST' }),
      failsWith('certificate-unusable', /only be sent over https/),
    );
  });
});
