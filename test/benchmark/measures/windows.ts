import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { serialiseGrant } from '../../../src/sessions/store/storedGrant.ts';
import { eventually, startFleet, type Fleet, type FleetWindow } from '../../chaos/fleet.ts';
import { signInTrial } from '../../protocol/signingIn.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { count, timed, type Figure } from '../figures.ts';

const part = 'Windows, each a process of its own';
const callers = 1000;

/** Opens windows of this commit, or of another one. */
export type StartFleet = typeof startFleet;

/** Windows that have found each other, and that all have one grant. */
async function openWindows(
  server: IdentityProvider,
  amount: number,
  start: StartFleet,
): Promise<{ fleet: Fleet; windows: FleetWindow[]; id: string }> {
  const fleet = start(server.issuer, 'separate');
  const windows = await Promise.all(Array.from({ length: amount }, (_, at) => fleet.open(String(at))));
  await eventually(() => Promise.resolve(windows.every(window => /leader|member/.test(window.role()))));
  const id = (await windows[0]?.add(serialiseGrant(await signedIn(server)))) ?? '';
  for (const window of windows) await eventually(async () => (await window.look(id)).serial === 1);
  return { fleet, windows, id };
}

async function signedIn(server: IdentityProvider): Promise<Grant> {
  const trial = signInTrial();
  return trial.signIn(trial.provider({ issuer: server.issuer }));
}

const tokenRequests = (server: IdentityProvider): number => server.requestsTo(server.endpoints.token).length;

/** The same request as a refresher's, sent by nobody but `fetch`. */
async function bareRefresh(server: IdentityProvider, { tokens, binding }: Grant): Promise<number> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: tokens.refreshToken?.reveal() ?? '',
    client_id: binding.clientId,
  });
  return timed(async () => {
    const answer = await fetch(binding.tokenEndpoint, { method: 'POST', body });
    await answer.json();
  });
}

/** What a thousand callers found: how long each has waited, and how many token requests were sent. */
export interface Waiting {
  readonly waits: readonly number[];
  readonly sent: number;
}

/**
 * A thousand callers, spread over so many windows, need new tokens at the same moment.
 *
 * @param times so many times, one after another, in the same windows.
 */
export async function bursts(
  server: IdentityProvider,
  amount: number,
  start: StartFleet = startFleet,
  times = 1,
): Promise<Waiting[]> {
  const { fleet, windows, id } = await openWindows(server, amount, start);
  try {
    // The leader then knows the provider's metadata, and has loaded what it needs.
    await windows[0]?.burst(id, 1, 1);
    for (const window of windows) await eventually(async () => (await window.look(id)).serial === 2);
    const found: Waiting[] = [];
    for (let serial = 2; serial < 2 + times; serial++) {
      const before = tokenRequests(server);
      const all = await Promise.all(windows.map(window => window.burst(id, serial, callers / amount)));
      const serials = new Set(all.flatMap(({ serials }) => serials));
      if (serials.size !== 1 || !serials.has(serial + 1))
        throw new Error(`tokens ${[...serials].join()} were handed out`);
      found.push({ waits: all.flatMap(({ waits }) => waits), sent: tokenRequests(server) - before });
    }
    return found;
  } finally {
    await fleet.end();
  }
}

/** The leader is killed; how long it takes until another window has got new tokens. */
export async function takeOver(server: IdentityProvider, start: StartFleet = startFleet): Promise<number> {
  const { fleet, windows, id } = await openWindows(server, 2, start);
  try {
    const leader = windows.find(window => window.role() === 'leader');
    const member = windows.find(window => window !== leader);
    return await timed(async () => {
      await leader?.kill();
      await member?.burst(id, 1, 1);
    });
  } finally {
    await fleet.end();
  }
}

export async function measureWindows(amounts: readonly number[], runs: number): Promise<Figure[]> {
  const server = await startIdentityProvider();
  try {
    const figures: Figure[] = [];
    for (const amount of amounts) {
      const bare: number[] = [];
      const waits: number[] = [];
      const sent: number[] = [];
      for (let run = 0; run < runs; run++) {
        bare.push(await bareRefresh(server, await signedIn(server)));
        for (const found of await bursts(server, amount)) {
          waits.push(...found.waits);
          sent.push(found.sent);
        }
      }
      const over = `over ${amount} ${amount === 1 ? 'window' : 'windows'}`;
      figures.push({
        ...count(part, `token requests for 1,000 concurrent calls ${over}`, 1, 1),
        samples: sent,
      });
      figures.push({
        part,
        name: `how long each of them waits, ${over}`,
        unit: 'ms',
        samples: waits,
        peer: { name: 'one bare token request', samples: bare },
        aim: { of: 'p95', most: Math.round(Math.max(...bare) + 50) },
      });
    }
    if (runs > 1) {
      const samples: number[] = [];
      for (let run = 0; run < runs; run++) samples.push(await takeOver(server));
      figures.push({
        part,
        name: 'the leader is killed: until another window has new tokens',
        unit: 'ms',
        samples,
        aim: { of: 'max', most: 1000 },
      });
    }
    return figures;
  } finally {
    await server.close();
  }
}
