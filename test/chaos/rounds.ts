import { serialiseGrant } from '../../src/sessions/store/storedGrant.ts';
import { signInTrial } from '../protocol/signingIn.ts';
import type { FaultyIdentityProvider } from '../servers/faultProxy.ts';
import { eventually, startFleet, type Fleet, type FleetWindow } from './fleet.ts';
import type { DeathPoint } from './worker.ts';

/** What is wrong with an answer, after the server has rotated. The refresh token in it is good. */
type Flaw = 'its ID token is wrong' | 'its keys are lost' | 'it has no access token';

/** What becomes of the leader in a round: where it dies; `stopped`: it is taken for dead, and goes on afterwards. */
export type Point =
  | DeathPoint
  | Flaw
  | 'the clock is two hours wrong'
  | 'it cannot be stored'
  | 'after sending, never arrived'
  | 'after the server rotated'
  | 'stopped while it waits for the answer';

export const points: readonly Point[] = [
  'before sending',
  'after sending, never arrived',
  'after the server rotated',
  'after the answer came',
  'before storing',
  'after storing',
  'before writing the index',
  'while taking over',
  'while signing out',
  'its ID token is wrong',
  'its keys are lost',
  'it has no access token',
  'the clock is two hours wrong',
  'it cannot be stored',
  // Windows has no signal that stops a process.
  ...(process.platform === 'win32' ? [] : (['stopped while it waits for the answer'] as const)),
];

/**
 * At these points nobody but the dead process ever had the server's answer, so that only the server can help: one
 * that forgives a repetition, or that does not rotate.
 */
export const answerLost: ReadonlySet<Point> = new Set(['after the server rotated', 'after the answer came']);

export interface Outcome {
  readonly point: Point;
  /** The person has to sign in again; or, for a sign-out, the grant came back. */
  readonly lost: boolean;
  /** Refresh tokens that reached the server more than once. */
  readonly sentTwice: number;
  /** From the death, or since it went on, until every other window has a token that works, or knows that there is none. */
  readonly milliseconds: number;
}

const names = ['a', 'b', 'c'] as const;

/** Windows that die and are opened again, round after round. */
export interface Chaos {
  round(point: Point): Promise<Outcome>;
  end(): Promise<void>;
}

export function startChaos(server: FaultyIdentityProvider, storage: 'shared' | 'separate'): Chaos {
  const fleet: Fleet = startFleet(server.issuer, storage);
  const windows = new Map<string, FleetWindow>();
  let rounds = 0;

  const openMissing = async (): Promise<FleetWindow[]> => {
    await Promise.all(
      names.map(async name => {
        if (!windows.get(name)?.alive()) windows.set(name, await fleet.open(name));
      }),
    );
    const all = [...windows.values()];
    await eventually(() => {
      const roles = all.map(window => window.role());
      return Promise.resolve(
        roles.filter(role => role === 'leader').length === 1 &&
          roles.filter(role => role === 'member').length === all.length - 1,
      );
    });
    return all;
  };

  const signIn = async (): Promise<string> => {
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer }, `round-${++rounds}`);
    return serialiseGrant(await trial.signIn(provider));
  };

  const everyoneHas = (all: readonly FleetWindow[], id: string, serial: number | undefined): Promise<void> =>
    eventually(async () =>
      (await Promise.all(all.map(window => window.look(id)))).every(found => found.serial === serial),
    );

  /** How the leader is made to die, up to its end. */
  const die = async (
    point: Point,
    all: readonly FleetWindow[],
    leader: FleetWindow,
    id: string,
  ): Promise<number> => {
    const { token } = server.endpoints;
    const members = all.filter(window => window !== leader);
    const asking = (): void => {
      for (const member of members) member.renew(id, 5).catch(() => undefined);
    };
    switch (point) {
      case 'after sending, never arrived':
      case 'after the server rotated': {
        const release = Promise.withResolvers<void>();
        const what = point === 'after the server rotated' ? 'answer' : 'request';
        const never = new Promise<never>(() => undefined);
        const fault = server.proxy.on(token, {
          kind: 'delay',
          what,
          until: what === 'answer' ? release.promise : never,
        });
        void leader.expire(id).catch(() => undefined);
        asking();
        await fault.met;
        await leader.kill();
        release.resolve();
        return leader.died;
      }
      case 'stopped while it waits for the answer': {
        const release = Promise.withResolvers<void>();
        const fault = server.proxy.on(token, { kind: 'delay', what: 'answer', until: release.promise });
        void leader.expire(id);
        await fault.met;
        leader.stop();
        asking();
        release.resolve();
        await Promise.race(members.map(member => member.has('leader')));
        // The new leader has listened to the others by then, and would send if it did not wait.
        await new Promise(resolve => setTimeout(resolve, 2000));
        leader.goOn();
        return performance.now();
      }
      case 'its ID token is wrong':
      case 'its keys are lost':
      case 'it has no access token': {
        const fault = server.proxy.on(token, { kind: 'replace', body: body => flawed(point, body) });
        if (point === 'its keys are lost')
          server.proxy.on(server.endpoints.jwks, { kind: 'status', status: 503 }, { sticky: true });
        void leader.expire(id).catch(() => undefined);
        asking();
        await fault.met;
        return performance.now();
      }
      case 'the clock is two hours wrong': {
        for (const window of all) window.setClock(2 * 3600);
        asking();
        await everyoneHas(all, id, 2);
        for (const window of all) window.setClock(0);
        return performance.now();
      }
      case 'it cannot be stored': {
        leader.breakStorage();
        void leader.expire(id).catch(() => undefined);
        asking();
        await everyoneHas(members, id, 2);
        await leader.kill();
        return leader.died;
      }
      case 'while signing out': {
        leader.dieAt(point, id);
        await members[0]?.signOut(id);
        return leader.died;
      }
      case 'while taking over': {
        for (const member of members) member.dieAt(point, `${id}-successor`);
        leader.dieAt('before sending', id);
        void leader.expire(id).catch(() => undefined);
        asking();
        await leader.died;
        return Promise.race(members.map(member => member.died));
      }
      default: {
        leader.dieAt(point, id);
        void leader.expire(id).catch(() => undefined);
        asking();
        return leader.died;
      }
    }
  };

  return {
    async round(point) {
      const all = await openMissing();
      const leader = all.find(window => window.role() === 'leader');
      if (!leader) throw new Error('There is no leader');
      const id = await leader.add(await signIn());
      await everyoneHas(all, id, 1);
      const before = server.requests.length;

      const died = await die(point, all, leader, id);
      const left = all.filter(window => window.alive());
      const answers = await Promise.all(left.map(window => window.renew(id, 20)));
      const milliseconds = performance.now() - died;

      let lost: boolean;
      if (point === 'while signing out') {
        const everybody = await openMissing();
        await everyoneHas(everybody, id, undefined);
        lost = answers.flat().some(serial => serial !== 0);
      } else {
        lost = answers.flat().includes(0);
        // A session that works once may be dead at the next refresh.
        if (!lost) {
          const everybody = await openMissing();
          await everybody[0]?.expire(id);
          const serials = await Promise.all(everybody.map(window => window.renew(id, 1)));
          lost = serials.flat().includes(0);
        }
      }
      server.proxy.heal();
      return { point, lost, sentTwice: repetitions(server, before), milliseconds };
    },
    end: () => fleet.end(),
  };
}

/** The body of an answer of the token endpoint with that flaw. */
function flawed(flaw: Flaw, body: string): string {
  const {
    access_token: accessToken,
    id_token: idToken,
    ...rest
  } = JSON.parse(body) as Record<string, string>;
  const [header = '', ...signed] = String(idToken).split('.');
  const unknownKey = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'unknown' })).toString('base64url');
  switch (flaw) {
    case 'its ID token is wrong':
      return JSON.stringify({
        ...rest,
        access_token: accessToken,
        id_token: [header, ...signed].join('.') + 'AA',
      });
    case 'its keys are lost':
      return JSON.stringify({
        ...rest,
        access_token: accessToken,
        id_token: [unknownKey, ...signed].join('.'),
      });
    case 'it has no access token':
      return JSON.stringify(rest);
  }
}

/** Of the refresh tokens that arrived since, how many arrived more than once. */
export function repetitions(server: FaultyIdentityProvider, since: number): number {
  const seen = new Map<string, number>();
  for (const { path, body } of server.requests.slice(since)) {
    const token = path === server.endpoints.token ? body['refresh_token'] : undefined;
    if (typeof token === 'string') seen.set(token, (seen.get(token) ?? 0) + 1);
  }
  return [...seen.values()].filter(times => times > 1).length;
}
