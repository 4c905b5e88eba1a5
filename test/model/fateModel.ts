import { secret } from '../../src/platform/secret.ts';
import { Failure } from '../../src/protocol/failures/failure.ts';
import type { Event, State, Step } from '../../src/sessions/grant/events.ts';
import { fateOf, isEndedByServer, type TokenPolicy } from '../../src/sessions/grant/fate.ts';
import { blank } from '../../src/sessions/grant/memory.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import { step } from '../../src/sessions/grant/step.ts';
import { littleLeft } from './server.ts';
import { someGrant, someTokens, start } from '../unit/sessions/someGrant.ts';

/** Random numbers that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const lifetime = 3600;
const host = 'login.example.com';
const plain: TokenPolicy = {
  assumedTokenLifetime: undefined,
  narrowTokens: true,
  refreshEndsAccessToken: false,
  rotationGrace: 0,
};
const policies: readonly TokenPolicy[] = [
  plain,
  { ...plain, rotationGrace: 30 },
  { ...plain, refreshEndsAccessToken: true },
];

const failure = {
  unreachable: () => new Failure('unreachable', { host, reason: 'no network' }, { sent: false }),
  page: () => new Failure('intercepted', { host, status: 200 }),
  busy: () => new Failure('server-failed', { host, status: 503 }, { retryAfter: 60 }),
  lost: () => new Failure('timed-out', { host, seconds: 15 }),
  flawed: () => new Failure('response-invalid', { host, reason: 'it isn’t JSON' }),
  refused: () =>
    new Failure('grant-refused', { host, error: 'invalid_grant' }, { oauthError: 'invalid_grant' }),
};
type Weather = 'fine' | 'lost' | 'flawed' | 'unreachable' | 'page' | 'busy';
const weathers: readonly Weather[] = ['fine', 'fine', 'lost', 'flawed', 'unreachable', 'page', 'busy'];

/**
 * One grant in one window after another, and a server that rotates its refresh token and ends everything when a spent
 * one comes back: {@link step} alone, without a promise. Everything that can happen happens at random.
 */
class World {
  readonly random: (below: number) => number;
  readonly policy: TokenPolicy;
  now = start;
  grant: Grant = someGrant({ tokens: someTokens(1) });
  stored: Grant = this.grant;
  memory = blank;
  /** What is to be done now, as {@link step} said. */
  next: Step['next'] = { do: 'nothing' };
  storageAnswers = true;
  isConfigured = true;
  weather: Weather = 'fine';
  /** The refresh token that the server takes; undefined once it has ended the sign-in. */
  current: string | undefined = 'refresh-1';
  spentAt = -Infinity;
  /** An answer was lost: then only the server can help. */
  isExcused = false;
  /** It crashed with what the storage had not taken: it cannot even know that a token is spent. */
  hasForgotten = false;
  readonly wrong: string[] = [];
  #tokens = 1;

  constructor(seed: number) {
    this.random = randomFrom(seed);
    this.policy = policies[this.random(policies.length)] ?? plain;
  }

  get #state(): State {
    const { grant, memory, now } = this;
    const policy = this.isConfigured ? this.policy : undefined;
    return { grant, policy, memory, now, isLeader: true, isLeaving: false, formerLeaderMayLive: false };
  }

  take(event: Event): Step {
    const taken = step(this.#state, event);
    if (taken.grant !== this.grant && taken.grant) {
      this.grant = taken.grant;
      if (this.storageAnswers) this.stored = this.grant;
    }
    this.memory = taken.memory;
    // What happens beside a request does not take its place.
    if (
      event.kind !== 'about-to-send' &&
      taken.next.do !== 'wait' &&
      (taken.next.do !== 'nothing' || !this.memory.request)
    )
      this.next = taken.next;
    return taken;
  }

  /** Goes on with what is to be done. */
  goOn(): void {
    const { next } = this;
    const stored = this.storageAnswers;
    if (next.do === 'listen' || next.do === 'outlast') this.take({ kind: 'listened', stored });
    else if (next.do === 'note') this.take({ kind: 'noted', stored });
    else if (next.do === 'send') this.#send();
  }

  #send(): void {
    const token = this.grant.tokens.refreshToken?.reveal();
    if (this.weather === 'unreachable' && this.random(2) === 0) return this.#fail(failure.unreachable());
    if (this.take({ kind: 'about-to-send' }).next.do !== 'send') {
      this.take({ kind: 'withheld' });
      return;
    }
    const { weather } = this;
    if (weather === 'unreachable' || weather === 'page' || weather === 'busy')
      return this.#fail(failure[weather]());
    const works = this.now < (this.grant.tokens.expiresAt ?? Infinity) - littleLeft;
    const isForgiven = this.now - this.spentAt < this.policy.rotationGrace;
    const mayLose = works && !this.hasForgotten;
    if (token !== this.current && mayLose && !isForgiven && !this.policy.refreshEndsAccessToken)
      this.wrong.push('a spent token was sent, though the access token worked');
    if (token !== this.current && !isForgiven) this.current = undefined;
    if (this.current === undefined)
      return this.weather === 'lost' ? this.#fail(failure.lost()) : this.#fail(failure.refused());
    this.spentAt = this.now;
    this.current = `refresh-${++this.#tokens}`;
    if (this.weather === 'lost') {
      this.isExcused = true;
      return this.#fail(failure.lost());
    }
    const refreshToken = secret(this.current);
    if (this.random(2) === 0 || this.weather === 'flawed') {
      this.take({ kind: 'rotated', refreshToken });
      if (this.random(4) === 0) return this.crash();
    }
    if (this.weather === 'flawed') return this.#fail(failure.flawed());
    const times = { receivedAt: this.now, expiresAt: this.now + lifetime };
    const accessToken = secret(`access-${this.#tokens}`);
    const none = { idToken: undefined, idTokenClaims: undefined, grantedScopes: undefined };
    this.take({ kind: 'answered', tokens: { accessToken, refreshToken, ...times, ...none } });
  }

  #fail(why: Failure): void {
    this.take({ kind: 'failed', failure: why, reason: why.message });
  }

  crash(): void {
    if (this.stored !== this.grant) this.isExcused = this.hasForgotten = true;
    this.grant = this.stored;
    this.memory = blank;
    this.next = { do: 'nothing' };
  }

  /** The timer of the grant, if its time has come. */
  tick(): void {
    const { policy, memory } = this.#state;
    const { nextAt } = fateOf(this.grant, policy, memory, this.now);
    if (!this.memory.request && nextAt !== undefined && nextAt <= this.now) this.take({ kind: 'timer' });
  }

  happen(): void {
    switch (this.random(13)) {
      case 12:
        this.take({ kind: 'roused' });
        this.tick();
        break;
      case 0:
        this.weather = weathers[this.random(weathers.length)] ?? 'fine';
        break;
      case 1:
        this.storageAnswers = this.random(4) > 0;
        if (this.storageAnswers) this.stored = this.grant;
        break;
      case 2:
        this.isConfigured = this.random(4) > 0;
        this.take({ kind: 'provider-changed' });
        break;
      case 3:
        if (this.random(3) === 0) this.crash();
        break;
      case 4:
      case 5: {
        const which = this.random(6) === 0 ? ['email'] : undefined;
        const serial = which ? 0 : this.grant.tokens.serial;
        this.take({ kind: 'asked', which, serial, urgent: this.random(4) === 0 });
        break;
      }
      case 6:
        this.now += [1, 5, 30, 120, 1800, 3300, 4000][this.random(7)] ?? 1;
        this.tick();
        break;
      default:
        this.goOn();
    }
    this.#check();
  }

  /** Everything works again, and time passes. */
  heal(): void {
    this.weather = 'fine';
    this.storageAnswers = this.isConfigured = true;
    this.stored = this.grant;
    for (let left = 400; left > 0 && !this.#isWell(); left--) {
      for (let moves = 0; moves < 4; moves++) this.goOn();
      this.now += 30;
      this.tick();
    }
    if (!this.#isWell()) this.wrong.push('nothing has got it well again');
    if (isEndedByServer(this.grant) && !this.isExcused)
      this.wrong.push('it was lost, though every answer had arrived');
  }

  #isWell(): boolean {
    const { kind } = fateOf(this.grant, this.policy, this.memory, this.now);
    return isEndedByServer(this.grant) || (kind === 'valid' && this.grant.signInNeeded === undefined);
  }

  #check(): void {
    const token = this.grant.tokens.refreshToken?.reveal();
    if (isEndedByServer(this.grant) && this.current !== undefined)
      this.wrong.push('it has ended, and the server takes it');
    if (this.memory.request === undefined && !this.isExcused && token !== this.current)
      this.wrong.push('the refresh token was lost');
    if (this.memory.request === undefined && this.next.do !== 'nothing' && this.next.do !== 'leave')
      this.wrong.push(`there is no request, and yet it is to ${this.next.do}`);
  }
}

/** Lives one history. @returns what went wrong in it. */
export function live(seed: number, moves = 40): readonly string[] {
  const world = new World(seed);
  for (let move = 0; move < moves && world.wrong.length === 0; move++) world.happen();
  if (world.wrong.length === 0) world.heal();
  return world.wrong;
}

/** Lives so many histories. @returns the first that went wrong. */
export function liveMany(
  from: number,
  histories: number,
): { seed: number; wrong: readonly string[] } | undefined {
  for (let seed = from; seed < from + histories; seed++) {
    const wrong = live(seed);
    if (wrong.length > 0) return { seed, wrong };
  }
  return undefined;
}
