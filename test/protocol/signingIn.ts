import { readFile } from 'node:fs/promises';
import { environment, type Environment } from '../../src/environment.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { consentTo } from '../../src/protocol/client/consent.ts';
import { createHttpContext } from '../../src/protocol/server/httpContext.ts';
import {
  parseDefinition,
  type Provider,
  type ProviderDefinition,
} from '../../src/providers/entries/definition.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import { createPendingResponses, type PendingResponses } from '../../src/signIn/redirect/pendingResponses.ts';
import { signIn, type SignInContext, type SignInRequest } from '../../src/signIn/signIn.ts';
import type { DeviceScreen } from '../../src/signIn/methods/deviceScreen.ts';
import type { Surroundings } from '../../src/signIn/plan/planner.ts';
import { readDelivered } from '../../src/signIn/redirect/deliveredUri.ts';
import type { EditorAddress } from '../../src/signIn/redirect/editorAddress.ts';
import { loopbackRedirect } from '../../src/signIn/redirect/loopback.ts';
import { createRedirects } from '../../src/signIn/redirect/redirects.ts';
import { createClientSecrets, type ClientCredential } from '../../src/signIn/client/clientSecrets.ts';
import { createRegistrations } from '../../src/signIn/client/registrations.ts';
import type { Secret } from '../../src/platform/secret.ts';
import type { Method } from '../../src/providers/settings/signInMethods.ts';
import { memorySecretStorage, type MemorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { settled } from '../standIns/manualClock.ts';
import { recordingLog, type RecordingLog } from '../standIns/recordingLog.ts';
import { people, type Person } from '../servers/identityProvider/people.ts';
import { signInOverHttp } from '../servers/identityProvider/person.ts';
import { memoryConcessions } from '../standIns/memoryConcessions.ts';
import '../../src/providers/presets/presets.ts';

export const editorRedirectUri = 'vscode://vscode-oidc.oidc-authentication';

/** The editor's own address, as on the desktop, without an editor: a test delivers what the browser ends on. */
export const desktopAddress: EditorAddress = {
  of: (path, query = '') => Promise.resolve(`${editorRedirectUri}${path}${query && `?${query}`}`),
};

/** A person at their own computer. */
export const desktop: Surroundings = {
  ui: 'desktop',
  runsIn: 'local',
  remoteName: undefined,
  uriScheme: 'vscode',
};

/** A person in front of code-server. */
export const codeServer: Surroundings = {
  ui: 'web',
  runsIn: 'remote',
  remoteName: 'localhost:8080',
  uriScheme: 'code-oss',
};

/** Does what the person and the browser do with the address that a sign-in opens. */
export type BrowserBehaviour = (
  address: string,
  deliver: (end: URL) => boolean,
) => Promise<unknown> | boolean;

export const personSignsIn =
  (person: Person = people.alice, decision: { deny?: boolean } = {}): BrowserBehaviour =>
  async (address, deliver) =>
    deliver(await signInOverHttp(address, person, decision));

export interface SignInTrial {
  readonly context: SignInContext;
  readonly log: RecordingLog;
  readonly storage: MemorySecretStorage;
  /** What the person was told. */
  readonly told: string[];
  readonly pending: PendingResponses;
  /** Addresses that were opened in the browser. */
  readonly opened: string[];
  /** A provider whose client id is `editor`, unless `clientId` is given: `''` for none at all. */
  provider(definition: Partial<ProviderDefinition>, id?: string): Provider;
  signIn(provider: Provider, request?: Partial<SignInRequest>): Promise<Grant>;
}

const noScreen: DeviceScreen = {
  open() {
    throw new Error('This sign-in must not show a device code.');
  },
};

/** Everything a sign-in needs, with a person in front of a browser in the place of the editor's. */
export function signInTrial(
  options: {
    browser?: BrowserBehaviour;
    clock?: Clock;
    timeout?: number;
    fetch?: typeof fetch;
    surroundings?: Surroundings;
    editor?: EditorAddress;
    method?: Method;
    device?: DeviceScreen;
    clientDocument?: string;
    storage?: MemorySecretStorage;
    initialAccessToken?: () => Promise<Secret | undefined>;
    findSubject?: SignInContext['findSubject'];
    chooseAccount?: SignInContext['chooseAccount'];
    nameAccount?: SignInContext['nameAccount'];
    /** What earlier sign-ins have gone without. */
    conceded?: Map<string, unknown>;
    clientSecret?: (kind: ClientCredential['kind']) => Promise<ClientCredential | undefined>;
    environment?: Pick<Environment, 'mutualTls'>;
    /** All that are configured. */
    providers?: readonly Provider[];
  } = {},
): SignInTrial {
  const log = recordingLog();
  const clock = options.clock ?? systemClock;
  const pending = createPendingResponses();
  const opened: string[] = [];
  const browser = options.browser ?? personSignsIn();
  const deliver = (end: URL): boolean => {
    const uri = { authority: end.host, path: end.pathname, query: end.search.slice(1) };
    const response = readDelivered(new URL(editorRedirectUri).host, uri, true);
    if (response === undefined) return false;
    const { path, parameters } = response;
    if (pending.deliver(path, parameters)) return true;
    pending.stray(path, parameters);
    return false;
  };
  const { mutualTls } = options.environment ?? environment;
  const httpContext = createHttpContext({ fetch: options.fetch ?? fetch, clock, log, mutualTls });
  const storage = options.storage ?? memorySecretStorage();
  const told: string[] = [];
  const concessions = memoryConcessions(options.conceded, clock, log);
  const context: SignInContext = {
    httpContext,
    log,
    surroundings: options.surroundings ?? desktop,
    redirects: createRedirects({
      editor: options.editor ?? desktopAddress,
      pending,
      loopback: pages => Promise.resolve(loopbackRedirect(pages)),
      loopbackPages: async () => ({
        answered: await readFile(new URL('../../media/loopback.html', import.meta.url), 'utf8'),
        stray: '<!doctype html><title>Not the sign-in that is waiting</title>',
      }),
    }),
    registrations: createRegistrations({
      storage,
      httpContext,
      concessions,
      sharesStorage: true,
      askInitialAccessToken: options.initialAccessToken ?? (() => Promise.resolve(undefined)),
    }),
    clientSecrets: createClientSecrets({
      storage,
      ask: (_provider, _signal, kind) => options.clientSecret?.(kind) ?? Promise.resolve(undefined),
      mutualTls,
    }),
    concessions,
    nameAccount: options.nameAccount ?? (() => Promise.resolve(undefined)),
    clientDocument: options.clientDocument,
    method: options.method ?? 'auto',
    timeouts: { provider: 60, browser: 60, person: options.timeout ?? 60 },
    device: options.device ?? noScreen,
    providers: () => options.providers ?? [],
    findSubject: options.findSubject ?? (() => Promise.resolve(undefined)),
    chooseAccount: options.chooseAccount ?? (() => Promise.resolve(undefined)),
    failedMethods: new Map(),
    tell: sentence => void told.push(sentence),
    openBrowser(address) {
      opened.push(address.reveal());
      const result = browser(address.reveal(), deliver);
      if (typeof result === 'boolean') return Promise.resolve(result);
      // The editor's answer says that the browser opened; the person takes their time after that.
      void result.catch((error: unknown) => log.error(`the person gave up: ${String(error)}`));
      return Promise.resolve(true);
    },
  };
  return {
    context,
    log,
    storage,
    told,
    pending,
    opened,
    provider(definition, id = 'oidc') {
      const { clientId = 'editor', ...rest } = definition;
      const parsed = parseDefinition(id, {
        allowLoopbackHttp: true,
        ...(clientId !== '' && { clientId }),
        ...rest,
      });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      return parsed.provider;
    },
    signIn: (provider, request = {}) =>
      signIn(context, {
        provider,
        consent: consentTo(provider.issuer),
        scopes: ['openid', 'profile'],
        signal: new AbortController().signal,
        progress: () => undefined,
        ...request,
      }),
  };
}

/** Waits for something that other code brings about. A test that waits in vain ends by its own time-out. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await settled();
}
