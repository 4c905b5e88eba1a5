import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { diagnose, type DiagnosisInput } from '../../src/signIn/diagnosis/diagnose.ts';
import { diagnosisDocument, type Finding, type Section } from '../../src/signIn/diagnosis/report.ts';
import { urisToRegister } from '../../src/signIn/redirect/registeredUris.ts';
import { planFor } from '../../src/signIn/signIn.ts';
import { browser } from '../conformance/trial.ts';
import { selfSignedCertificate } from '../servers/certificates.ts';
import { startDocumentHost, type DocumentHost } from '../servers/identityProvider/documentHost.ts';
import { html, json } from '../servers/hostile/replies.ts';
import { startHostileServer, type HostileServer } from '../servers/hostile/server.ts';
import { listen, loopback, stop } from '../servers/listening.ts';
import { desktop, signInTrial } from './signingIn.ts';

describe('the diagnosis of a provider', () => {
  let server: HostileServer;
  beforeEach(async () => {
    server = await startHostileServer();
  });
  afterEach(() => server.close());

  async function sections(
    definition: Partial<ProviderDefinition> = {},
    more: Partial<DiagnosisInput> = {},
  ): Promise<Section[]> {
    const trial = signInTrial();
    const provider = trial.provider({ issuer: server.issuer, ...definition });
    return diagnose({
      httpContext: trial.context.httpContext,
      provider,
      plan: async () => (await planFor(trial.context, provider)).plan,
      registeredUris: metadata =>
        urisToRegister(metadata, provider, desktop, 'vscode-oidc.oidc-authentication'),
      client: { stores: trial.context, isAgreed: true, endpoints: {} },
      grants: { accounts: 0, lifetimes: [], withoutRefreshToken: 0, signInNeeded: 0 },
      clientDocument: undefined,
      hasClientSecret: false,
      storageWorks: true,
      proxy: undefined,
      ...more,
    });
  }

  async function finding(what: string, ...parts: Parameters<typeof sections>): Promise<Finding> {
    const found = (await sections(...parts))
      .flatMap(section => section.findings)
      .filter(one => one.what === what);
    assert.equal(found.length, 1, what);
    return found[0] as Finding;
  }

  it('lists in which form its answers depart from the standards', async () => {
    server.departure = { metadata: document => ({ ...document, scopes_supported: 'openid email' }) };
    const departures = (await sections()).find(({ title }) => title.startsWith('Tolerated deviations'));
    assert.deepEqual(
      departures?.findings.map(({ what, found }) => `${what}: ${found}`),
      ['form.list: scopes_supported'],
    );
  });

  it('says where a provider comes from', async () => {
    const own = signInTrial().provider({ issuer: server.issuer });
    const from = async (more: object) =>
      (await finding('Comes from', {}, { provider: { ...own, ...more } })).found;
    assert.equal(await from({}), 'the setting oidc.providers');
    assert.equal(await from({ contributedBy: 'acme.tools' }), 'the extension acme.tools');
    assert.match(
      await from({ mcpServer: 'https://wiki' }),
      /^the metadata of the MCP server https:\/\/wiki, in/,
    );
  });

  describe('of a client ID metadata document', () => {
    let documents: DocumentHost;
    before(async () => {
      documents = await startDocumentHost();
    });
    after(() => documents.close());

    const what = 'Client ID metadata document';
    const accepting = (further: object = {}) => {
      server.departure = {
        metadata: document => ({ ...document, client_id_metadata_document_supported: true, ...further }),
      };
    };
    const reading = (clientDocument: string | undefined) => {
      const { httpContext } = signInTrial({ fetch: documents.fetch }).context;
      return { httpContext, clientDocument };
    };

    it('lists what a sign-in would use, and asks the provider nothing about it', async () => {
      accepting();
      const address = documents.publish();
      const found = (await sections({ clientId: '' }, reading(address))).flatMap(({ findings }) => findings);
      assert.deepEqual(
        found.find(one => one.what === what),
        {
          verdict: 'pass',
          what,
          found: `${address}, http://127.0.0.1/client-document, http://localhost/client-document`,
          next: undefined,
        },
      );
      assert.match(found.find(one => one.what === 'Not asked')?.found ?? '', /when your browser arrives/);
      assert.match(found.find(one => one.what === 'Client ID')?.found ?? '', /uses its client ID metadata/);
      assert.equal(documents.requests.length, 1);
    });

    it('says what is wrong with it', async () => {
      accepting();
      const { verdict, found } = await finding(
        what,
        { clientId: '' },
        reading(documents.publish({ client_secret: 'hush' })),
      );
      assert.equal(verdict, 'fail');
      assert.match(found, /can’t be used: it contains "client_secret"/);
    });

    it('says why none is used', async () => {
      const address = documents.publish();
      const before = documents.requests.length;
      const none = await finding(what, { clientId: '' }, reading(address));
      assert.match(none.found, /doesn’t accept one/);
      accepting();
      assert.match((await finding(what, {}, reading(address))).found, /settings name a client ID/);
      assert.match((await finding(what, { clientId: '' }, reading(undefined))).found, /isn’t set/);
      accepting({ authorization_response_iss_parameter_supported: false });
      assert.match((await finding(what, { clientId: '' }, reading(address))).found, /doesn’t name itself/);
      assert.equal(documents.requests.length, before);
    });
  });

  it('does not call a certificate trusted while Node accepts any', async () => {
    const { certificate: cert, privateKey: key } = await selfSignedCertificate('anyone');
    const secure = createServer({ cert, key }, (_, response) => response.writeHead(404).end());
    const issuer = `https://${loopback}:${await listen(secure)}`;
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const { found, verdict } = await finding('Certificate', { issuer });
      assert.match(`${verdict} ${found}`, /^warn not verified/);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      await stop(secure);
    }
  });

  it('lists what sign-ins have to do without', async () => {
    server.departure = {
      metadata: document => ({ ...document, scopes_supported: ['openid', 'profile', 'offline_access'] }),
      authorize(response, { parameters }) {
        if (!parameters.get('scope')?.includes('offline_access')) return;
        response.delete('code');
        response.set('error', 'invalid_scope');
      },
    };
    const trial = signInTrial({ browser, method: 'uri-handler' });
    await trial.signIn(trial.provider({ issuer: server.issuer }));
    const { concessions } = trial.context;
    const client = { stores: { ...signInTrial().context, concessions }, isAgreed: true, endpoints: {} };
    const section = (await sections({}, { client })).find(({ title }) =>
      title.startsWith('What sign-ins leave out'),
    );
    assert.deepEqual(
      section?.findings.map(({ found }) => found),
      ['the scope offline_access isn’t requested'],
    );
    assert.match(trial.log.text(), /less is asked for.*the scope offline_access isn’t requested/);
  });

  it('of one that is in order has nothing that failed', async () => {
    const all = await sections();
    assert.deepEqual(
      all.map(({ title }) => title),
      [
        'Settings',
        'Connection',
        'Metadata',
        'What the provider offers',
        'Signing in from here',
        'Redirect URIs to register exactly as shown',
        'Client as the provider sees it',
        'Sign-ins',
      ],
    );
    const bad = all.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict === 'fail');
    assert.deepEqual(bad, []);
    assert.equal((await finding('Keys')).found, '2 (RS256, ES256)');
    assert.equal((await finding('PKCE')).verdict, 'pass');
    assert.equal((await finding('Clock')).verdict, 'pass');
    assert.equal((await finding('vscode://vscode-oidc.oidc-authentication/callback')).verdict, 'info');
  });

  it('of a client that signs in by itself tells of no browser', async () => {
    const service = {
      clientAuthentication: 'client_secret_basic',
      signInMethod: 'client-credentials',
    } as const;
    const grants = { accounts: 1, lifetimes: [300], withoutRefreshToken: 0, signInNeeded: 0 };
    const all = await sections(service, { hasClientSecret: true, grants });
    assert.ok(!all.some(({ title }) => title.startsWith('Redirect URIs')));
    const found = all.flatMap(({ findings }) => findings);
    assert.deepEqual(
      found.filter(({ verdict }) => verdict === 'fail'),
      [],
    );
    assert.ok(found.some(({ what }) => what === '1. client credentials, without a user'));
    assert.ok(
      found.some(one => one.what === 'Staying signed in' && one.found === 'by requesting a new token'),
    );
  });

  const departures: [
    what: string,
    departure: HostileServer['departure'],
    line: string,
    verdict: string,
    text: RegExp,
  ][] = [
    [
      'a clock that is wrong',
      {
        replies: {
          metadata: right => ({
            ...right,
            headers: { ...right.headers, date: 'Thu, 01 Jan 2026 00:00:00 GMT' },
          }),
        },
      },
      'Clock',
      'fail',
      /differs from the server’s by \d+ s$/,
    ],
    [
      'a clock that is two hours wrong',
      { clockAhead: 7200 },
      'Clock',
      'warn',
      /by 7[12]\d\d s \(tokens are checked against the server’s clock\)/,
    ],
    [
      'another issuer',
      { metadata: document => ({ ...document, issuer: 'https://other.example.com' }) },
      'Metadata',
      'fail',
      /belongs to the issuer “https:\/\/other\.example\.com”/,
    ],
    [
      'a log-in page for metadata',
      { replies: { metadata: () => html() } },
      'Metadata',
      'fail',
      /Couldn’t find OpenID Connect or OAuth metadata/,
    ],
    [
      'no PKCE list',
      { metadata: ({ code_challenge_methods_supported: _, ...document }) => document },
      'PKCE',
      'warn',
      /not listed in the metadata/,
    ],
    ['no keys', { keys: () => ({}) }, 'Keys', 'fail', /there are none/],
    ['keys that cannot be had', { replies: { keys: () => json({}, 500) } }, 'Keys', 'fail', /status 500/],
    [
      'endpoints elsewhere',
      { metadata: document => ({ ...document, token_endpoint: 'https://api.example.com/token' }) },
      'Other hosts',
      'info',
      /api\.example\.com/,
    ],
    [
      'no token endpoint',
      { metadata: ({ token_endpoint: _, ...document }) => document },
      'Token endpoint',
      'fail',
      /none/,
    ],
  ];
  for (const [what, departure, line, verdict, text] of departures) {
    it(`sees ${what}`, async () => {
      server.departure = departure;
      const found = await finding(line);
      assert.equal(found.verdict, verdict);
      assert.match(found.found, text);
    });
  }

  it('says that nobody answers, and still what is set', async () => {
    await server.close();
    const all = await sections();
    assert.deepEqual(
      all.map(({ title }) => title),
      ['Settings', 'Connection', 'Metadata'],
    );
    const reach = all[1]?.findings[0];
    assert.equal(reach?.verdict, 'fail');
    assert.match(reach?.found ?? '', /connection was refused/);
  });

  it('says what is missing of a client secret, of scopes, of a lifetime and of the storage', async () => {
    assert.equal(
      (await finding('Client authentication', { clientAuthentication: 'client_secret_post' })).verdict,
      'warn',
    );
    server.departure = { metadata: document => ({ ...document, scopes_supported: ['openid'] }) };
    assert.match(
      (await sections({ scopes: ['openid', 'api'] }))
        .flatMap(({ findings }) => findings)
        .find(({ what, verdict }) => what === 'Scopes' && verdict === 'warn')?.found ?? '',
      /doesn’t list api/,
    );
    const grants = { accounts: 1, lifetimes: [undefined], withoutRefreshToken: 1, signInNeeded: 1 };
    assert.equal((await finding('Token lifetime', {}, { grants })).verdict, 'warn');
    assert.equal((await finding('Staying signed in', {}, { grants })).verdict, 'warn');
    assert.equal((await finding('Secret storage', {}, { storageWorks: false })).verdict, 'fail');
  });

  it('says what a server lacks of the security profile in the settings', async () => {
    const strict = (): Partial<DiagnosisInput> => ({
      provider: {
        ...signInTrial().provider({
          issuer: server.issuer,
          clientAuthentication: 'private_key_jwt',
          certificateBoundTokens: true,
        }),
        profile: 'fapi2',
      },
    });
    const lacking = await finding('Security profile', {}, strict());
    assert.equal(lacking.verdict, 'fail');
    assert.match(lacking.found, /pushed_authorization_request_endpoint/);
    assert.equal((await finding('Bound tokens', {}, strict())).verdict, 'warn');
    server.departure = {
      metadata: (document, { issuer }) => ({
        ...document,
        pushed_authorization_request_endpoint: `${issuer}/par`,
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
        tls_client_certificate_bound_access_tokens: true,
      }),
    };
    assert.equal((await finding('Security profile', {}, strict())).verdict, 'pass');
    assert.equal((await finding('Bound tokens', {}, strict())).verdict, 'pass');
  });

  it('is a document in which a server can write nothing but text', async () => {
    server.departure = {
      metadata: document => ({
        ...document,
        grant_types_supported: ['[x](command:quit)', '<b>|', 'a\n- b', '_it_', 'client_credentials'],
      }),
    };
    const text = diagnosisDocument('Company', { Provider: 'Company', Time: 'now' }, await sections());
    assert.match(text, /^# Diagnosis of Company\n/);
    assert.match(text, /Failed: \d+\. Warnings: \d+\. Passed: \d+/);
    assert.match(text, /^- Warnings: Encryption\b/m, 'what needs a look is named first');
    assert.match(text, /^- \*\*warn\*\* Encryption: /m);
    assert.ok(!/(^|[^\\])\[x\]/.test(text) && !/(^|[^\\])<b>/.test(text));
    for (const line of text.split('\n').slice(1)) assert.match(line, /^$|^## |^Failed: |^- /);
    // Read as it stands more often than rendered: what means nothing in Markdown is not escaped.
    assert.match(text, /<b\\>\|, a - b, \\_it\\_, client_credentials$/m);
  });
});
