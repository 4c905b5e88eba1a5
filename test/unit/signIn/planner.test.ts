import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import type { OtherProvider } from '../../../src/signIn/plan/redirectUri.ts';
import {
  planSignIn,
  type Plan,
  type PlanInput,
  type Surroundings,
} from '../../../src/signIn/plan/planner.ts';

/** Where the extension can run: every row of the table in the documentation. */
const places = {
  desktop: { ui: 'desktop', runsIn: 'local', remoteName: undefined, uriScheme: 'vscode' },
  'desktop + SSH': { ui: 'desktop', runsIn: 'local', remoteName: 'ssh-remote', uriScheme: 'vscode' },
  'desktop + WSL': { ui: 'desktop', runsIn: 'local', remoteName: 'wsl', uriScheme: 'vscode-insiders' },
  'desktop, extension on the remote': {
    ui: 'desktop',
    runsIn: 'remote',
    remoteName: 'dev-container',
    uriScheme: 'vscode',
  },
  Codespaces: { ui: 'web', runsIn: 'remote', remoteName: 'codespaces', uriScheme: 'vscode' },
  'code-server': { ui: 'web', runsIn: 'remote', remoteName: 'code.example.com:8080', uriScheme: 'code-oss' },
  'vscode.dev': { ui: 'web', runsIn: 'web-worker', remoteName: undefined, uriScheme: 'vscode' },
} as const satisfies Record<string, Surroundings>;

type Place = keyof typeof places;

const issuer = 'https://login.example.com';
const code = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
};
const device = { device_authorization_endpoint: `${issuer}/device` };
const registration = { registration_endpoint: `${issuer}/register` };

const servers = {
  'code only': code,
  'code and device': { ...code, ...device },
  everything: { ...code, ...device, ...registration },
  'device only': { issuer, token_endpoint: code.token_endpoint, ...device },
  nothing: { issuer },
} as const satisfies Record<string, PlanInput['metadata']>;

const registered = {
  id: 'oidc',
  issuer,
  clientId: 'editor',
  clientAuthentication: 'none',
  profile: undefined,
  certificateBoundTokens: false,
  acceptsChangingRedirectUri: false,
  redirect: {},
} as const;
const providers = {
  registered,
  'accepting patterns': { ...registered, acceptsChangingRedirectUri: true },
  'without client id': { ...registered, clientId: undefined },
  'with bridge': { ...registered, redirect: { bridge: 'https://example.com/bridge' } },
  'with relay': { ...registered, redirect: { relay: 'https://vscode.dev/redirect' } },
  'loopback only': { ...registered, redirect: { accepts: ['loopback'], loopbackHost: '127.0.0.1' } },
  'https only': { ...registered, redirect: { accepts: ['https'] } },
  'https only, with bridge': {
    ...registered,
    redirect: { accepts: ['https'], bridge: 'https://example.com/bridge' },
  },
  'with certificate': { ...registered, clientAuthentication: 'tls_client_auth' },
  'with loopback port': { ...registered, redirect: { loopbackPorts: [8400] } },
} as const satisfies Record<string, PlanInput['provider']>;

const planAt = (
  place: Place,
  server: keyof typeof servers,
  provider: keyof typeof providers = 'registered',
  more: Partial<PlanInput> = {},
): Plan =>
  planSignIn({
    surroundings: places[place],
    metadata: servers[server],
    provider: providers[provider],
    providers: [],
    method: 'auto',
    document: undefined,
    failed: [],
    ...more,
  });

const brief = ({ tries, offered }: Plan): string =>
  `${tries.map(({ method }) => method).join(' ')} | ${offered.map(({ method }) => method).join(' ')}`.trim();

describe('the planner', () => {
  const elsewhere = { ...registered, id: 'other', label: shown('Other'), issuer: 'https://other.example' };
  const bridge = 'https://example.com/bridge';
  // the server names itself, another provider → what is closed because of that
  const reached: [boolean, Partial<OtherProvider>, string][] = [
    [false, { redirect: { bridge } }, 'bridge'],
    [false, { redirect: { relay: 'https://relay.example' } }, 'uri-handler loopback bridge paste'],
    [false, { redirect: { bridge: `${bridge}?for=other` } }, ''],
    [false, {}, ''],
    [false, { issuer, redirect: { bridge } }, ''],
    [true, { redirect: { bridge } }, ''],
    [true, { redirect: { relay: 'https://relay.example' } }, ''],
  ];
  for (const [names, other, expected] of reached) {
    it(`closes “${expected}” beside ${JSON.stringify(other)}${names ? ', not where the server names itself' : ''}`, () => {
      const metadata = { ...servers['code only'], authorization_response_iss_parameter_supported: names };
      const more = { metadata, providers: [{ ...elsewhere, ...other }] };
      const { closed } = planAt('desktop', 'code only', 'with bridge', more);
      const because = closed.filter(({ why }) => why.includes('doesn’t name itself'));
      assert.equal(because.map(({ method }) => method).join(' '), expected);
    });
  }

  // place, server, provider → what is tried, in order | what is offered besides
  const table: [Place, keyof typeof servers, keyof typeof providers, string][] = [
    ['desktop', 'code only', 'registered', 'uri-handler loopback paste |'],
    ['desktop', 'code and device', 'registered', 'uri-handler loopback paste | device-code'],
    ['desktop', 'everything', 'without client id', 'uri-handler loopback paste | device-code'],
    ['desktop', 'code and device', 'without client id', '|'],
    ['desktop', 'code and device', 'with bridge', 'bridge uri-handler loopback paste | device-code'],
    ['desktop', 'code only', 'with relay', 'bridge uri-handler loopback paste |'],
    ['desktop', 'code only', 'with loopback port', 'loopback uri-handler paste |'],
    ['desktop', 'code only', 'loopback only', 'loopback paste |'],
    ['desktop', 'code and device', 'https only', 'device-code |'],
    ['desktop', 'code only', 'https only, with bridge', 'bridge |'],
    ['code-server', 'code only', 'loopback only', 'paste |'],
    ['code-server', 'code only', 'https only', '|'],
    ['desktop', 'device only', 'registered', 'device-code |'],
    ['desktop', 'nothing', 'registered', '|'],
    ['desktop + SSH', 'code and device', 'registered', 'uri-handler loopback paste | device-code'],
    ['desktop + WSL', 'code and device', 'registered', 'uri-handler loopback paste | device-code'],
    ['desktop, extension on the remote', 'code and device', 'registered', 'uri-handler paste | device-code'],
    ['desktop, extension on the remote', 'code only', 'with loopback port', 'uri-handler paste |'],
    ['Codespaces', 'code and device', 'registered', 'device-code | paste'],
    ['Codespaces', 'code only', 'registered', 'paste |'],
    ['Codespaces', 'code and device', 'accepting patterns', 'uri-handler paste | device-code'],
    ['Codespaces', 'everything', 'without client id', 'uri-handler paste | device-code'],
    ['Codespaces', 'code and device', 'with bridge', 'bridge paste | device-code'],
    ['code-server', 'code and device', 'registered', 'device-code | paste'],
    ['code-server', 'code only', 'registered', 'paste |'],
    ['code-server', 'everything', 'registered', 'device-code | paste'],
    ['code-server', 'code and device', 'accepting patterns', 'uri-handler paste | device-code'],
    ['code-server', 'everything', 'without client id', 'uri-handler paste | device-code'],
    ['code-server', 'device only', 'registered', 'device-code |'],
    ['code-server', 'nothing', 'registered', '|'],
    ['vscode.dev', 'code and device', 'registered', 'device-code | paste'],
    ['vscode.dev', 'code only', 'registered', 'paste |'],
    ['vscode.dev', 'code and device', 'accepting patterns', 'uri-handler paste | device-code'],
    ['vscode.dev', 'everything', 'without client id', 'uri-handler paste | device-code'],
    ['vscode.dev', 'code only', 'with bridge', 'bridge paste |'],
    ['vscode.dev', 'code only', 'with loopback port', 'paste |'],
    ['vscode.dev', 'everything', 'with certificate', '|'],
    ['Codespaces', 'code and device', 'with certificate', 'device-code | paste'],
  ];
  for (const [place, server, provider, expected] of table) {
    it(`${place}, server: ${server}, provider: ${provider} → ${expected}`, () => {
      assert.equal(brief(planAt(place, server, provider)), expected);
    });
  }

  it('gives every way one sentence, and names every way once', () => {
    for (const place of Object.keys(places) as Place[]) {
      for (const server of Object.keys(servers) as (keyof typeof servers)[]) {
        for (const provider of Object.keys(providers) as (keyof typeof providers)[]) {
          const { tries, offered, closed } = planAt(place, server, provider);
          const sentences = [...tries, ...offered].map(({ reason }) => reason);
          sentences.push(...closed.map(({ why }) => why));
          for (const sentence of sentences)
            assert.match(sentence, /^(?:[A-Z]|login\.example\.com )[^!?]*[^.]\.$/, place);
          const ways = [...tries, ...offered, ...closed].map(({ method }) => method).sort();
          assert.deepEqual(ways, ['bridge', 'device-code', 'loopback', 'paste', 'uri-handler']);
        }
      }
    }
  });

  it('never starts a device code by itself while a browser can bring its answer back', () => {
    for (const place of Object.keys(places) as Place[]) {
      for (const provider of Object.keys(providers) as (keyof typeof providers)[]) {
        const { tries } = planAt(place, 'everything', provider);
        const at = tries.findIndex(({ method }) => method === 'device-code');
        assert.ok(at === -1 || tries.length === 1, `${place}, ${provider}`);
        if (at === 0) assert.match(tries[0]?.reason ?? '', /^Your browser can’t return/);
      }
    }
  });

  describe('with a fixed method', () => {
    it('tries that alone, and offers the others', () => {
      const plan = planAt('desktop', 'code and device', 'registered', { method: 'device-code' });
      assert.equal(brief(plan), 'device-code | uri-handler loopback paste');
    });

    it('does as it is told where it only doubts it, and says so', () => {
      const plan = planAt('code-server', 'code only', 'registered', { method: 'loopback' });
      assert.equal(brief(plan), 'loopback | paste');
      assert.match(
        plan.tries[0]?.reason ?? '',
        /^It’s configured, but might not work\. The browser would return to your computer/,
      );
    });

    it('tries nothing if it cannot be done', () => {
      const plan = planAt('vscode.dev', 'code only', 'registered', { method: 'loopback' });
      assert.equal(brief(plan), '| paste');
      const bridge = planAt('desktop', 'code only', 'registered', { method: 'bridge' });
      assert.equal(brief(bridge), '| uri-handler loopback paste');
      assert.ok(
        bridge.closed.some(({ method, why }) => method === 'bridge' && why.includes('No bridge page')),
      );
    });
  });

  describe('at a server that withholds its answers from a browser', () => {
    const withheld = { withholdsTokens: true };

    it('begins no sign-in that could not be completed, and says why', () => {
      const plan = planAt('vscode.dev', 'everything', 'accepting patterns', withheld);
      assert.equal(brief(plan), '|');
      for (const { why } of plan.closed) assert.match(why, /^login\.example\.com doesn’t allow .* \(CORS\)/);
      const service = planAt('vscode.dev', 'everything', 'registered', {
        ...withheld,
        method: 'client-credentials',
      });
      assert.match(service.closed[0]?.why ?? '', /\(CORS\)/);
    });

    it('goes the way that is set, for somebody who knows better', () => {
      const plan = planAt('vscode.dev', 'everything', 'registered', { ...withheld, method: 'device-code' });
      assert.equal(brief(plan), 'device-code |');
      assert.match(plan.tries[0]?.reason ?? '', /^It’s configured, but might not work\. .*\(CORS\)/);
    });
  });

  describe('of a client that signs in by itself', () => {
    for (const method of ['client-credentials', 'impersonation', 'token-exchange'] as const) {
      it(`has no other way than ${method}, wherever the editor runs`, () => {
        for (const place of Object.keys(places) as Place[]) {
          const { tries, offered, closed } = planAt(place, 'everything', 'registered', { method: method });
          assert.deepEqual([tries.map(planned => planned.method), offered, closed], [[method], [], []]);
          assert.match(tries[0]?.reason ?? '', /without a (user|browser)|your sign-in to another provider/);
        }
      });
    }

    it('is tried though the server does not list the grant type, and says so', () => {
      const metadata = { ...servers['code only'], grant_types_supported: ['authorization_code'] };
      const { tries } = planAt('desktop', 'code only', 'registered', {
        method: 'client-credentials',
        metadata,
      });
      assert.match(tries[0]?.reason ?? '', /even though login.example.com doesn’t list that grant type/);
    });

    it('needs a token endpoint', () => {
      const { tries, closed } = planAt('desktop', 'nothing', 'registered', { method: 'client-credentials' });
      assert.deepEqual(tries, []);
      assert.deepEqual(closed, [
        { method: 'client-credentials', why: 'login.example.com has no token endpoint.' },
      ]);
    });
  });

  it('puts ways from which no answer came back behind the others', () => {
    const plan = planAt('desktop', 'code only', 'registered', { failed: ['uri-handler'] });
    assert.equal(brief(plan), 'loopback uri-handler paste |');
    assert.match(plan.tries[1]?.reason ?? '', /^No response came back with this method before/);
  });

  describe('with a client ID metadata document', () => {
    const [loopback, localhost] = ['127.0.0.1', 'localhost'].map(host => `http://${host}/client-document`);
    const editor = 'vscode://vscode-oidc.oidc-authentication/client-document';
    const documentOf = (...redirectUris: (string | undefined)[]) => ({
      document: { address: 'https://company.example/editor.json', redirectUris: redirectUris.map(String) },
    });
    const planWith = (more: Partial<PlanInput>, place: Place = 'desktop') =>
      planAt(place, 'code and device', 'without client id', more);

    it('offers only the methods whose redirect URI it lists', () => {
      assert.equal(brief(planWith({})), '|');
      assert.equal(brief(planWith(documentOf(loopback))), 'loopback paste |');
      assert.equal(brief(planWith(documentOf(localhost))), 'loopback paste |');
      assert.equal(brief(planWith(documentOf(editor))), 'uri-handler |');
      assert.equal(brief(planWith(documentOf(editor, loopback))), 'uri-handler loopback paste |');
      assert.equal(brief(planWith(documentOf(editor.replace('vscode:', 'codium:')))), '|');
      const { closed } = planWith(documentOf(loopback));
      assert.match(closed.find(({ method }) => method === 'uri-handler')?.why ?? '', /lists no redirect URI/);
    });

    it('starts no device code with it, which Keycloak reads too late', () => {
      const { closed } = planWith(documentOf(editor, loopback));
      assert.match(
        closed.find(({ method }) => method === 'device-code')?.why ?? '',
        /only when your browser/,
      );
    });

    it('follows the settings of the provider', () => {
      const provider = {
        ...providers['without client id'],
        redirect: { loopbackHost: 'localhost' as const },
      };
      assert.equal(brief(planWith({ ...documentOf(loopback), provider })), '|');
      assert.equal(brief(planWith({ ...documentOf(localhost), provider })), 'loopback paste |');
      const shown = { ...provider, redirect: { paste: 'https://company.example/shown' } };
      assert.equal(brief(planWith({ ...documentOf(loopback), provider: shown })), 'loopback |');
      const bridge = { ...provider, redirect: { bridge: 'https://company.example/bridge' } };
      assert.equal(brief(planWith({ ...documentOf(loopback), provider: bridge })), 'loopback paste |');
    });

    it('prefers what it lists to what has to be registered', () => {
      const metadata = {
        ...servers['code and device'],
        registration_endpoint: 'https://id.example/register',
      };
      assert.equal(
        brief(planWith({ metadata, ...documentOf(loopback) })),
        'loopback uri-handler paste | device-code',
      );
      assert.equal(brief(planWith({ metadata })), 'uri-handler loopback paste | device-code');
    });
  });

  it('has no device codes with a security profile', () => {
    const provider = { ...providers.registered, profile: 'fapi2' as const };
    const plan = planAt('desktop', 'code and device', 'registered', { provider });
    assert.ok(![...plan.tries, ...plan.offered].some(({ method }) => method === 'device-code'));
    assert.match(plan.closed.find(({ method }) => method === 'device-code')?.why ?? '', /security profile/);
  });

  it('believes a server that does not list the authorization code grant', () => {
    const metadata = { ...servers['code and device'], grant_types_supported: ['client_credentials'] };
    assert.equal(brief(planAt('desktop', 'code and device', 'registered', { metadata })), 'device-code |');
  });
});
