import assert from 'node:assert/strict';
import type { FailureCode } from '../../../src/protocol/failures/failure.ts';
import type { DeviceScreen } from '../../../src/signIn/methods/deviceScreen.ts';
import type { Departure, Json, Situation } from '../../servers/hostile/departure.ts';
import { html, json, resetBefore, text, type Answer, type Reply } from '../../servers/hostile/replies.ts';
import { manualClock, settled, type ManualClock } from '../../standIns/manualClock.ts';
import { conforms } from '../table.ts';
import { assertFailure, failureOf, signIn, withTrial, type Trial } from '../trial.ts';

/** A panel without an editor. Nobody asks for a second code. */
function screen(): { device: DeviceScreen; shown: string[]; closed: () => boolean } {
  const shown: string[] = [];
  let isOpen = false;
  const device: DeviceScreen = {
    open() {
      isOpen = true;
      return {
        showCode: ({ userCode, verificationUri }) => void shown.push(`${userCode} at ${verificationUri}`),
        showState: ({ kind }) => void shown.push(kind),
        showExpired() {
          shown.push('expired');
          return new Promise(() => undefined);
        },
        close: () => (isOpen = false),
      };
    },
  };
  return { device, shown, closed: () => !isOpen };
}

interface Waiting {
  readonly trial: Trial;
  readonly clock: ManualClock;
  readonly shown: readonly string[];
  readonly outcome: () => 'waiting' | 'ended';
  readonly signingIn: Promise<unknown>;
}

/** Starts a sign-in with a device code and hands it over as soon as the code is shown, or it has failed. */
function withDeviceCode(departure: Departure, run: (waiting: Waiting) => Promise<string>): Promise<string> {
  const clock = manualClock();
  const { device, shown, closed } = screen();
  return withTrial(
    departure,
    async trial => {
      let outcome: 'waiting' | 'ended' = 'waiting';
      const signingIn = signIn(trial, { signInMethod: 'device-code' });
      const ended = (): void => void (outcome = 'ended');
      signingIn.then(ended, ended);
      while (shown.length === 0 && (outcome as string) === 'waiting') await settled();
      const got = await run({ trial, clock, shown, outcome: () => outcome, signingIn });
      await settled();
      assert.ok(closed(), 'the panel is closed');
      assert.equal(clock.pending, 0, 'no timer is left');
      return got;
    },
    { clock, device },
  );
}

/** Lets time pass to the next poll and waits for its answer. @returns the seconds that passed. */
async function untilPolled({ trial, clock }: Waiting): Promise<number> {
  assert.ok(clock.next !== undefined, 'a poll is to come');
  const seconds = (clock.next - clock.now()) / 1000;
  const polled = trial.server.requestsTo('token').length;
  await clock.advance(seconds * 1000);
  // The request is on its way or, after the last bit of the code's lifetime, was never sent.
  do await settled();
  while (trial.context.httpContext.traffic.open > 0);
  await settled();
  assert.ok(trial.server.requestsTo('token').length <= polled + 1);
  return seconds;
}

const pending = json({ error: 'authorization_pending' }, 400);

/** The answers to the first polls; then the person has approved. */
const polls = (...answers: Reply[]): Departure => ({
  replies: { token: (right: Answer, { count }: Situation) => answers[count - 1] ?? right },
});

const authorizing = (changes: Json): Departure => ({
  replies: { device: right => json({ ...(JSON.parse(String(right.body)) as Json), ...changes }) },
});

const pollsTake = async (waiting: Waiting, count: number): Promise<number[]> => {
  const seconds: number[] = [];
  for (let poll = 0; poll < count; poll++) seconds.push(await untilPolled(waiting));
  return seconds;
};

describe('device code', () => {
  conforms('device', 'approved', () =>
    withDeviceCode(polls(pending), async waiting => {
      assert.deepEqual(await pollsTake(waiting, 2), [5, 5]);
      await waiting.signingIn;
      return 'signed in at the second poll';
    }),
  );

  conforms('device', 'slow_down', () => {
    const slower = json({ error: 'slow_down' }, 400);
    return withDeviceCode(polls(slower, pending, slower), async waiting => {
      assert.deepEqual(await pollsTake(waiting, 4), [5, 10, 10, 15]);
      await waiting.signingIn;
      return 'polled after 5, 10, 10 and 15 s';
    });
  });

  for (const [variant, interval, expected] of [
    ['interval 0', 0, 1],
    ['interval 10^9', 1e9, 60],
    ['interval negative', -5, 1],
    ['no interval', undefined, 5],
  ] as const) {
    conforms('device', variant, () => {
      const departure: Departure = {
        replies: { ...authorizing({ interval }).replies, ...polls(pending).replies },
      };
      return withDeviceCode(departure, async waiting => {
        assert.deepEqual(await pollsTake(waiting, 2), [expected, expected]);
        await waiting.signingIn;
        return `polled every ${expected} s`;
      });
    });
  }

  conforms('device', 'connection reset', () =>
    withDeviceCode(polls(resetBefore, pending), async waiting => {
      assert.deepEqual(await pollsTake(waiting, 3), [5, 10, 5]);
      await waiting.signingIn;
      assert.ok(waiting.shown.includes('retrying'));
      return 'tried again, signed in';
    }),
  );

  conforms('device', '429 with Retry-After', () => {
    const later: Answer = { ...json({}, 429), headers: { 'retry-after': '30' } };
    return withDeviceCode(polls(later), async waiting => {
      assert.deepEqual(await pollsTake(waiting, 2), [5, 30]);
      await waiting.signingIn;
      return 'waited 30 s, signed in';
    });
  });

  conforms('device', 'pending forever', () => {
    const departure: Departure = {
      replies: { token: () => pending, ...authorizing({ expires_in: 60 }).replies },
    };
    return withDeviceCode(departure, async waiting => {
      const failing = failureOf(waiting.trial, waiting.signingIn);
      assert.equal(
        (await pollsTake(waiting, 12)).reduce((sum, seconds) => sum + seconds),
        60,
      );
      assert.equal(waiting.shown.at(-1), 'expired');
      // Nobody asks for another code: in the end the sign-in is over.
      await waiting.clock.advance(60_000);
      const got = assertFailure(await failing, 'device-code-expired', /wasn’t entered in time/);
      assert.equal(waiting.trial.server.requestsTo('token').length, 11, 'it is not asked for any more');
      return got;
    });
  });

  for (const [variant, answer, code] of [
    ['denied', json({ error: 'access_denied' }, 400), 'access-denied'],
    ['client refused', json({ error: 'invalid_client' }, 401), 'client-refused'],
    ['code refused', json({ error: 'invalid_grant' }, 400), 'grant-refused'],
  ] as const) {
    conforms('device', variant, () =>
      withDeviceCode({ replies: { token: () => answer } }, async waiting => {
        const failing = failureOf(waiting.trial, waiting.signingIn);
        await untilPolled(waiting);
        return assertFailure(await failing, code, /./);
      }),
    );
  }

  const refused: [string, Departure, FailureCode, RegExp][] = [
    ...[
      'javascript:alert(1)',
      'http://login.example.com/enter',
      'file:///etc/passwd',
      'vscode://a.b/c',
      '',
    ].map((address): [string, Departure, FailureCode, RegExp] => [
      `verification_uri ${address}`,
      authorizing({ verification_uri: address }),
      'response-invalid',
      /its URL for entering the code (can’t be used|doesn’t use https)/,
    ]),
    [
      'verification_uri with a password',
      authorizing({ verification_uri: 'https://login.example.com:x@evil.example/' }),
      'response-invalid',
      /it contains a user name or password/,
    ],
    [
      'verification_uri of a cloud metadata service',
      authorizing({ verification_uri: 'https://169.254.169.254/latest/' }),
      'response-invalid',
      /leads to an internal host/,
    ],
    ['no code', authorizing({ device_code: undefined }), 'response-invalid', /"device_code" is missing/],
    ['user code of a page', authorizing({ user_code: 'x'.repeat(5000) }), 'response-invalid', /"user_code"/],
    ['user code with bidi', authorizing({ user_code: 'AB\u202eCD' }), 'response-invalid', /"user_code"/],
    ['expired at once', authorizing({ expires_in: -1 }), 'response-invalid', /"expires_in"/],
    ['HTML', { replies: { device: () => html() } }, 'intercepted', /Something other than/],
    [
      'nested deeply',
      { replies: { device: () => text('[' + '['.repeat(9999)) } },
      'response-invalid',
      /JSON/,
    ],
    [
      'refused',
      { replies: { device: () => json({ error: 'invalid_scope' }, 400) } },
      'request-refused',
      /invalid_scope/,
    ],
  ];
  for (const [variant, departure, code, says] of refused) {
    conforms('device', variant, () =>
      withDeviceCode(departure, async ({ trial, signingIn, shown }) => {
        const got = assertFailure(await failureOf(trial, signingIn), code, says);
        assert.deepEqual(shown, [], 'no code is shown');
        assert.equal(trial.server.requestsTo('token').length, 0);
        return got;
      }),
    );
  }
});
