/**
 * A window in a process of its own: the extension's grants, refresher and channel as they are, with secret storage
 * in files, refreshing at a real server. It kills itself, as `kill -9` does, at the point that it is told.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import type { SecretStorage } from '../../src/platform/storage.ts';
import { createHttpContext } from '../../src/protocol/server/httpContext.ts';
import { parseDefinition } from '../../src/providers/entries/definition.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import { parseGrant } from '../../src/sessions/store/storedGrant.ts';
import { createGrantCache } from '../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../src/sessions/store/grantStore.ts';
import { shareGrants } from '../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../src/sessions/refresh/memories.ts';
import { refreshGrant } from '../../src/signIn/after/keepGrant.ts';
import { createClientSecrets } from '../../src/signIn/client/clientSecrets.ts';
import { createRegistrations } from '../../src/signIn/client/registrations.ts';
import { joinBySockets } from '../../src/windows/sockets/joinBySockets.ts';
import { fileSecretStorage } from '../standIns/fileSecretStorage.ts';
import { everyGrantOf, quietWindow } from '../standIns/quietWindow.ts';
import { recordingLog } from '../standIns/recordingLog.ts';
import { memoryConcessions } from '../standIns/memoryConcessions.ts';

/** Where a window dies by its own hand. The other points are those where the parent kills it. */
export type DeathPoint =
  | 'before sending'
  | 'after the answer came'
  | 'before storing'
  | 'after storing'
  | 'before writing the index'
  | 'while taking over'
  | 'while signing out';

export type ToWindow =
  | { readonly do: 'open'; readonly directory: string; readonly storage: string; readonly issuer: string }
  /** Of several windows that are told the same `mark`, a file that is not there yet, one dies. */
  | { readonly do: 'dieAt'; readonly point: DeathPoint; readonly mark: string }
  /** From its next answer on, nothing can be stored here. */
  | { readonly do: 'breakStorage' }
  /** The clock is set, so many seconds from the right time. */
  | { readonly do: 'setClock'; readonly seconds: number }
  | {
      readonly do: Question;
      readonly call: number;
      readonly text: string;
      readonly callers: number;
      readonly serial: number;
    };

/**
 * - `add`: takes a grant over, as text; answers with its id.
 * - `expire`: its access token has ended.
 * - `renew`: so many callers ask until it has ended no more; answers with the serials that they got.
 * - `burst`: so many callers at once ask for tokens later than those of `serial`; answers with what each waited, in
 *   milliseconds, and with the serials that they got.
 * - `look`: what this window has.
 * - `signOut`
 */
export type Question = 'add' | 'expire' | 'renew' | 'burst' | 'look' | 'signOut';

export interface Burst {
  readonly waits: readonly number[];
  readonly serials: readonly number[];
}

export interface Look {
  readonly serial: number | undefined;
  readonly ended: boolean;
  readonly signInNeeded: boolean;
}

export type FromWindow =
  | { readonly is: 'ready' }
  | { readonly is: 'role'; readonly role: string }
  | { readonly is: 'answer'; readonly call: number; readonly value?: unknown; readonly error?: string };

const tell = (message: FromWindow) => process.send?.(message);
process.on('disconnect', () => process.exit());

let death: { readonly point: DeathPoint; readonly mark: string } | undefined;
function pass(point: DeathPoint): void {
  if (death?.point !== point) return;
  const { mark } = death;
  death = undefined;
  if (existsSync(mark)) return;
  writeFileSync(mark, '', { flag: 'wx' });
  process.kill(process.pid, 'SIGKILL');
}

let clockError = 0;
const clock: Clock = { ...systemClock, now: () => systemClock.now() + clockError * 1000 };
const now = (): number => Math.floor(clock.now() / 1000);
const hasEnded = (grant: Grant): boolean => (grant.tokens.expiresAt ?? Infinity) <= now();

/** How far this window has come with the last answer of the server. */
let progress: 'nothing' | 'answered' | 'stored' = 'nothing';
let storageBreaks = false;
let hasHeardSignOut = false;

/**
 * The index is read before a sign-out is noted in it, unless another window has done that in a storage of both. A grant is written, whoever waits is answered, and then the index is read and written if it lacks something. */
function watchedStorage(folder: string): SecretStorage {
  const storage = fileSecretStorage(folder);
  return {
    ...storage,
    get(key) {
      if (key === 'grants' && progress === 'stored') pass('before writing the index');
      if (key === 'grants' && hasHeardSignOut) pass('while signing out');
      return storage.get(key);
    },
    async store(key, text) {
      const isGrant = key.startsWith('grant:');
      if (isGrant && progress === 'answered') pass('before storing');
      if (storageBreaks && progress !== 'nothing')
        throw new Error('The storage fails, as the round wants it');
      await storage.store(key, text);
      if (isGrant && progress === 'answered') {
        pass('after storing');
        progress = 'stored';
      }
    },
  };
}

function open({ directory, storage: folder, issuer }: Extract<ToWindow, { do: 'open' }>) {
  const log = recordingLog();
  const storage = watchedStorage(folder);
  const httpContext = createHttpContext({ fetch: (...request) => fetch(...request), clock, log });
  const noToken = () => Promise.resolve(undefined);
  const concessions = memoryConcessions();
  const registrations = createRegistrations({
    storage,
    httpContext,
    concessions,
    sharesStorage: true,
    askInitialAccessToken: noToken,
  });
  const clientSecrets = createClientSecrets({ storage, ask: noToken });
  const parsed = parseDefinition('oidc', { issuer, clientId: 'editor', allowLoopbackHttp: true });
  if (!parsed.ok) throw new Error('The provider cannot be used');
  const { provider } = parsed;
  const cache = createGrantCache(createGrantStore({ storage, log, onSetAside: () => undefined }), clock, log);
  cache.onDidChange(({ after }) => (hasHeardSignOut ||= after === undefined));
  const sharing = shareGrants({
    memories: createMemories(),
    cache,
    clock,
    log,
    directory,
    ...quietWindow,
    loadTransport: () =>
      Promise.resolve(options => {
        const group = joinBySockets({
          ...options,
          serve(leader) {
            pass('while taking over');
            return options.serve(leader);
          },
        });
        group.onRoleChange(role => tell({ is: 'role', role }));
        return group;
      }),
    providers: everyGrantOf(provider),
    server: {
      profile: noToken,
      async refresh(_provider, grant, beforeSending) {
        progress = 'nothing';
        const findSubject = () => Promise.resolve(undefined);
        const services = { httpContext, registrations, clientSecrets, concessions, findSubject };
        const answer = await refreshGrant(services, provider, grant, () => {
          beforeSending();
          pass('before sending');
        });
        pass('after the answer came');
        progress = 'answered';
        return answer;
      },
    },
  });

  const look = async (id: string): Promise<Look> => {
    const grant = await cache.get(id);
    return {
      serial: grant?.tokens.serial,
      ended: grant !== undefined && hasEnded(grant),
      signInNeeded: grant?.signInNeeded !== undefined,
    };
  };

  /** One caller, who does not give up. */
  const renew = async (id: string): Promise<number | undefined> => {
    for (;;) {
      const grant = await cache.get(id);
      if (!grant || grant.signInNeeded) return undefined;
      if (!hasEnded(grant)) return grant.tokens.serial;
      await sharing.renew(id, grant.tokens.serial);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  };

  const answers: Record<Question, (text: string, callers: number, serial: number) => Promise<unknown>> = {
    async add(text) {
      const read = parseGrant(text);
      if (read.kind !== 'grant') throw new Error('No grant');
      const { providerId: id } = read.grant;
      return (
        await sharing.add({ id, issuer, clientId: 'editor', service: undefined, terms: '' }, read.grant)
      ).grant.id;
    },
    expire: id =>
      cache
        .update(id, grant => ({
          ...grant,
          tokens: { ...grant.tokens, receivedAt: now() - 3600, expiresAt: now() - 1 },
        }))
        .then(() => 0),
    async renew(id, callers) {
      const serials = await Promise.all(Array.from({ length: callers }, () => renew(id)));
      return [...new Set(serials.map(serial => serial ?? 0))];
    },
    async burst(id, callers, serial) {
      const waits: number[] = [];
      const start = performance.now();
      const serials = await Promise.all(
        Array.from({ length: callers }, async () => {
          const grant = await sharing.renew(id, serial);
          waits.push(performance.now() - start);
          return grant?.tokens.serial ?? 0;
        }),
      );
      return { waits, serials: [...new Set(serials)] } satisfies Burst;
    },
    look,
    signOut: id => cache.remove(id, now()),
  };
  return { answers, log };
}

let window: ReturnType<typeof open> | undefined;
process.on('message', (message: ToWindow) => {
  if (message.do === 'open') {
    window = open(message);
    return;
  }
  if (message.do === 'dieAt') {
    death = message;
    return;
  }
  if (message.do === 'breakStorage') {
    storageBreaks = true;
    progress = 'nothing';
    return;
  }
  if (message.do === 'setClock') {
    clockError = message.seconds;
    return;
  }
  const { call, text, callers, serial } = message;
  window?.answers[message.do](text, callers, serial).then(
    value => tell({ is: 'answer', call, value }),
    (error: unknown) => tell({ is: 'answer', call, error: String(error) }),
  );
});
tell({ is: 'ready' });
