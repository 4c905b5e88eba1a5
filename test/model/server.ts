import assert from 'node:assert/strict';
import { secret } from '../../src/platform/secret.ts';
import { Failure } from '../../src/protocol/failures/failure.ts';
import type { RefreshAnswer, Tokens } from '../../src/protocol/tokens/tokens.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { answerTimeout } from '../../src/protocol/http/address.ts';
import { answerWith } from '../standIns/quietWindow.ts';
import type { Life } from '../standIns/memoryTransport.ts';

export type Weather =
  | 'fine'
  | 'unreachable'
  | 'answers get lost'
  | 'server error'
  | 'answers are late'
  /** The refresh token in them is good, and nothing else is. */
  | 'answers are flawed'
  /** They are good, but it takes long to find out that the keys to verify the ID token with cannot be had. */
  | 'keys are lost';

/** So many seconds of an access token are nothing to lose. */
export const littleLeft = 5;

/** The sending of one refresh token. */
interface Sending {
  readonly token: string;
  readonly sender: Life;
  readonly at: number;
  /** Whether the sender has had a whole answer, and time to act on it. */
  outcome: 'none' | 'arrived' | 'settled';
  /** The sender still waits for the answer. */
  awaited: boolean;
}

/** A server that rotates refresh tokens, and ends everything when a spent one comes back (RFC 9700, 4.14.2). */
export interface ModelServer {
  weather: Weather;
  readonly sendings: readonly Sending[];
  /** What is wrong with what was sent. */
  readonly offences: readonly string[];
  signIn(id: string): Pick<Tokens, 'accessToken' | 'refreshToken' | 'receivedAt' | 'expiresAt'>;
  refresh(sender: Life, grant: Grant, beforeSending: () => void): Promise<RefreshAnswer>;
  /** The answers that are late arrive. */
  release(): void;
  /** Everything has come to rest: who had an answer has acted on it. */
  settle(): void;
  /** Whether a refresh token was sent before, and whoever sent it has had the answer and time to act on it. */
  wasAnswered(token: string | undefined): boolean;
  /** Whether a refresh token was sent before. */
  wasSent(token: string | undefined): boolean;
  /** Whether this is the refresh token that the server would take. */
  takes(token: string | undefined): boolean;
  /** Whether a refresh token of this sign-in was sent without an answer having been used. */
  hasDoubts(signIn: string): boolean;
}

export const lifetime = 3600;

const host = 'login.example.com';

/** What may be wrong with an answer that has a good refresh token, or with finding that out. */
const flaws: readonly (() => Failure)[] = [
  () => new Failure('response-invalid', { host, reason: 'it isn’t JSON' }),
  () => new Failure('intercepted', { host, status: 200 }),
  () => new Failure('clock-differs', { host, minutes: 120 }),
  () => new Failure('unreachable', { host, reason: 'there is no network' }, { sent: false }),
  () => new Failure('server-failed', { host, status: 503 }, { retryAfter: 60 }),
];

/**
 * @param isSlow whether a window may come to act before it has heard what it was told: it is not blamed for that.
 * @param requestTimeout how long the http client waits for an answer, in seconds.
 */
export function createModelServer(
  clock: Clock,
  isSlow: (window: Life) => boolean,
  requestTimeout: number = answerTimeout.usual,
): ModelServer {
  const current = new Map<string, string>();
  const sendings: Sending[] = [];
  const offences: string[] = [];
  let late = Promise.withResolvers<void>();
  let count = 0;

  const issue = (signIn: string) => {
    const token = `${signIn}/refresh-${++count}`;
    current.set(signIn, token);
    const receivedAt = Math.floor(clock.now() / 1000);
    return {
      accessToken: secret(`${signIn}/access-${count}`),
      refreshToken: secret(token),
      receivedAt,
      expiresAt: receivedAt + lifetime,
    };
  };
  const signInOf = (token: string): string => token.split('/')[0] ?? '';
  const refusal = () =>
    new Failure('grant-refused', { host, error: 'invalid_grant', said: '' }, { oauthError: 'invalid_grant' });

  const timeOut = () => new Failure('timed-out', { host, seconds: requestTimeout });
  /** What the http client does with an answer that takes long. */
  const timedOut = (): Promise<never> => {
    const { promise, reject } = Promise.withResolvers<never>();
    clock.after(requestTimeout * 1000, () => reject(timeOut()));
    return promise;
  };

  const server: ModelServer = {
    weather: 'fine',
    sendings,
    offences,
    signIn: issue,
    async refresh(sender, grant, beforeSending) {
      const never = new Promise<never>(() => undefined);
      await new Promise(resolve => setImmediate(resolve));
      if (!sender.alive) return never;
      beforeSending();
      if (server.weather === 'unreachable') {
        throw new Failure('unreachable', { host, reason: 'there is no network' }, { sent: false });
      }
      const token = grant.tokens.refreshToken?.reveal() ?? '';
      const before = sendings.findLast(sending => sending.token === token);
      if (sendings.some(({ token: sent, awaited, sender: by }) => sent === token && awaited && by === sender))
        offences.push(`${token} was sent twice at once`);
      // One that was taken for dead is waited for, but not for ever.
      const mayBeForgotten = (sent: Sending): boolean =>
        !sent.sender.alive ||
        (sent.sender.superseded === true && clock.now() - sent.at >= 2 * requestTimeout * 1000);
      const ownBefore = before?.sender === sender;
      // One that is very slow may have sent it from an old copy, and what it noted is then not believed by the others.
      const isBlamed = ownBefore || !(isSlow(sender) || (before && isSlow(before.sender)));
      if (before?.awaited && !ownBefore && isBlamed && !mayBeForgotten(before))
        offences.push(`${token} was sent again, though an answer was awaited`);
      // Whoever sends it again notes that, if they know of the first time.
      const knew = ownBefore || grant.refreshResentAt !== undefined;
      if (before && knew && clock.now() < ((grant.tokens.expiresAt ?? Infinity) - littleLeft) * 1000)
        offences.push(`${token} was sent again, though the access token worked`);
      const sending: Sending = { token, sender, at: clock.now(), outcome: 'none', awaited: true };
      sendings.push(sending);
      try {
        const signIn = signInOf(token);
        const accepted = current.get(signIn) === token;
        if (!accepted) current.delete(signIn);
        const tokens = accepted ? issue(signIn) : undefined;
        const { weather } = server;
        if (weather === 'answers are late') await Promise.race([late.promise, timedOut()]);
        await new Promise(resolve => setImmediate(resolve));
        if (!sender.alive) return never;
        if (weather === 'answers get lost') {
          throw timeOut();
        }
        if (weather === 'server error') {
          throw new Failure('server-failed', { host, status: 500 });
        }
        sending.outcome = 'arrived';
        if (!tokens) throw refusal();
        const rest = { ...tokens, idToken: undefined, idTokenClaims: undefined, grantedScopes: undefined };
        return {
          ...answerWith(rest),
          // Keys have to be asked for now and then.
          takesTime: count % 2 === 0 || weather === 'keys are lost',
          async judge() {
            if (weather === 'keys are lost')
              await Promise.race([late.promise, timedOut().catch(() => undefined)]);
            for (let turn = 0; turn < count % 5; turn++) await new Promise(resolve => setImmediate(resolve));
            if (!sender.alive) return never;
            if (weather !== 'answers are flawed') return rest;
            throw (flaws[count % flaws.length] ?? assert.fail)();
          },
        };
      } finally {
        sending.awaited = false;
      }
    },
    release() {
      late.resolve();
      late = Promise.withResolvers();
    },
    settle() {
      for (const sending of sendings)
        if (sending.outcome === 'arrived' && sending.sender.alive) sending.outcome = 'settled';
    },
    wasAnswered: token => sendings.some(sending => sending.token === token && sending.outcome === 'settled'),
    wasSent: token => sendings.some(sending => sending.token === token),
    takes: token => token !== undefined && current.get(signInOf(token)) === token,
    hasDoubts: signIn =>
      sendings.some(({ token, outcome }) => signInOf(token) === signIn && outcome !== 'settled'),
  };
  return server;
}
