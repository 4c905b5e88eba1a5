import '../standIns/editor/useEditorStandIn.ts';
import { createGrantCache } from '../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../src/sessions/store/grantStore.ts';
import { createAccounts } from '../../src/sessions/accounts.ts';
import { addGrant } from '../../src/sessions/store/addGrant.ts';
import { createTokenRefresher } from '../../src/sessions/refresh/refresher.ts';
import { refreshGrant } from '../../src/signIn/after/keepGrant.ts';
import type { ExportsContext } from '../../src/authentication/exports.ts';
import { prove, type ProvenSession } from '../../src/signIn/after/prove.ts';
import { createConfiguredProviders } from '../../src/providers/entries/configuredProviders.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { signInTrial, until, type SignInTrial } from '../protocol/signingIn.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people, type Person } from '../servers/identityProvider/people.ts';
import { openBrowser, signInOverHttp, type Browser } from '../servers/identityProvider/person.ts';
import { manualClock, type ManualClock } from '../standIns/manualClock.ts';
import { personParts, quietSignIns } from '../standIns/personParts.ts';
import { quietRefresher } from '../standIns/quietWindow.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';

/** Our authentication provider, registered with the stand-in for the editor, and a person who can sign in. */
export interface SignedInEditor {
  readonly identityProvider: IdentityProvider;
  readonly trial: SignInTrial;
  readonly clock: ManualClock;
  /** Who signs in next, and in which browser. */
  person: Person;
  browser: Browser;
  /** Until it resolves, whoever is to sign in is not there. */
  away: Promise<unknown> | undefined;
  /** How often somebody signed in. */
  readonly signIns: () => number;
  readonly tokenRequests: () => number;
  register(definition?: Partial<ProviderDefinition>): Promise<void>;
  /** Signs everybody out and forgets every consent; the provider is registered anew. */
  reset(): Promise<void>;
  /** Lets time pass until the token is renewed, and no further: a request's time-out is a timer too. */
  renewal(): Promise<void>;
  signOut(): Promise<void>;
  /** For the API that other extensions get. */
  exportsContext(): ExportsContext;
  close(): Promise<void>;
}

const ignore = (): undefined => undefined;

/** Import this, then everything that imports `vscode` dynamically. */
export async function openSignedInEditor(
  options: Parameters<typeof startIdentityProvider>[0] = {},
): Promise<SignedInEditor> {
  const { createRegistry } = await import('../../src/authentication/registry.ts');
  const { editor } = await import('../standIns/editor/vscode.ts');
  const identityProvider = await startIdentityProvider(options);
  const clock = manualClock();
  let signIns = 0;
  let registry: ReturnType<typeof createRegistry> | undefined;
  let dispose: () => void = ignore;
  let latest: Partial<ProviderDefinition> = {};
  let cache: ReturnType<typeof createGrantCache> | undefined;
  let accounts: ReturnType<typeof createAccounts> | undefined;
  let provider: Provider | undefined;
  let providers = createConfiguredProviders();

  const trial = signInTrial({
    clock,
    browser: async (address, deliver) => {
      await self.away;
      return deliver(await signInOverHttp(address, self.person, { browser: self.browser }));
    },
  });

  const self: SignedInEditor = {
    identityProvider,
    trial,
    clock,
    person: people.alice,
    browser: openBrowser(),
    away: undefined,
    signIns: () => signIns,
    tokenRequests: () => identityProvider.requestsTo(identityProvider.endpoints.token).length,
    async register(definition = latest) {
      latest = definition;
      dispose();
      const { log } = trial;
      const configured = trial.provider({ issuer: identityProvider.issuer, ...definition });
      const store = createGrantStore({ storage: memorySecretStorage(), log, onSetAside: ignore });
      const grants = createGrantCache(store, clock, log);
      providers = createConfiguredProviders();
      const refresher = createTokenRefresher(
        quietRefresher({
          cache: grants,
          clock,
          log,
          providers,
          refresh: (...renewal) => refreshGrant(trial.context, ...renewal),
        }),
      );
      const people = createAccounts({
        cache: grants,
        clock,
        log,
        sharing: { ...refresher, add: (asked, grant) => addGrant(grants, asked, grant) },
      });
      const { httpContext } = trial.context;
      const signingIn = quietSignIns(async ({ provider: asked, ...request }) => {
        signIns++;
        return trial.signIn(asked, request);
      });
      const parts = personParts({ accounts: people, providers, log, httpContext, signIns: signingIn });
      registry = createRegistry(providers, {
        accounts: people,
        cache: grants,
        log,
        parts: () => Promise.resolve(parts),
      });
      providers.update([configured]);
      [cache, accounts, provider] = [grants, people, configured];
      dispose = () => {
        registry?.dispose();
        refresher.dispose();
      };
      return Promise.resolve();
    },
    async reset() {
      editor.reset();
      signIns = 0;
      self.person = people.alice;
      self.browser = openBrowser();
      Object.assign(identityProvider.settings, {
        accessTokens: 'jwt',
        accessTokenLifetime: 3600,
        namesOnlyApiScopes: false,
      });
      await self.register({});
    },
    async renewal() {
      const serials = (): string => JSON.stringify(cache?.known().map(({ tokens }) => tokens.serial));
      const before = serials();
      await clock.advance(Math.max(0, (clock.next ?? 0) - clock.now()));
      await until(() => serials() !== before);
    },
    async signOut() {
      if (!provider || !accounts || !cache) return;
      for (const { id } of await accounts.sessions(provider, undefined)) await accounts.remove(id);
    },
    exportsContext() {
      if (!cache || !accounts) throw new Error('Nothing is registered.');
      const proving = { accounts, httpContext: trial.context.httpContext };
      const parts = { prove: (...asked: [ProvenSession, unknown]) => prove(proving, ...asked) };
      return { cache, clock, providers, parts: () => Promise.resolve(parts) };
    },
    async close() {
      dispose();
      await identityProvider.close();
    },
  };
  return self;
}
