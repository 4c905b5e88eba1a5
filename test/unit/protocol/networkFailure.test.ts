import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import { mayHaveTakenEffect } from '../../../src/protocol/failures/effect.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { listen, stop } from '../../servers/listening.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { networkFailure } from '../../../src/protocol/http/networkFailure.ts';

const host = new URL('https://login.example.com/token');

/** As `fetch` reports it: the code is that of the cause. */
const failureOf = (code: string) =>
  networkFailure(
    new TypeError('fetch failed', { cause: Object.assign(new Error('not shown'), { code }) }),
    host,
  );

describe('why a request failed', () => {
  it('is the certificate of the server, where that is turned down', () => {
    for (const code of [
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ]) {
      const failure = failureOf(code);
      assert.equal(failure.code, 'server-untrusted');
      assert.ok(failure.message.startsWith(`login.example.com’s certificate isn’t trusted (${code}).`));
      assert.ok(
        failure.passing && mayHaveTakenEffect(failure),
        'no sign-in is given up, no token sent twice',
      );
    }
  });

  it('is not the certificate where something else speaks no TLS, or speaks it badly', () => {
    for (const code of ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_BAD_RECORD_TYPE']) {
      const { code: what, message } = failureOf(code);
      assert.equal(what, 'unreachable');
      assert.ok(message.startsWith(`Couldn’t reach login.example.com (${code}).`), message);
    }
  });

  it('is the proxy, where that opens no tunnel: nothing was sent', async () => {
    for (const status of [407, 403, 502]) {
      const proxy = createServer();
      proxy.on('connect', (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
      const port = await listen(proxy);
      try {
        // Node reads the proxy from its environment, when it starts.
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [
            '--input-type=module',
            '--eval',
            `import { networkFailure } from ${JSON.stringify(import.meta.resolve('../../../src/protocol/http/networkFailure.ts'))};
            const url = new URL('https://login.example.com/token');
            const { code, sent, message } = networkFailure(await fetch(url).catch(error => error), url);
            console.log(JSON.stringify([code, sent, message]));`,
          ],
          { env: { ...process.env, NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: `http://127.0.0.1:${port}` } },
        );
        const [code, sent, message] = JSON.parse(stdout) as [string, boolean, string];
        assert.deepEqual([code, sent], ['proxy-refused', false]);
        assert.ok(message.includes(`(status ${status})`) && message.includes('http.proxy'), message);
      } finally {
        await stop(proxy);
      }
    }
  });

  it('is the proxy, where the editor’s fetch lets its answer through', async () => {
    const answering = (status: number) =>
      createHttpContext({
        fetch: () => Promise.resolve(new Response('<p>Sign in', { status })),
        clock: manualClock(),
        log: recordingLog(),
      }).http({ allowLoopbackHttp: false })('https://login.example.com/token', { method: 'POST' });
    for (const [status, code] of [
      [407, 'proxy-refused'],
      [511, 'intercepted'],
    ] as const)
      await assert.rejects(
        answering(status),
        error => error instanceof Failure && error.code === code && !error.sent,
      );
  });
});
