import assert from 'node:assert/strict';
import { shown } from '../../src/platform/shown.ts';
import {
  createConfiguredProviders,
  type ConfiguredProviders,
} from '../../src/providers/entries/configuredProviders.ts';
import type { Provider } from '../../src/providers/entries/definition.ts';
import { Failure } from '../../src/protocol/failures/failure.ts';
import { accessTokenOf, serialOf } from '../../src/sessions/grant/derived.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import { parseGrant } from '../../src/sessions/store/storedGrant.ts';
import { createGrantCache, type GrantCache } from '../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../src/sessions/store/grantStore.ts';
import { isLaterSignIn } from '../../src/sessions/grant/revisions.ts';
import { shareGrants, type Sharing } from '../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../src/sessions/refresh/memories.ts';
import { manualClock, settled, type ManualClock } from '../standIns/manualClock.ts';
import { memorySecretStorage, type MemorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { recordingLog, type RecordingLog } from '../standIns/recordingLog.ts';
import { changedProvider, someGrant, start } from '../unit/sessions/someGrant.ts';
import type { Life } from '../standIns/memoryTransport.ts';
import { createComputer, type Computer } from './computer.ts';
import { mortalClock, mortalStorage } from './mortal.ts';
import { createModelServer, littleLeft, type ModelServer } from './server.ts';
import type { Lack, Step } from './steps.ts';
import { noSignOuts } from '../standIns/quietWindow.ts';
import { createSendings } from '../../src/protocol/server/sendings.ts';

interface ModelWindow {
  readonly providers: ConfiguredProviders;
  readonly life: Life;
  readonly storage: number;
  readonly cache: GrantCache;
  readonly sharing: Sharing;
  readonly log: RecordingLog;
  lacks: Lack;
  /** It has been there long enough to have told the others what it knows. */
  isSettled: boolean;
}

const storages = 3;
/** As the windows have it: a leader that is silent for so many seconds is given up. */
const unresponsiveAfter = 3;
/** A window whose timers run has heard all that was sent to it so many seconds ago. */
const longestDelay = 60;

/** The windows of one run, and what they ought to have. */
export class Model {
  readonly clock: ManualClock = manualClock(start * 1000);
  readonly computer: Computer = createComputer();
  readonly server: ModelServer;
  readonly #provider: Provider;
  readonly secrets: MemorySecretStorage[];
  readonly windows: ModelWindow[] = [];
  /** Of each grant that was signed in and stored, and not signed out, the revision then. */
  readonly held = new Map<string, number>();
  /** Of each grant that was signed out, the revision that the window knew which did. */
  readonly signedOut = new Map<string, number>();
  /** Sign-ins whose latest token has gone with the only window or storage that had it. */
  readonly forgotten = new Set<string>();
  /** What must never happen, whatever the storage does. */
  readonly wrong = new Set<string>();
  /** The storage failed while a process ended: what it had not stored is gone, and nobody can help it. */
  excused = false;
  #signIns = 0;

  /** @param requestTimeout as it is set for the provider, in seconds. */
  constructor(shared: boolean, requestTimeout?: number) {
    this.#provider = changedProvider({ requestTimeout });
    this.server = createModelServer(this.clock, life => this.computer.isSlow(life), requestTimeout);
    const values = Array.from({ length: storages }, () => new Map<string, string>());
    this.secrets = values.map((own, at) => memorySecretStorage(shared ? values[0] : (values[at] ?? own)));
  }

  get alive(): ModelWindow[] {
    return this.windows.filter(({ life }) => life.alive);
  }

  pick(at: number): ModelWindow | undefined {
    return this.alive[at % Math.max(1, this.alive.length)];
  }

  async step(step: Step): Promise<void> {
    const window = 'window' in step ? this.pick(step.window) : undefined;
    switch (step.do) {
      case 'open':
        this.open(step.storage % storages);
        break;
      case 'close':
        if (window) this.close(window);
        break;
      case 'crash':
        if (window) this.crash(window);
        break;
      case 'signIn':
        // A storage that cannot be read fails it, and nothing is kept of it.
        if (window) void this.signIn(window, step.account).catch(() => undefined);
        break;
      case 'signOut': {
        const id = [...this.held.keys()][step.grant % Math.max(1, this.held.size)];
        if (window && id !== undefined) this.signOut(window, id);
        break;
      }
      case 'ask': {
        const grant = window?.cache.known()[step.grant % Math.max(1, window.cache.known().length)];
        if (window && grant) void this.ask(window, grant, step.narrow);
        break;
      }
      case 'weather':
        this.server.weather = step.weather;
        break;
      case 'release':
        this.server.release();
        break;
      case 'stall':
        this.computer.supersede();
        break;
      case 'slow':
        if (window) this.computer.slow(window.life, step.turns);
        break;
      case 'lack':
        if (window) lackFrom(window, step.what, this.#provider);
        break;
      case 'storage': {
        const secrets = this.secrets[step.storage % storages];
        if (secrets) secrets.fails = () => step.fails;
        break;
      }
      case 'time':
        // Messages are faster than time, unless a window is very slow.
        for (let turn = 0; turn < 300 && this.computer.busy(); turn++)
          await new Promise(resolve => setImmediate(resolve));
        await this.pass(step.seconds);
        break;
      case 'move':
        for (let turn = 0; turn < step.turns; turn++) await new Promise(resolve => setImmediate(resolve));
        break;
      case 'rest':
        await this.rest();
    }
  }

  async pass(seconds: number): Promise<void> {
    // A window that is slow to hear an answer is as slow to notice that time has passed: see `afterListening`.
    while (this.computer.answering()) await new Promise(resolve => setImmediate(resolve));
    const untilSilent = Math.min(seconds, unresponsiveAfter);
    await this.clock.advance(untilSilent * 1000);
    for (let left = seconds - untilSilent; left > 0; left -= longestDelay) {
      // Who is up for that long has heard what was sent to it.
      while (this.computer.busy()) await new Promise(resolve => setImmediate(resolve));
      await this.clock.advance(Math.min(left, longestDelay) * 1000);
    }
  }

  open(storage: number): void {
    const life: Life = { alive: true };
    const log = recordingLog();
    const clock = mortalClock(this.clock, life);
    const secrets = mortalStorage(this.secrets[storage] ?? memorySecretStorage(), life);
    const cache = createGrantCache(
      createGrantStore({ storage: secrets, log, onSetAside: entry => assert.fail(entry.key) }),
      clock,
      log,
    );
    const providers = createConfiguredProviders();
    providers.update([this.#provider]);
    const means: { lacks: Lack; isSettled: boolean } = { lacks: 'nothing', isSettled: false };
    const sharing = shareGrants({
      memories: createMemories(),
      cache,
      clock,
      log,
      directory: '',
      timing: { heartbeat: Infinity },
      activity: { record: () => undefined, entries: () => Promise.resolve([]) },
      sendings: createSendings(),
      loadTransport: () => Promise.resolve(this.computer.join(life)),
      isFocused: () => false,
      showSignInNeeded: () => undefined,
      deliver: () => false,
      onOrphaned: () => undefined,
      signOuts: noSignOuts(),
      providers,
      server: {
        profile: () => Promise.resolve(undefined),
        refresh: (_provider, grant, beforeSending) => {
          if (means.lacks === 'client secret')
            return Promise.reject(new Failure('client-secret-missing', { provider: 'Company' }));
          return this.server.refresh(life, grant, () => {
            beforeSending();
            if (!this.computer.leads(life)) this.wrong.add('a window sent a token that does not lead');
            this.#checkKnown(life, storage, grant);
          });
        },
      },
    });
    this.windows.push(Object.assign(means, { life, storage, providers, cache, sharing, log }));
    void cache.ofProvider('oidc').catch(() => undefined);
  }

  /** A token is not sent if a window that can be heard, or the sender's own storage, has the answer to its sending. */
  #checkKnown(sender: Life, storage: number, grant: Grant): void {
    const sent = grant.tokens.refreshToken?.reveal();
    const signIn = sent?.split('/')[0];
    const isLater = (known: Grant | undefined): boolean => {
      const token = known?.tokens.refreshToken?.reveal();
      // Another sign-in of the account is another matter.
      return token !== sent && token?.split('/')[0] === signIn && this.server.takes(token);
    };
    // One that is slow itself may come to act before it has heard what it was told.
    const heard = this.alive
      .filter(
        ({ life, isSettled }) =>
          life !== sender && isSettled && !this.computer.isSlow(life) && !this.computer.isSlow(sender),
      )
      .map(({ cache }) => cache.known().find(({ id }) => id === grant.id));
    const key = `grant:${grant.id}`;
    const secrets = this.secrets[storage];
    const isReadable = secrets?.fails({ operation: 'get', key }) === false;
    const stored = parseGrant((isReadable && secrets.values.get(key)) || '');
    const isInDoubt = (known: Grant | undefined): boolean =>
      known?.tokens.refreshToken?.reveal() === sent &&
      (known?.refreshSentAt ?? Infinity) < (grant.refreshSentAt ?? 0);
    const works = this.clock.now() < ((grant.tokens.expiresAt ?? Infinity) - littleLeft) * 1000;
    if (heard.some(isLater)) this.wrong.add('a token was sent though a window knew better');
    else if (works && heard.some(isInDoubt))
      this.wrong.add('a token was sent though a window knew that it may be spent');
    else if (stored.kind === 'grant' && isLater(stored.grant))
      this.wrong.add('a token was sent though the storage knew better');
    // One that is very slow, as far as it is blamed for that: see `createModelServer`.
    else if (this.server.wasAnswered(sent) || (this.server.wasSent(sent) && this.computer.isSlow(sender)))
      this.forgotten.add(signIn ?? '');
  }

  close(window: ModelWindow): void {
    this.#excuseIfNotStored();
    const end = (): void => {
      this.#excuseIfNotStored();
      window.life.alive = false;
    };
    void window.sharing.dispose().then(end);
  }

  #excuseIfNotStored(): void {
    if (this.secrets.some(secrets => secrets.fails({ operation: 'store', key: '' }))) this.excused = true;
  }

  crash(window: ModelWindow): void {
    this.#excuseIfNotStored();
    window.life.alive = false;
    this.computer.noticeDeaths();
  }

  async signIn(window: ModelWindow, account: number): Promise<void> {
    const signIn = `sign-in-${++this.#signIns}`;
    const tokens = this.server.signIn(signIn);
    const signedIn = someGrant({
      id: `grant-${1000 + this.#signIns}`,
      account: { id: `person-${account}`, label: shown(`person ${account}`) },
      tokens: { serial: 1, idToken: undefined, ...tokens },
    });
    const { grant, stored } = await window.sharing.add(this.#provider, signedIn);
    if (window.life.alive && stored && !this.#isSignedOut(grant)) this.held.set(grant.id, grant.revision);
  }

  /** A later sign-in of the same account takes the place of one that was signed out, if nobody had heard of that. */
  #isSignedOut({ id, revision }: Pick<Grant, 'id' | 'revision'>): boolean {
    const signedOut = this.signedOut.get(id);
    return signedOut !== undefined && !isLaterSignIn(revision, signedOut);
  }

  signOut(window: ModelWindow, id: string): void {
    const known = window.cache.known().find(grant => grant.id === id);
    if (!known) return;
    const { revision } = known;
    if (!isLaterSignIn(this.held.get(id) ?? 0, revision)) this.held.delete(id);
    // Not awaited, and not counted on before it is done: the window may be closing, or die.
    void window.cache.remove(id, Math.floor(this.clock.now() / 1000)).then(stored => {
      if (!stored) this.excused = true;
      this.signedOut.set(id, revision);
      if (this.#isSignedOut({ id, revision: this.held.get(id) ?? revision })) this.held.delete(id);
    });
  }

  /** An extension asks: for what was granted, which the person may want to be tried at once, or for less. */
  async ask(window: ModelWindow, grant: Grant, narrow: number): Promise<void> {
    const scopes = narrow > 0 ? [`scope-${narrow}`] : undefined;
    const token = accessTokenOf(grant, scopes);
    if (token && (token.expiresAt ?? Infinity) * 1000 > this.clock.now()) return;
    if (scopes) await window.sharing.derive(grant.id, scopes, serialOf(grant, scopes));
    else await window.sharing.renew(grant.id, grant.tokens.serial, true);
  }

  /** Until nothing moves that does not wait for time or for the network. */
  async rest(): Promise<void> {
    do await settled();
    while (this.computer.busy());
    for (const window of this.alive) window.isSettled = true;
    this.server.settle();
  }

  /** Everything works again, and time passes. */
  async heal(): Promise<void> {
    for (const secrets of this.secrets) secrets.fails = () => false;
    for (const window of this.alive) lackFrom(window, 'nothing', this.#provider);
    this.server.weather = 'fine';
    this.server.release();
    for (let storage = 0; storage < storages; storage++) this.open(storage);
    for (let round = 0; round < 6; round++) {
      await this.rest();
      await this.clock.advance(1800_000);
      this.server.release();
    }
    await this.rest();
    // Long enough for every token to have been needed again.
    for (const window of this.alive) void window.cache.ofProvider('oidc');
    for (let round = 0; round < 4; round++) {
      await this.clock.advance(1800_000);
      await this.rest();
    }
  }

  async check(): Promise<void> {
    const views = await Promise.all(
      this.alive.map(async ({ cache }) =>
        (await cache.entries())
          .map(({ id, revision, removed }) =>
            removed === undefined ? `${id} r${revision}` : `${id} removed`,
          )
          .sort(),
      ),
    );
    for (const view of views) assert.deepEqual(view, views[0], 'every window knows the same');
    assert.deepEqual([...this.wrong], []);
    if (this.excused) return;
    assert.deepEqual(this.server.offences, []);

    const [window] = this.alive;
    assert.ok(window);
    for (const id of this.signedOut.keys()) {
      const grant = await window.cache.get(id);
      assert.ok(!grant || !this.#isSignedOut(grant), `${id} came back`);
    }
    // What is stored and not listed is not seen by anybody.
    const listed = await window.cache.ofProvider('oidc');
    for (const id of this.held.keys()) {
      const grant = listed.find(grant => grant.id === id);
      assert.ok(grant, `${id} was lost`);
      const token = grant.tokens.refreshToken?.reveal() ?? '';
      if (this.server.takes(token) && !grant.signInNeeded) continue;
      const signIn = token.split('/')[0] ?? '';
      const isExcused = this.server.hasDoubts(signIn) || this.forgotten.has(signIn);
      assert.ok(isExcused, `${id} stopped working, though every answer had arrived`);
      assert.ok(grant.signInNeeded, `${id} does not work, and the person is not told`);
    }
  }
}

function lackFrom(window: ModelWindow, what: Lack, provider: Provider): void {
  window.lacks = what;
  window.providers.update(what === 'provider' ? [] : [provider]);
  if (what === 'nothing') window.sharing.credentialsChanged();
}
