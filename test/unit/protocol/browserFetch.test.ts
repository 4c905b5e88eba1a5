import assert from 'node:assert/strict';
import { systemClock } from '../../../src/platform/clock.ts';
import { browserFetch } from '../../../src/protocol/http/browserFetch.ts';
import { mayHaveTakenEffect } from '../../../src/protocol/failures/effect.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { createHttpClient, type Fetch } from '../../../src/protocol/http/http.ts';
import { createTraffic } from '../../../src/protocol/http/traffic.ts';
import { recordedLog } from '../../windows/surroundings.ts';

/** A browser whose requests fail as all do there; `answersUnread` as those do whose answer nobody wants to read. */
function browser(answersUnread: boolean) {
  const requests: { url: string; method: string; mode: string | undefined }[] = [];
  const fetch: Fetch = (input, init) => {
    requests.push({ url: input as string, method: init?.method ?? 'GET', mode: init?.mode });
    return init?.mode === 'no-cors' && answersUnread
      ? Promise.resolve(new Response())
      : Promise.reject(new TypeError('Failed to fetch'));
  };
  const http = createHttpClient({
    fetch: browserFetch(fetch),
    clock: systemClock,
    log: recordedLog(),
    policy: { allowLoopbackHttp: false },
    traffic: createTraffic(),
  });
  return { http, requests };
}

const address = 'https://login.example.com/token';

/** What a token request there fails with. */
const failureOf = async ({ http }: ReturnType<typeof browser>): Promise<Failure> => {
  const body = new URLSearchParams({ code: 'secret' });
  const error: unknown = await http(`${address}?a=b`, { method: 'POST', body }).catch(
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure);
  return error;
};

describe('a request of a browser that fails', () => {
  it('was withheld if the server is there', async () => {
    const there = browser(true);
    const failure = await failureOf(there);
    assert.equal(failure.code, 'answer-withheld');
    assert.match(failure.message, /^login\.example\.com doesn’t allow .* \(CORS\)/);
    assert.match(failure.message, /Ask the provider’s administrator/);
    assert.ok(mayHaveTakenEffect(failure), 'the server may have seen the request');
    assert.deepEqual(there.requests[1], { url: address, method: 'HEAD', mode: 'no-cors' });
  });

  it('may have been either if the server does not answer at all', async () => {
    const failure = await failureOf(browser(false));
    assert.equal(failure.code, 'unreachable');
    assert.match(failure.message, /either the host is unreachable, or it doesn’t allow .* \(CORS\)/);
    assert.ok(mayHaveTakenEffect(failure));
  });

  it('asks no further when it was cancelled', async () => {
    const cancelled = new AbortController();
    const requests: unknown[] = [];
    const fetch: Fetch = input => {
      requests.push(input);
      cancelled.abort(new Error('enough'));
      return Promise.reject(new TypeError('Failed to fetch'));
    };
    await assert.rejects(browserFetch(fetch)(address, { signal: cancelled.signal }), /enough/);
    assert.equal(requests.length, 1);
  });
});
