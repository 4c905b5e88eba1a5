import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';

/**
 * In an editor whose window has gone, `fetch` waits for the proxy's address and does not hear of the end of its
 * signal. A real server cannot bring that about.
 */
describe('the http client over a fetch that heeds no signal', () => {
  const open = () => {
    const clock = manualClock();
    const httpContext = createHttpContext({
      fetch: () => new Promise<never>(() => undefined),
      clock,
      log: recordingLog(),
    });
    return { clock, httpContext };
  };

  it('gives up in time', async () => {
    const { clock, httpContext } = open();
    const failed = assert.rejects(
      httpContext.http({ allowLoopbackHttp: true })('http://127.0.0.1:9/token', { method: 'POST' }),
      error => error instanceof Failure && error.code === 'timed-out',
    );
    await settled();
    await clock.advance(15_000);
    await failed;
    assert.equal(httpContext.traffic.open, 0, 'the next request has a place');
  });

  it('gives up in the time that is set for the provider', async () => {
    const { clock, httpContext } = open();
    const failed = assert.rejects(
      httpContext.http({ allowLoopbackHttp: true, requestTimeout: 40 })('http://127.0.0.1:9/token', {}),
      /didn’t respond within 40 seconds.*"requestTimeout"/,
    );
    await settled();
    await clock.advance(39_000);
    assert.equal(httpContext.traffic.open, 1, 'it is waited for');
    await clock.advance(1000);
    await failed;
  });

  it('ends when it is cancelled, with the reason', async () => {
    const { httpContext } = open();
    const cancel = new AbortController();
    const reason = new Error('cancelled');
    const failed = assert.rejects(
      httpContext.http({ allowLoopbackHttp: true }, cancel.signal)('http://127.0.0.1:9/token', {}),
      error => error === reason,
    );
    await settled();
    cancel.abort(reason);
    await failed;
  });
});
