import { systemClock } from '../../../src/platform/clock.ts';
import { parseDefinition } from '../../../src/providers/entries/definition.ts';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { count, threadTime, type Figure } from '../figures.ts';
import { askedScopes, storedGrants } from './storedGrants.ts';

const part = 'A session from a valid token, in the extension itself';

/** A window's sessions, of a provider that cannot be reached. */
function openAccounts(grants: number) {
  const { values, definition } = storedGrants(grants);
  const storage = memorySecretStorage(values);
  const log = recordingLog();
  const clock = systemClock;
  const cache = createGrantCache(createGrantStore({ storage, log, onSetAside: () => undefined }), clock, log);
  const parsed = parseDefinition('oidc', definition);
  if (!parsed.ok) throw new Error('The provider cannot be used');
  const { provider } = parsed;
  const never = (): never => {
    throw new Error('A valid token takes nobody else');
  };
  const accounts = createAccounts({
    cache,
    clock,
    log,
    sharing: { renew: never, add: never, derive: never },
  });
  return {
    ask: (scopes: readonly string[] | undefined) => accounts.sessions(provider, scopes),
    reads: () => storage.calls.filter(({ key }) => key.startsWith('grant:')).length,
  };
}

type Accounts = ReturnType<typeof openAccounts>;

/** One call is too short for the clock. */
const callsPerSample = 200;

/** Microseconds of the thread's processor time for one call. */
async function ask({ ask }: Accounts, scopes: readonly string[] | undefined): Promise<number> {
  const start = threadTime();
  for (let call = 0; call < callsPerSample; call++) await ask(scopes);
  return ((threadTime() - start) * 1000) / callsPerSample;
}

/** How an answer depends on the number of grants: in turns, so that the noise is the same for all. */
export async function measureAnswering(runs: number, amounts: readonly number[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const scopes of [askedScopes, undefined]) {
    const windows = new Map<number, Accounts>();
    for (const amount of amounts) windows.set(amount, openAccounts(amount));
    const samples = new Map<number, number[]>(amounts.map(amount => [amount, []]));
    for (const accounts of windows.values()) for (let warm = 0; warm < 5; warm++) await ask(accounts, scopes);
    for (let run = 0; run < runs; run++) {
      for (const [amount, accounts] of windows) samples.get(amount)?.push(await ask(accounts, scopes));
    }
    const call = scopes ? 'getSessions of one scope set' : 'getSessions(undefined)';
    for (const amount of amounts) {
      figures.push({
        part,
        name: `${call}, ${amount.toLocaleString('en')} grants`,
        unit: 'µs',
        samples: samples.get(amount) ?? [],
        ...(amount !== 1 && { peer: { name: 'with 1', samples: samples.get(1) ?? [] } }),
        ...(amount === 1000 && { aim: { of: 'median', most: 1.1, ratio: true } }),
      });
    }
    for (const [amount, accounts] of windows) {
      if (amount !== 1000) continue;
      const calls = (runs + 5) * callsPerSample;
      const name = `secret reads of grants in ${calls.toLocaleString('en')} of these calls, 1,000 grants`;
      figures.push(count(part, name, accounts.reads(), 1000));
    }
  }
  return figures;
}
