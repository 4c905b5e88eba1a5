import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import type { ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import type { BrowserMethod } from '../../../src/providers/settings/signInMethods.ts';
import type { SignInControl } from '../../../src/signIn/signIn.ts';
import {
  startHonest,
  startHostile,
  type Onward,
  type UnnamedServer,
} from '../../servers/hostile/mixedUpServers.ts';
import { codeServer, desktop, editorRedirectUri, signInTrial } from '../signingIn.ts';

const page = 'https://company.example/bridge.html';
const relay = 'https://relay.example/redirect';
const webHost = 'http://localhost:8080/callback?vscode-path=';
/** What the page that shows a code is, for whoever pastes it. */
const shown = 'https://codes.example/shown';

/** How a person who wants to sign in to the hostile provider gets the honest one's code to it. */
interface Attack {
  readonly method: BrowserMethod;
  readonly ui?: 'web';
  readonly hostile: Partial<ProviderDefinition>;
  readonly honest: Partial<ProviderDefinition>;
  /** Redirect URIs of the honest provider's client. */
  isRegistered(redirectUri: string): boolean;
  onward?(request: Onward, honestPath: string): Onward;
  /** The person pastes the address on which the browser ends, or the code in it. */
  readonly pastes?: 'address' | 'query' | 'code';
  /** How the sign-in ends; `ignored`: it goes on waiting. */
  readonly ends: RegExp | 'ignored';
}

const same = (redirect: ProviderDefinition['redirect']): Pick<Attack, 'hostile' | 'honest'> => ({
  hostile: { redirect },
  honest: { redirect },
});
const isBridge = (uri: string): boolean => uri.split('?')[0] === page;
const nonceOf = (state: string): string => state.split('.')[0] ?? '';
const pathOf = (issuer: string): string => `/callback/${new URL(issuer).host}`;

const attacks: Record<string, Attack> = {
  'one bridge page': {
    method: 'bridge',
    ...same({ bridge: page }),
    isRegistered: isBridge,
    ends: /uses a bridge page too.*https:\/\/company\.example\/bridge\.html\?for=hostile/,
  },
  'bridge pages of two hosts, as either hands on to any sign-in': {
    method: 'bridge',
    hostile: { redirect: { bridge: 'https://evil.example/bridge.html' } },
    honest: { redirect: { bridge: page } },
    isRegistered: isBridge,
    onward: ({ state }) => ({ redirectUri: page, state }),
    ends: /uses a bridge page too/,
  },
  'a bridge page of which only the hostile one has its own redirect URI': {
    method: 'bridge',
    hostile: { redirect: { bridge: `${page}?for=hostile` } },
    honest: { redirect: { bridge: page } },
    isRegistered: uri => uri === page,
    onward: ({ state }) => ({ redirectUri: page, state }),
    ends: /came from the bridge page of another provider/,
  },
  'a bridge page of which only the honest one has its own redirect URI': {
    method: 'bridge',
    hostile: { redirect: { bridge: page } },
    honest: { redirect: { bridge: `${page}?for=honest` } },
    isRegistered: uri => uri === `${page}?for=honest`,
    onward: ({ state }) => ({ redirectUri: `${page}?for=honest`, state }),
    ends: /came from the bridge page of another provider/,
  },
  'a bridge page with a redirect URI for each': {
    method: 'bridge',
    hostile: { redirect: { bridge: `${page}?for=hostile` } },
    honest: { redirect: { bridge: `${page}?for=honest` } },
    isRegistered: uri => uri === `${page}?for=honest`,
    onward: ({ state }) => ({ redirectUri: `${page}?for=honest`, state }),
    ends: /came from the bridge page of another provider/,
  },
  'a bridge page, with a state that writes the mark': {
    method: 'bridge',
    hostile: { redirect: { bridge: `${page}?for=hostile` } },
    honest: { redirect: { bridge: page } },
    isRegistered: uri => uri === page,
    onward({ state }) {
      const target = Buffer.from(state.split('.')[1] ?? '', 'base64url').toString();
      const written = Buffer.from(`${target}?for=hostile`).toString('base64url');
      return { redirectUri: page, state: `${nonceOf(state)}.${written}` };
    },
    ends: 'ignored',
  },
  'the bridge page of the honest one, for a sign-in by the address of the editor': {
    method: 'uri-handler',
    hostile: {},
    honest: { redirect: { bridge: page } },
    isRegistered: isBridge,
    onward({ redirectUri, state }) {
      const target = Buffer.from(`${redirectUri}?state=${state}`).toString('base64url');
      return { redirectUri: page, state: `${state}.${target}` };
    },
    ends: 'ignored',
  },
  'one relay': {
    method: 'bridge',
    ...same({ relay }),
    isRegistered: uri => uri === relay,
    ends: /relay of Honest can pass Honest’s response on to any sign-in.*redirect\.bridge/,
  },
  'the relay of the honest one, for a sign-in by the address of the editor': {
    method: 'uri-handler',
    hostile: {},
    honest: { redirect: { relay } },
    isRegistered: uri => uri === relay,
    onward: ({ redirectUri, state }) => ({
      redirectUri: relay,
      state: encodeURIComponent(`${redirectUri}?state=${state}`),
    }),
    ends: /relay of Honest/,
  },
  'the relay of the honest one, for a sign-in by a loopback address': {
    method: 'loopback',
    hostile: {},
    honest: { redirect: { relay } },
    isRegistered: uri => uri === relay,
    onward: ({ redirectUri, state }) => ({
      redirectUri: relay,
      state: encodeURIComponent(`${redirectUri}?state=${state}`),
    }),
    ends: /relay of Honest/,
  },
  'the bridge page of the honest one, for a sign-in by a relay': {
    method: 'bridge',
    hostile: { redirect: { relay } },
    honest: { redirect: { bridge: page } },
    isRegistered: isBridge,
    onward({ state }) {
      const target = decodeURIComponent(state);
      return { redirectUri: page, state: `x.${Buffer.from(target).toString('base64url')}` };
    },
    ends: /bridge page of Honest/,
  },
  'the address of an editor in the browser, registered by a pattern': {
    method: 'uri-handler',
    ui: 'web',
    hostile: { acceptsChangingRedirectUri: true },
    honest: { acceptsChangingRedirectUri: true },
    isRegistered: uri => uri.startsWith(webHost),
    ends: /acceptsChangingRedirectUri/,
  },
  'the address of an editor in the browser, for a sign-in by a bridge page': {
    method: 'bridge',
    ui: 'web',
    hostile: { redirect: { bridge: `${page}?for=hostile` } },
    honest: { acceptsChangingRedirectUri: true },
    isRegistered: uri => uri.startsWith(webHost),
    onward({ state }) {
      const target = Buffer.from(state.split('.')[1] ?? '', 'base64url').toString();
      return { redirectUri: `${target}&for=hostile`, state };
    },
    ends: /acceptsChangingRedirectUri/,
  },
  'a loopback address': {
    method: 'loopback',
    hostile: {},
    honest: {},
    isRegistered: uri => uri.startsWith('http://127.0.0.1:'),
    onward: ({ redirectUri, state }, honestPath) => ({
      redirectUri: new URL(honestPath, redirectUri).href,
      state,
    }),
    ends: 'ignored',
  },
  'a loopback address with the same path': {
    method: 'loopback',
    ...same({ path: '/callback' }),
    isRegistered: uri => /^http:\/\/127\.0\.0\.1:\d+\/callback$/.test(uri),
    ends: /same "redirect\.path", \/callback/,
  },
  'the scheme of the editor': {
    method: 'uri-handler',
    hostile: {},
    honest: {},
    isRegistered: uri => uri.startsWith(editorRedirectUri),
    onward: ({ state }, honestPath) => ({ redirectUri: `${editorRedirectUri}${honestPath}`, state }),
    ends: 'ignored',
  },
  'the scheme of the editor with the same path': {
    method: 'uri-handler',
    ...same({ path: '/callback' }),
    isRegistered: uri => uri === `${editorRedirectUri}/callback`,
    ends: /same "redirect\.path", \/callback/,
  },
  'an address that is pasted': {
    method: 'paste',
    hostile: {},
    honest: {},
    isRegistered: uri => uri.startsWith('http://127.0.0.1:'),
    onward: ({ redirectUri, state }, honestPath) => ({
      redirectUri: new URL(honestPath, redirectUri).href,
      state,
    }),
    pastes: 'address',
    ends: 'ignored',
  },
  'a query that is pasted': {
    method: 'paste',
    hostile: {},
    honest: {},
    isRegistered: uri => uri.startsWith('http://127.0.0.1:'),
    onward: ({ redirectUri, state }, honestPath) => ({
      redirectUri: new URL(honestPath, redirectUri).href,
      state,
    }),
    pastes: 'query',
    ends: 'ignored',
  },
  'an address that is pasted, of one page': {
    method: 'paste',
    ...same({ paste: shown }),
    isRegistered: uri => uri === shown,
    pastes: 'address',
    ends: /same "redirect\.paste"/,
  },
  'a code that is pasted': {
    method: 'paste',
    hostile: { redirect: { paste: 'https://evil.example/shown' } },
    honest: { redirect: { paste: shown } },
    isRegistered: uri => uri === shown,
    onward: ({ state }) => ({ redirectUri: shown, state }),
    pastes: 'code',
    ends: 'ignored',
  },
};

/** What a page on the way does with the address that the browser is sent to; the end of the way otherwise. */
function handedOn(end: URL): URL {
  const state = end.searchParams.get('state') ?? '';
  if (end.href.startsWith(page)) {
    const target = Buffer.from(state.slice(state.indexOf('.') + 1), 'base64url').toString();
    return URL.parse(`${target}${target.includes('?') ? '&' : '?'}${end.search.slice(1)}`) ?? end;
  }
  if (end.href.startsWith(relay)) {
    const target = new URL(decodeURIComponent(state));
    target.searchParams.set('code', end.searchParams.get('code') ?? '');
    return target;
  }
  return end;
}

/** Follows the redirects of the two servers, as a browser does. */
async function browse(address: string): Promise<URL | undefined> {
  let next = address;
  for (;;) {
    const response = await fetch(next, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (location === null) return undefined;
    if (!location.includes('/authorize?')) return new URL(location);
    next = location;
  }
}

async function trySignIn(
  { method, ui, pastes }: Attack,
  providerOf: (trial: ReturnType<typeof signInTrial>) => ReturnType<typeof trial.provider>[],
): Promise<string> {
  const over = new AbortController();
  let control: SignInControl | undefined;
  const trial: ReturnType<typeof signInTrial> = signInTrial({
    method,
    surroundings: ui === 'web' ? codeServer : desktop,
    ...(ui === 'web' && { editor: { of: path => Promise.resolve(`${webHost}${path}`) } }),
    get providers() {
      return configured;
    },
    async browser(address) {
      const end = await browse(address);
      if (!end) throw new Error('The honest server refused that redirect URI.');
      // What was taken ends the sign-in, well or not. What was not keeps it waiting.
      if (!(await isTaken(end))) over.abort(new Error('ignored'));
    },
  });
  const isTaken = async (end: URL): Promise<boolean> => {
    if (pastes !== undefined) {
      const texts = { address: end.href, query: end.search.slice(1), code: end.searchParams.get('code') };
      return control?.paste(texts[pastes] ?? '') === undefined;
    }
    const last = handedOn(end);
    if (last.protocol === 'http:' && ui !== 'web') return (await fetch(last)).ok;
    const path = last.searchParams.get('vscode-path') ?? last.pathname;
    return trial.pending.deliver(path, last.searchParams);
  };
  const configured = providerOf(trial);
  const [own] = configured;
  assert.ok(own);
  try {
    await trial.signIn(own, { signal: over.signal, onPlan: (_plan, given) => (control = given) });
    return 'signed in';
  } catch (error) {
    if (error instanceof Failure) return `${error.message} ${String(error.details['why'] ?? '')}`;
    return error instanceof Error ? error.message : String(error);
  }
}

describe('a hostile provider that passes the code of an honest one off as its own', () => {
  let honest: UnnamedServer;
  let hostile: UnnamedServer;
  afterEach(async () => {
    await hostile.close();
    await honest.close();
  });

  for (const [what, attack] of Object.entries(attacks)) {
    it(`gets neither code nor verifier: ${what}`, async () => {
      honest = await startHonest(uri => attack.isRegistered(uri));
      hostile = await startHostile(
        () => honest,
        request => attack.onward?.(request, pathOf(honest.issuer)) ?? request,
      );
      const outcome = await trySignIn(attack, trial => [
        trial.provider({ issuer: hostile.issuer, label: 'Hostile', ...attack.hostile }, 'hostile'),
        trial.provider({ issuer: honest.issuer, label: 'Honest', ...attack.honest }, 'honest'),
      ]);
      assert.deepEqual(hostile.tokenRequests, []);
      assert.match(outcome, attack.ends === 'ignored' ? /^ignored$/ : attack.ends);
    });
  }
});

describe('a method that is closed because of another provider', () => {
  it('is not begun by whoever chose it from an older plan', async () => {
    const honest = await startHonest(() => true);
    const hostile = await startHostile(
      () => honest,
      request => request,
    );
    try {
      const trial: ReturnType<typeof signInTrial> = signInTrial({
        get providers() {
          return configured;
        },
      });
      const own = trial.provider({ issuer: hostile.issuer, redirect: { bridge: page } }, 'hostile');
      const configured = [
        own,
        trial.provider({ issuer: honest.issuer, redirect: { bridge: page } }, 'honest'),
      ];
      await assert.rejects(
        trial.signIn(own, { method: 'bridge' }),
        (error: unknown) => error instanceof Failure && error.code === 'redirect-shared',
      );
      assert.deepEqual([trial.opened, hostile.tokenRequests], [[], []]);
    } finally {
      await hostile.close();
      await honest.close();
    }
  });
});

describe('a provider that does not name itself in its responses', () => {
  let server: UnnamedServer;
  afterEach(() => server.close());

  const other = 'https://other.example';
  const works: Record<string, Pick<Attack, 'method' | 'ui' | 'pastes'> & { own: object; others: object[] }> =
    {
      'a bridge page that no other provider uses': {
        method: 'bridge',
        own: { redirect: { bridge: page } },
        others: [{ issuer: other }],
      },
      'a bridge page that another client of the same issuer uses': {
        method: 'bridge',
        own: { redirect: { bridge: page } },
        others: [{ redirect: { bridge: page } }],
      },
      'a redirect URI of its own at a bridge page': {
        method: 'bridge',
        own: { redirect: { bridge: `${page}?for=own` } },
        others: [{ issuer: other, redirect: { bridge: page } }],
      },
      'the bridge page without a mark, where others have one': {
        method: 'bridge',
        own: { redirect: { bridge: page } },
        others: [{ issuer: other, redirect: { bridge: `${page}?for=other` } }],
      },
      'a relay that no other provider uses': {
        method: 'bridge',
        own: { redirect: { relay } },
        others: [{ issuer: other }],
      },
      'the address of an editor in the browser': {
        method: 'uri-handler',
        ui: 'web',
        own: { acceptsChangingRedirectUri: true },
        others: [{ issuer: other }],
      },
      'the scheme of the editor': { method: 'uri-handler', own: {}, others: [{ issuer: other }] },
      'a loopback address': { method: 'loopback', own: {}, others: [{ issuer: other }] },
      'an address that is pasted': {
        method: 'paste',
        pastes: 'address',
        own: {},
        others: [{ issuer: other }],
      },
      'a code that is pasted': {
        method: 'paste',
        pastes: 'code',
        own: { redirect: { paste: shown } },
        others: [{ issuer: other }],
      },
    };
  for (const [what, { own, others, ...attempt }] of Object.entries(works)) {
    it(`gets its own code by ${what}`, async () => {
      server = await startHonest(() => true);
      await trySignIn(
        { ...attempt, hostile: {}, honest: {}, isRegistered: () => true, ends: 'ignored' },
        trial => [
          trial.provider({ issuer: server.issuer, label: 'Own', ...own }, 'own'),
          ...others.map((more, number) =>
            trial.provider({ issuer: server.issuer, label: 'Other', ...more }, `other-${number}`),
          ),
        ],
      );
      assert.deepEqual(
        server.tokenRequests.map(body => [body.get('code'), body.has('code_verifier')]),
        [[server.code, true]],
      );
    });
  }
});
