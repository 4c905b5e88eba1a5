import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { untilAborted } from '../../../src/platform/abort.ts';
import { unhandledRejections } from '../../standIns/unhandledRejections.ts';

const reason = new Error('enough');

describe('waiting until a signal', () => {
  it('gives the outcome of the promise', async () => {
    const { signal } = new AbortController();
    assert.equal(await untilAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(untilAborted(Promise.reject(reason), signal), reason);
  });

  it('is the promise itself without a signal', () => {
    const promise = Promise.resolve(7);
    assert.equal(untilAborted(promise, undefined), promise);
  });

  it('ends with the reason of the signal, though the promise never does', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(new Promise(() => undefined), controller.signal);
    controller.abort(reason);
    await assert.rejects(waiting, reason);
  });

  it('ends at once if the signal was aborted before, even for a promise that is kept', async () => {
    await assert.rejects(untilAborted(Promise.resolve(7), AbortSignal.abort(reason)), reason);
  });

  it('takes care of the failure of a promise it no longer waits for', async () => {
    const unhandled = await unhandledRejections(async () => {
      const late = Promise.withResolvers<never>();
      const waiting = untilAborted(late.promise, AbortSignal.abort(reason));
      await assert.rejects(waiting, reason);
      late.reject(new Error('late'));
    });
    assert.deepEqual(unhandled, []);
  });

  it('leaves nothing behind at the signal, however it ends', async () => {
    const { signal } = new AbortController();
    await untilAborted(Promise.resolve(7), signal);
    await assert.rejects(untilAborted(Promise.reject(reason), signal));
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});
