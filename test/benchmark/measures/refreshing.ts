import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../../src/platform/clock.ts';
import { silentLog } from '../silentLog.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { parseDefinition } from '../../../src/providers/entries/definition.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { shareGrants } from '../../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../../src/sessions/refresh/memories.ts';
import { createClientSecrets } from '../../../src/signIn/client/clientSecrets.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import { createRegistrations } from '../../../src/signIn/client/registrations.ts';
import { alone } from '../../../src/windows/alone.ts';
import { joinWindows } from '../../../src/windows/group.ts';
import { everyGrantOf, quietWindow } from '../../standIns/quietWindow.ts';
import type { Figure } from '../figures.ts';
import { definition, storedGrants } from './storedGrants.ts';
import { memoryConcessions } from '../../standIns/memoryConcessions.ts';

const part = 'Heap of one window that refreshes again and again';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Megabytes, after everything that can go has gone. */
async function heap(): Promise<number> {
  for (let at = 0; at < 3; at++) {
    collect();
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed / 1e6;
}

/** A server that answers at once, and never twice the same. */
function instantServer(): typeof fetch {
  let answers = 0;
  return () => {
    const token = (kind: string): string => `${kind}-${++answers}-`.padEnd(1200, 'abcdefghij');
    const body = {
      token_type: 'Bearer',
      access_token: token('access'),
      refresh_token: token('refresh'),
      expires_in: 3600,
    };
    return Promise.resolve(Response.json(body, { headers: { 'content-type': 'application/json' } }));
  };
}

/** Everything between `renew` and `fetch` is what runs in the editor; the secret storage is a map. */
function openWindow() {
  const { values } = storedGrants(1);
  const storage = {
    get: (key: string) => Promise.resolve(values.get(key)),
    store: (key: string, value: string) => Promise.resolve(void values.set(key, value)),
    delete: (key: string) => Promise.resolve(void values.delete(key)),
  };
  const [clock, log] = [systemClock, silentLog];
  const { issuer } = definition;
  const endpoints = { authorization: `${issuer}/authorize`, token: `${issuer}/token` };
  const parsed = parseDefinition('oidc', { ...definition, discovery: false, endpoints });
  if (!parsed.ok) throw new Error('The provider cannot be used');
  const { provider } = parsed;
  const httpContext = createHttpContext({ fetch: instantServer(), clock, log });
  const nothing = () => Promise.resolve(undefined);
  const concessions = memoryConcessions();
  const services = {
    httpContext,
    registrations: createRegistrations({
      storage,
      httpContext,
      concessions,
      sharesStorage: true,
      askInitialAccessToken: nothing,
    }),
    concessions,
    clientSecrets: createClientSecrets({ storage, ask: nothing }),
    findSubject: nothing,
  };
  const cache = createGrantCache(createGrantStore({ storage, log, onSetAside: () => undefined }), clock, log);
  const sharing = shareGrants({
    memories: createMemories(),
    cache,
    clock,
    log,
    ...quietWindow,
    directory: '',
    loadTransport: () => Promise.resolve(options => joinWindows(alone, options)),
    providers: everyGrantOf(provider),
    server: {
      refresh: (...renewal) => refreshGrant(services, ...renewal),
      profile: nothing,
    },
  });
  return { cache, sharing };
}

/** How the heap grows, from when a tenth of the refreshes have warmed everything up. */
export async function measureRefreshing(refreshes: number): Promise<Figure[]> {
  const { cache, sharing } = openWindow();
  const [grant] = await cache.ofProvider('oidc');
  if (!grant) throw new Error('There is no grant');
  let serial = 1;
  const refreshUntil = async (wanted: number): Promise<void> => {
    while (serial <= wanted) {
      const renewed = await sharing.renew(grant.id, serial);
      if (renewed?.tokens.serial !== serial + 1) throw new Error(`refresh ${serial} failed`);
      serial++;
    }
  };
  await refreshUntil(refreshes / 10);
  const early = await heap();
  const samples: number[] = [];
  const steps = 10;
  for (let step = 2; step <= steps; step++) {
    await refreshUntil((refreshes / steps) * step);
    samples.push((await heap()) - early);
  }
  await sharing.dispose();
  return [
    {
      part,
      name: `growth in ${refreshes.toLocaleString('en')} refreshes`,
      unit: 'MB',
      samples,
      aim: { of: 'max', most: 0.5 },
    },
  ];
}
