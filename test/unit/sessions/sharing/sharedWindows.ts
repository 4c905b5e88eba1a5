import { createSendings } from '../../../../src/protocol/server/sendings.ts';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../../../src/platform/clock.ts';
import { secret } from '../../../../src/platform/secret.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import { createAccounts, type Accounts } from '../../../../src/sessions/accounts.ts';
import { createActivityLog, type ActivityLog } from '../../../../src/sessions/activity.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { createGrantCache, type GrantCache } from '../../../../src/sessions/store/grantCache.ts';
import { createKeptSignOuts } from '../../../../src/sessions/store/keptSignOuts.ts';
import type { Revocation } from '../../../../src/protocol/tokens/revocation.ts';
import { createGrantStore, type SetAside } from '../../../../src/sessions/store/grantStore.ts';
import { shareGrants, type Sharing } from '../../../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../../../src/sessions/refresh/memories.ts';
import type { Windows } from '../../../../src/sessions/sharing/windowCalls.ts';
import { joinBySockets } from '../../../../src/windows/sockets/joinBySockets.ts';
import { answerWith } from '../../../standIns/quietWindow.ts';
import { memorySecretStorage, type MemorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { recordingLog, type RecordingLog } from '../../../standIns/recordingLog.ts';
import { temporaryDirectory } from '../../../windows/surroundings.ts';
import { someProvider, someTokens } from '../someGrant.ts';

/** A window with a cache of its own that meets the others of the test over real sockets. */
export interface SharedWindow {
  readonly storage: MemorySecretStorage;
  readonly cache: GrantCache;
  readonly sharing: Sharing;
  readonly accounts: Accounts;
  readonly activity: ActivityLog;
  readonly log: RecordingLog;
  readonly setAside: SetAside[];
  /** What the person was shown here. */
  readonly shown: Grant[];
  /** Redirect responses that were offered here: path and `state`. */
  readonly offered: string[];
  /** What keeps this window from renewing: grants whose provider it does not have, and the client secret. */
  readonly lacks: { readonly providerOf: Set<string>; secret: boolean };
  focused: boolean;
  /** The `state` that a sign-in waits for here. */
  waitsFor: string | undefined;
  role(): string;
  close(): Promise<void>;
}

/** Windows of one test, and the server that their refresh tokens go to. */
export function sharedWindows() {
  const directory = temporaryDirectory();
  const windows: SharedWindow[] = [];
  const server = {
    /** Every refresh token that was sent, in order. */
    sent: [] as string[],
    revoke: (_grant: Grant): Promise<Revocation> => Promise.resolve('revoked'),
    answer: (grant: Grant, derived?: readonly string[]): Promise<Tokens> =>
      Promise.resolve(nextTokens(grant, derived)),
  };
  return {
    server,
    /** Where they meet. */
    directory: join(directory.path, 'w'),
    /** @param found when it has the way to the others; waited for if it is not given. */
    async open(
      storage = memorySecretStorage(),
      found?: Promise<void>,
      clock = systemClock,
    ): Promise<SharedWindow> {
      const log = recordingLog();
      const setAside: SetAside[] = [];
      const store = createGrantStore({ storage, log, onSetAside: entry => setAside.push(entry) });
      const cache = createGrantCache(store, impatientClock, log);
      const lacks = { providerOf: new Set<string>(), secret: false };
      let text: string | undefined;
      const activity = createActivityLog(
        {
          read: () => Promise.resolve(text),
          write(written) {
            text = written;
            return Promise.resolve();
          },
        },
        log,
      );
      const joined = Promise.withResolvers<Windows>();
      const sharing = shareGrants({
        memories: createMemories(),
        cache,
        clock,
        log,
        activity,
        sendings: createSendings(),
        directory: this.directory,
        async loadTransport() {
          await found;
          return options => {
            const group = joinBySockets(options);
            joined.resolve(group);
            return group;
          };
        },
        providers: {
          of: (grant: Grant) => (lacks.providerOf.has(grant.id) ? undefined : someProvider),
          onDidChange: () => () => undefined,
        },
        onOrphaned: () => undefined,
        signOuts: {
          kept: createKeptSignOuts(storage, log),
          revoke: (_provider, grant) => server.revoke(grant),
        },
        server: {
          async refresh(_provider, grant, beforeSending, derived) {
            if (lacks.secret) throw new Failure('client-secret-missing', { provider: 'Company' });
            beforeSending();
            server.sent.push(grant.tokens.refreshToken?.reveal() ?? '');
            return answerWith(await server.answer(grant, derived));
          },
          profile: () => Promise.resolve(undefined),
        },
        isFocused: () => window.focused,
        showSignInNeeded: grant => window.shown.push(grant),
        deliver(path, parameters) {
          window.offered.push(`${path} ${parameters.get('state') ?? ''}`);
          return parameters.get('state') === window.waitsFor;
        },
      });
      const accounts = createAccounts({
        cache,
        clock,
        log,
        sharing,
      });
      let group: Windows | undefined;
      void joined.promise.then(made => (group = made));
      let closed: Promise<void> | undefined;
      const window: SharedWindow = {
        storage,
        cache,
        sharing,
        accounts,
        activity,
        log,
        setAside,
        shown: [],
        offered: [],
        lacks,
        focused: false,
        waitsFor: undefined,
        role: () => group?.role ?? 'joining',
        close: () => (closed ??= sharing.dispose()),
      };
      windows.push(window);
      if (!found) await until(() => window.role() !== 'joining');
      return window;
    },
    async end(): Promise<void> {
      await Promise.all(windows.map(window => window.close()));
      directory.remove();
    },
  };
}

/** For waiting for a storage whose window has gone: twenty times as fast as people's. */
const impatientClock: Clock = {
  now: () => systemClock.now(),
  after: (milliseconds, run) => systemClock.after(milliseconds / 20, run),
};

/** What a server that rotates refresh tokens answers, for an hour. */
export const nextTokens = ({ tokens }: Grant, derived?: readonly string[]): Tokens => ({
  accessToken: secret(derived ? `access for ${derived.join(' ')}` : `access-${tokens.serial + 1}`),
  refreshToken: secret(derived ? `${tokens.refreshToken?.reveal() ?? ''}+` : `refresh-${tokens.serial + 1}`),
  idToken: undefined,
  idTokenClaims: undefined,
  receivedAt: Math.floor(Date.now() / 1000),
  expiresAt: Math.floor(Date.now() / 1000) + 3600,
  grantedScopes: undefined,
});

/** Waits for what other code brings about. A test that waits in vain ends by its own time-out. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise(resolve => setTimeout(resolve, 2));
}

/** Seconds since the epoch. */
export const now = (): number => Math.floor(Date.now() / 1000);
/** Tokens for the next hour, and tokens that have ended just now. */
export const fresh = (serial = 1) => someTokens(serial, { receivedAt: now(), expiresAt: now() + 3600 });
export const ended = (serial = 1) => someTokens(serial, { receivedAt: now() - 3601, expiresAt: now() - 1 });
export const serialIn = (window: SharedWindow): number | undefined => window.cache.known()[0]?.tokens.serial;
export const storedIn = ({ storage }: SharedWindow, id = 'grant-0001'): string =>
  storage.values.get(`grant:${id}`) ?? '';
