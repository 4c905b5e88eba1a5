import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { createWire } from '../../src/protocol/wire.ts';
import { parseDefinition, type Provider, type ProviderDefinition } from '../../src/providers/definition.ts';
import type { Grant } from '../../src/sessions/grant.ts';
import { createPendingResponses, type PendingResponses } from '../../src/signIn/pendingResponses.ts';
import { signIn, type SignInContext, type SignInRequest } from '../../src/signIn/signIn.ts';
import type { Redirect } from '../../src/signIn/redirect/redirect.ts';
import { recordingLog, type RecordingLog } from '../standIns/recordingLog.ts';
import { people, type Person } from '../servers/people.ts';
import { signInOverHttp } from '../servers/person.ts';

export const editorRedirectUri = 'vscode://vscode-oidc.oidc-authentication';

/** The editor's own address, as on the desktop, without an editor: a test delivers what the browser ends on. */
export const editorRedirect = (pending: PendingResponses): Redirect => ({
  open(state, path) {
    const { response, drop } = pending.expect(state, path);
    return Promise.resolve({ redirectUri: `${editorRedirectUri}${path}`, response, close: drop });
  },
});

/** Does what the person and the browser do with the address that a sign-in opens. */
export type BrowserBehaviour = (address: string, deliver: (end: URL) => boolean) => Promise<unknown> | boolean;

export const personSignsIn =
  (person: Person = people.alice, decision: { deny?: boolean } = {}): BrowserBehaviour =>
  async (address, deliver) =>
    deliver(await signInOverHttp(address, person, decision));

export interface SignInTrial {
  readonly context: SignInContext;
  readonly log: RecordingLog;
  readonly pending: PendingResponses;
  /** Addresses that were opened in the browser. */
  readonly opened: string[];
  provider(definition: Partial<ProviderDefinition>, id?: string): Provider;
  signIn(provider: Provider, request?: Partial<SignInRequest>): Promise<Grant>;
}

/** Everything a sign-in needs, with a person in front of a browser in the place of the editor's. */
export function signInTrial(
  options: { browser?: BrowserBehaviour; clock?: Clock; timeout?: number; fetch?: typeof fetch } = {},
): SignInTrial {
  const log = recordingLog();
  const clock = options.clock ?? systemClock;
  const pending = createPendingResponses();
  const opened: string[] = [];
  const browser = options.browser ?? personSignsIn();
  const deliver = (end: URL): boolean => {
    const path = end.href.slice(editorRedirectUri.length).split('?')[0] ?? '';
    return pending.deliver(path, end.searchParams);
  };
  const context: SignInContext = {
    wire: createWire({ fetch: options.fetch ?? fetch, clock, log }),
    log,
    redirect: editorRedirect(pending),
    timeout: options.timeout ?? 60,
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
    pending,
    opened,
    provider(definition, id = 'oidc') {
      const parsed = parseDefinition(id, { allowLoopbackHttp: true, clientId: 'editor', ...definition });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      return parsed.provider;
    },
    signIn: (provider, request = {}) =>
      signIn(context, {
        provider,
        scopes: ['openid', 'profile'],
        signal: new AbortController().signal,
        progress: () => undefined,
        ...request,
      }),
  };
}
