import assert from 'node:assert/strict';
import { consentTo } from '../../src/protocol/client/consent.ts';
import { secret } from '../../src/platform/secret.ts';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { clientSection, type ClientInquiry } from '../../src/signIn/diagnosis/clientSection.ts';
import type { Finding } from '../../src/signIn/diagnosis/report.ts';
import { urisToRegister } from '../../src/signIn/redirect/registeredUris.ts';
import { basicPair, paths } from '../servers/hostile/authorizationServer.ts';
import type { Departure, Endpoint, Situation } from '../servers/hostile/departure.ts';
import { html, json, type Answer } from '../servers/hostile/replies.ts';
import { startHostileServer, type HostileServer } from '../servers/hostile/server.ts';
import { desktop, signInTrial, type SignInTrial } from './signingIn.ts';

const requests = ['pushed', 'device'] as const;
const rightSecret = 'a right secret';

/** What is set at a server, and how it refuses. */
interface Settings {
  readonly client?: string;
  readonly secret?: string;
  readonly redirectUris?: RegExp;
  readonly scopes?: readonly string[];
  readonly device?: boolean;
  /** The status with which a client is refused. */
  readonly status?: number;
  /** It tells an unknown client from a wrong secret. */
  readonly isTelling?: boolean;
}

const refusal = (code: string, words: string, status = 400): Answer =>
  json({ error: code, error_description: words }, status);

/** What a server with these settings answers to what a client asks for. */
function judging(endpoint: Endpoint, settings: Settings, situation: Situation, right: Answer): Answer {
  const { client = 'editor', redirectUris, scopes, device = true, status = 401, isTelling = true } = settings;
  const { parameters, clientId, authorization } = situation;
  const words = (known: string): string => (isTelling ? known : 'Authentication failed.');
  if (clientId !== client) return refusal('invalid_client', words('Unknown client'), status);
  const shown = basicPair(authorization)[1]?.replaceAll('+', ' ') ?? parameters.get('client_secret');
  if (settings.secret !== undefined && shown !== settings.secret)
    return refusal('invalid_client', words('Wrong secret'), status);
  if (endpoint === 'device' && !device) return refusal('unauthorized_client', 'No device grant');
  if (endpoint === 'pushed' && redirectUris?.test(parameters.get('redirect_uri') ?? '') === false)
    return refusal('invalid_request', 'Invalid parameter: redirect_uri');
  const asked = (parameters.get('scope') ?? '').split(' ');
  return scopes && !asked.every(scope => scopes.includes(scope))
    ? refusal('invalid_scope', 'Invalid scopes')
    : right;
}

const having = (settings: Settings, offered: readonly Endpoint[] = requests): Departure => ({
  metadata: ({ device_authorization_endpoint: device, ...document }, { issuer }) => ({
    ...document,
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    ...(offered.includes('device') && { device_authorization_endpoint: device }),
    ...(offered.includes('pushed') && {
      pushed_authorization_request_endpoint: `${issuer}${paths.pushed}`,
    }),
  }),
  replies: Object.fromEntries(
    requests.map(endpoint => [
      endpoint,
      (right: Answer, situation: Situation) => judging(endpoint, settings, situation, right),
    ]),
  ),
});

describe('a diagnosis that asks about the client', () => {
  let server: HostileServer;
  beforeEach(async () => {
    server = await startHostileServer();
  });
  afterEach(() => server.close());

  async function findings(
    definition: Partial<ProviderDefinition> = {},
    inquiry: Partial<ClientInquiry> = {},
    trial: SignInTrial = signInTrial({
      clientSecret: () => Promise.resolve({ kind: 'secret', secret: secret(rightSecret) }),
    }),
  ): Promise<Finding[]> {
    const provider = trial.provider({ issuer: server.issuer, ...definition });
    const { httpContext, clientSecrets } = trial.context;
    if (provider.clientId !== undefined) await clientSecrets.obtain(provider);
    const { metadata } = await httpContext.metadata.get(provider.issuer, provider);
    const uris = urisToRegister(metadata, provider, desktop, 'vscode-oidc.oidc-authentication');
    const all = await clientSection(
      { httpContext, provider },
      { stores: trial.context, isAgreed: true, endpoints: {}, ...inquiry },
      metadata,
      uris,
    );
    return all.filter(one => one !== undefined);
  }

  /** What does not pass, as one text. */
  const problems = (found: readonly Finding[]): string =>
    found
      .filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
      .map(({ verdict, what, found: text }) => `${verdict} ${what}: ${text}`)
      .join('\n');

  const confidential = { clientAuthentication: 'client_secret_basic' } as const;
  const posting = { clientAuthentication: 'client_secret_post' } as const;

  for (const offered of [requests, ['pushed'], ['device']] as const) {
    const where = offered.join(' and ');
    const pushes = offered.some(endpoint => endpoint === 'pushed');
    const statuses = [400, 401];

    it(`finds nothing wrong with one that is right (${where})`, async () => {
      server.departure = having({}, offered);
      const found = await findings();
      assert.equal(problems(found), '');
      const passed = found.filter(({ verdict }) => verdict === 'pass').map(({ what }) => what);
      assert.ok(passed.includes('Client') && passed.includes('Requested scopes'), passed.join());
    });

    for (const status of statuses) {
      it(`tells a wrong client ID (${where}, ${status})`, async () => {
        server.departure = having({ client: 'another', status }, offered);
        assert.match(
          problems(await findings()),
          /^fail Client: The provider doesn’t know editor, has disabled it, or expects it to authenticate\. Response: invalid_client.*“Unknown client”\.$/,
        );
      });

      it(`tells a client that is not a public one (${where}, ${status})`, async () => {
        server.departure = having({ secret: rightSecret, status }, offered);
        assert.match(
          problems(await findings()),
          /^fail Client: The provider knows editor, but not as a public client\..*“Wrong secret”\.$/,
        );
      });

      for (const method of [confidential, posting]) {
        it(`tells a wrong secret (${where}, ${status}, ${method.clientAuthentication})`, async () => {
          server.departure = having({ secret: 'another secret', status }, offered);
          const found = await findings(method);
          assert.match(
            problems(found),
            /^fail Client secret: The provider knows editor, but rejects its credential \(client_secret_(basic|post)\)\..*“Wrong secret”\.$/,
          );
          assert.match(
            found.find(({ what }) => what === 'Client secret')?.next ?? '',
            /OIDC: Replace Client Secret/,
          );
        });

        it(`leaves open what a server leaves open (${where}, ${status}, ${method.clientAuthentication})`, async () => {
          server.departure = having({ secret: 'another secret', status, isTelling: false }, offered);
          assert.match(
            problems(await findings(method)),
            /^fail Client: The provider doesn’t know editor, has disabled it, or rejects its credential \(client_secret_/,
          );
        });
      }
    }

    it(`takes a right secret for right (${where})`, async () => {
      server.departure = having({ secret: rightSecret }, offered);
      assert.equal(problems(await findings(confidential)), '');
    });

    it(`tells scopes that are refused (${where})`, async () => {
      server.departure = having({ scopes: ['openid', 'profile', 'email'] }, offered);
      assert.match(
        problems(await findings()),
        /^warn Requested scopes: offline_access can’t be requested\. Response: invalid_scope/,
      );
      server.departure = having({ scopes: ['openid'] }, offered);
      assert.match(
        problems(await findings({ scopes: ['openid', 'api', 'files'] })),
        /^fail Requested scopes: api, files can’t be requested\./,
      );
    });

    if (!pushes) continue;

    it(`tells redirect URIs that are not registered (${where})`, async () => {
      server.departure = having({ redirectUris: /^vscode:/ }, offered);
      const some = await findings();
      assert.equal(problems(some), 'warn Redirect URI http://127.0.0.1/callback: not accepted');
      server.departure = having({ redirectUris: /^https:/ }, offered);
      const none = problems(await findings());
      assert.match(none, /^fail Redirect URI vscode:.*: not accepted$/m);
      assert.match(none, /^fail Redirect URI http:.*: not accepted$/m);
    });

    it(`tells a loopback redirect URI that is taken without a port, or as localhost, only (${where})`, async () => {
      server.departure = having({ redirectUris: /^http:\/\/127\.0\.0\.1\/|^vscode:/ }, offered);
      assert.match(
        problems(await findings()),
        /^warn Redirect URI http:\/\/127\.0\.0\.1\/callback: accepted exactly as shown, but not with a port$/,
      );
      server.departure = having({ redirectUris: /^http:\/\/localhost:\d+\/|^vscode:/ }, offered);
      assert.equal(problems(await findings()), '');
    });

    it(`tells one thing from the other where both are wrong (${where})`, async () => {
      server.departure = having(
        { redirectUris: /^vscode:/, scopes: ['openid', 'profile', 'email'] },
        offered,
      );
      const found = problems(await findings());
      assert.match(found, /^warn Redirect URI http:\/\/127/m);
      assert.match(found, /^warn Requested scopes: offline_access can’t/m);
    });
  }

  it('says that a client may have no device codes', async () => {
    server.departure = having({ device: false });
    const found = await findings();
    assert.equal(problems(found), '');
    const device = found.find(({ what }) => what === 'Device codes for this client');
    assert.match(device?.found ?? '', /^not accepted\. Response: unauthorized_client.*“No device grant”/);
  });

  for (const [what, answer] of [
    ['a page', html()],
    ['a firewall', json({ message: 'Forbidden' }, 403)],
    ['trouble', json({ error: 'server_error' }, 500)],
  ] as const) {
    it(`blames nobody for ${what}`, async () => {
      server.departure = { ...having({}), replies: { pushed: () => answer, device: () => answer } };
      const found = await findings();
      assert.equal(problems(found), '');
      assert.ok(found.some(one => one.what === 'No usable response'));
    });
  }

  it('changes nothing, and asks nobody but the two endpoints', async () => {
    server.departure = having({ scopes: ['openid'], redirectUris: /^vscode:/ });
    await findings(confidential);
    const asked = new Set(server.requests.map(({ path }) => path));
    assert.deepEqual([...asked].sort(), [paths.metadata, paths.device, paths.pushed].sort());
    assert.deepEqual(server.violations, []);
  });

  it('registers nothing', async () => {
    server.departure = having({});
    const found = await findings({ clientId: '' });
    assert.match(found[0]?.found ?? '', /A diagnosis doesn’t register it/);
    assert.deepEqual(server.requestsTo('register'), []);
  });

  it('asks as the client that has registered itself, once there is one', async () => {
    server.departure = having({});
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer, clientId: '' });
    const redirectUri = 'http://127.0.0.1:4711/callback';
    const { registration } = await trial.context.registrations.obtain({
      provider,
      consent: consentTo(provider.issuer),
      metadata: (await trial.context.httpContext.metadata.get(provider.issuer, provider)).metadata,
      redirectUri,
      scopes: ['openid'],
      signal: new AbortController().signal,
      asksForToken: false,
    });
    server.departure = having({ client: registration.clientId, redirectUris: /:4711\// });
    const found = await findings({ clientId: '' }, {}, trial);
    assert.equal(problems(found), '');
    assert.ok(found.some(({ what }) => what === `Redirect URI ${redirectUri}`));
    assert.equal(server.requestsTo('register').filter(({ method }) => method === 'POST').length, 1);
  });

  describe('sends nothing', () => {
    const asksNothing = (): void => {
      const sent = server.requests.filter(({ method }) => method !== 'GET');
      assert.deepEqual(sent, []);
    };

    it('to a provider that nobody has agreed to', async () => {
      server.departure = having({});
      const found = await findings(confidential, { isAgreed: false });
      asksNothing();
      assert.match(found[0]?.found ?? '', /You haven’t agreed/);
    });

    it('to a host where nobody has signed in, and to no other than that', async () => {
      const other = await startHostileServer();
      try {
        other.departure = having({});
        const leading: Departure = {
          metadata: document => ({
            ...document,
            device_authorization_endpoint: `${other.issuer}${paths.device}`,
            pushed_authorization_request_endpoint: `${other.issuer}${paths.pushed}`,
          }),
        };
        server.departure = leading;
        const { host } = new URL(other.issuer);
        const found = await findings(confidential);
        asksNothing();
        assert.deepEqual(other.requests, []);
        assert.ok(found.some(({ what, found: text }) => what === 'Not asked' && text.includes(host)));
        const endpoints = { token_endpoint: `${other.issuer}${paths.token}` };
        assert.equal(problems(await findings(confidential, { endpoints })), '');
        assert.ok(other.requestsTo('pushed').length > 0);
      } finally {
        await other.close();
      }
    });

    it('without the secret that it would take', async () => {
      server.departure = having({});
      const trial = signInTrial();
      const provider = trial.provider({ issuer: server.issuer, ...confidential });
      const { httpContext } = trial.context;
      const { metadata } = await httpContext.metadata.get(provider.issuer, provider);
      const [found] = await clientSection(
        { httpContext, provider },
        { stores: trial.context, isAgreed: true, endpoints: {} },
        metadata,
        [],
      );
      asksNothing();
      assert.match(found?.found ?? '', /isn’t stored/);
    });
  });
});
