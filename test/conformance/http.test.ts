import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { ungated } from '../../src/protocol/server/httpContext.ts';
import type { Departure, Endpoint } from '../servers/hostile/departure.ts';
import { silence, type Reply } from '../servers/hostile/replies.ts';
import { paths } from '../servers/hostile/authorizationServer.ts';
import { mayHaveTakenEffect } from '../../src/protocol/failures/effect.ts';
import { requestsPerHost } from '../../src/protocol/http/traffic.ts';
import { until } from '../protocol/signingIn.ts';
import { manualClock, settled } from '../standIns/manualClock.ts';
import { conforms } from './table.ts';
import { assertFailure, failureOf, withTrial, type Trial } from './trial.ts';

const policy = { allowLoopbackHttp: true };

/** Answers wait until they are let go. */
function held(): { departure: Departure; waiting: ServerResponse[]; release: () => void } {
  const waiting: ServerResponse[] = [];
  const hold: Reply = (_, response) => void waiting.push(response);
  return {
    departure: { replies: { keys: () => hold } },
    waiting,
    release: () => waiting.splice(0).forEach(response => response.end('{}')),
  };
}

const many = (trial: Trial, count: number, signal?: AbortSignal): Promise<Response>[] =>
  Array.from({ length: count }, () =>
    trial.context.httpContext.http(policy, signal)(`${trial.server.issuer}${paths.keys}`, {}),
  );

describe('the http client', () => {
  for (const endpoint of ['metadata', 'token', 'keys', 'userInfo'] satisfies Endpoint[]) {
    conforms('http client', `cancelled while it waits for ${endpoint}`, () => {
      const clock = manualClock();
      const departure: Departure = {
        idToken: { claims: ({ preferred_username: _, ...rest }) => rest },
        replies: { [endpoint]: () => silence },
      };
      return withTrial(
        departure,
        async trial => {
          const cancel = new AbortController();
          const reason = new Error('cancelled');
          const asked = trial.server.asked(endpoint);
          const provider = trial.provider({ issuer: trial.server.issuer });
          const ended = assert.rejects(
            trial.signIn(provider, { signal: cancel.signal }),
            error => error === reason,
          );
          await asked;
          cancel.abort(reason);
          await ended;
          const { traffic } = trial.context.httpContext;
          if (endpoint === 'token') {
            // It may have been answered already: it comes to its end, so that what it gave can be given back.
            assert.equal(traffic.open, 1);
            await clock.advance(15_000);
          }
          // Tokens that nobody waits for are given back.
          if (endpoint === 'userInfo') await until(() => trial.server.requestsTo('revoke').length > 0);
          await until(() => traffic.open === 0);
          await trial.server.quiet();
          assert.equal(clock.pending, 0, 'no timer is left');
          return 'ended with its reason, no connection left';
        },
        { clock },
      );
    });
  }

  conforms('http client', 'metadata that two wait for, one cancelled', () => {
    const { departure, waiting } = held();
    const hold = departure.replies?.keys;
    return withTrial(hold ? { replies: { metadata: hold } } : {}, async trial => {
      const { issuer } = trial.server;
      const [first, second] = [new AbortController(), new AbortController()];
      const gone = trial.context.httpContext.metadata.get(issuer, policy, first.signal);
      const stays = trial.context.httpContext.metadata.get(issuer, policy, second.signal);
      while (waiting.length === 0) await settled();
      first.abort(new Error('gone'));
      await assert.rejects(gone, /gone/);
      assert.equal(trial.server.unanswered, 1, 'the request goes on');
      waiting[0]?.end(JSON.stringify({ issuer }));
      assert.equal((await stays).metadata.issuer, issuer);
      assert.equal(trial.server.requestsTo('metadata').length, 1);
      return 'the other got the answer of the one request';
    });
  });

  conforms('http client', 'six at a time to one host', () => {
    const { departure, waiting, release } = held();
    return withTrial(departure, async trial => {
      const answers = many(trial, 20);
      let most = 0;
      for (let answered = 0; answered < 20; answered += requestsPerHost) {
        const expected = Math.min(requestsPerHost, 20 - answered);
        while (waiting.length < expected) await settled();
        await settled();
        most = Math.max(most, waiting.length);
        release();
      }
      await Promise.all(answers);
      assert.equal(most, requestsPerHost);
      const { traffic } = trial.context.httpContext;
      assert.deepEqual([traffic.sent(), traffic.open], [20, 0]);
      assert.equal(traffic.sent(new URL(trial.server.issuer).host), 20);
      return `20 requests, never more than ${most} at once, all counted`;
    });
  });

  conforms('http client', 'cancelled before its turn', () => {
    const { departure, waiting, release } = held();
    return withTrial(departure, async trial => {
      const first = many(trial, requestsPerHost);
      const cancel = new AbortController();
      const queued = many(trial, 3, cancel.signal).map(answer => assert.rejects(answer, /no longer wanted/));
      while (waiting.length < requestsPerHost) await settled();
      cancel.abort(new Error('no longer wanted'));
      await Promise.all(queued);
      release();
      await Promise.all(first);
      assert.equal(trial.server.requestsTo('keys').length, requestsPerHost);
      return 'not sent';
    });
  });

  conforms('http client', 'no turn within 15 s', () => {
    const clock = manualClock();
    const { departure, waiting } = held();
    return withTrial(
      departure,
      async trial => {
        const stuck = many(trial, requestsPerHost).map(answer => failureOf(trial, answer));
        while (waiting.length < requestsPerHost) await settled();
        await clock.advance(1000);
        const next = many(trial, requestsPerHost).map(answer => failureOf(trial, answer));
        await clock.advance(1000);
        const last = many(trial, 1).map(answer => failureOf(trial, answer));
        // The first are given up after 15 s, and the next take their places. The last has none in its 15 s.
        await clock.advance(13_000);
        for (const failure of await Promise.all(stuck)) assert.equal(failure.code, 'timed-out');
        while (waiting.length < 2 * requestsPerHost) await settled();
        await clock.advance(2000);
        const [failure] = await Promise.all(last);
        assert.ok(failure);
        const got = assertFailure(failure, 'unreachable', /it hasn’t responded to earlier requests/);
        assert.equal(mayHaveTakenEffect(failure), false);
        // Those that were sent late have their whole time all the same.
        await clock.advance(12_000);
        assert.equal(trial.context.httpContext.traffic.open, requestsPerHost);
        await clock.advance(1000);
        for (const late of await Promise.all(next)) assert.equal(late.code, 'timed-out');
        await trial.server.quiet();
        assert.equal(clock.pending, 0, 'no timer is left');
        return got;
      },
      { clock },
    );
  });

  conforms('http client', 'kept from sending', () =>
    withTrial({}, async trial => {
      const reason = new Error('somebody else has taken over');
      const request = trial.context.httpContext[ungated](policy)(`${trial.server.issuer}${paths.keys}`, {
        beforeSending() {
          throw reason;
        },
      });
      await assert.rejects(request, error => error === reason);
      assert.equal(trial.server.requests.length, 0);
      assert.equal(trial.context.httpContext.traffic.open, 0);
      return 'not sent, the reason unchanged';
    }),
  );
});
