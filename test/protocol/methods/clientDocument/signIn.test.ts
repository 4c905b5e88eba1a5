import assert from 'node:assert/strict';
import { refreshGrant, revokeGrant } from '../../../../src/signIn/after/keepGrant.ts';
import type { Failure } from '../../../../src/protocol/failures/failure.ts';
import {
  startDocumentHost,
  type DocumentHost,
  type DocumentResponse,
} from '../../../servers/identityProvider/documentHost.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../../../servers/faultProxy.ts';
import { approveDevice } from '../../../servers/identityProvider/person.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { recordingScreen } from '../deviceScreen.ts';
import { codeServer, editorRedirectUri, signInTrial, until, type SignInTrial } from '../../signingIn.ts';
import { browsing, failsWith } from './person.ts';

describe('a sign-in with a client ID metadata document', () => {
  let documents: DocumentHost;
  let server: FaultyIdentityProvider;
  before(async () => {
    documents = await startDocumentHost();
    server = await startFaultyIdentityProvider({ documentFetch: documents.fetch });
  });
  afterEach(() => server.proxy.heal());
  after(async () => {
    await server.close();
    await documents.close();
  });

  const trialWith = (
    clientDocument: string | undefined,
    options: Parameters<typeof signInTrial>[0] = {},
  ): SignInTrial =>
    signInTrial({
      fetch: documents.fetch,
      browser: browsing,
      ...(clientDocument && { clientDocument }),
      ...options,
    });
  const at = (trial: SignInTrial, definition = {}) =>
    trial.provider({ issuer: server.issuer, clientId: '', ...definition });
  const registrations = (): number =>
    server.requestsTo('/register').filter(one => one.method === 'POST').length;
  const asked = (trial: SignInTrial): URLSearchParams => new URL(trial.opened.at(-1) ?? '').searchParams;
  const metadata = (members: Record<string, unknown>): void => {
    for (const place of ['openid-configuration', 'oauth-authorization-server'])
      server.proxy.on(
        `/.well-known/${place}`,
        {
          kind: 'replace',
          body: text => JSON.stringify({ ...(JSON.parse(text) as object), ...members }),
        },
        { sticky: true },
      );
  };
  const withoutRegistration = () => metadata({ registration_endpoint: undefined });

  it('needs no registration, is refreshed, and revoked', async () => {
    const address = documents.publish();
    const trial = trialWith(address);
    const provider = at(trial);
    const [before, pushed] = [registrations(), server.requestsTo('/par').length];
    const grant = await trial.signIn(provider, { scopes: ['openid', 'profile', 'offline_access'] });
    assert.equal(grant.account.label, 'alice');
    assert.equal(grant.binding.clientId, address);
    assert.match(asked(trial).get('redirect_uri') ?? '', /^http:\/\/127\.0\.0\.1:\d+\/client-document$/);
    assert.deepEqual(
      [registrations(), server.requestsTo('/par').length],
      [before, pushed],
      'nothing is pushed',
    );
    const tokens = await (await refreshGrant(trial.context, provider, grant, () => undefined)).judge();
    const renewed = { ...grant, tokens: { serial: 2, ...tokens } };
    assert.equal(server.requestsTo('/token').at(-1)?.body['client_id'], address);
    assert.equal(await revokeGrant(trial.context, provider, renewed), 'revoked');
  });

  it('reads the document before it opens the browser, as anyone can', async () => {
    const address = documents.publish();
    const before = documents.requests.length;
    let read = 0;
    const trial = trialWith(address, {
      browser(opened, deliver) {
        read = documents.requests.length - before;
        return browsing(opened, deliver);
      },
    });
    await trial.signIn(at(trial));
    assert.equal(read, 1, 'the server reads it after that');
    const { headers } = documents.requests[before] ?? assert.fail();
    for (const name of ['authorization', 'cookie', 'dpop']) assert.equal(headers[name], undefined);
    assert.equal(headers.accept, 'application/json');
    const sent = trial.context.httpContext.sendings.take(server.issuer);
    assert.ok(!sent.some(({ host }) => host === 'company.example'), 'it holds nothing secret');
  });

  it('uses the redirect URI of the editor where the document lists it', async () => {
    const uri = `${editorRedirectUri}/client-document`;
    const trial = trialWith(documents.publish({ redirect_uris: [uri] }));
    await trial.signIn(at(trial));
    assert.equal(asked(trial).get('redirect_uri'), uri);
  });

  it('uses the host of this computer that the document lists', async () => {
    const trial = trialWith(documents.publish({ redirect_uris: ['http://localhost/client-document'] }));
    await trial.signIn(at(trial));
    assert.equal(new URL(asked(trial).get('redirect_uri') ?? '').hostname, 'localhost');
  });

  it('uses the path of documents even if the settings have another for clients', async () => {
    const trial = trialWith(documents.publish());
    await trial.signIn(at(trial, { redirect: { path: '/callback' } }));
    assert.match(asked(trial).get('redirect_uri') ?? '', /\/client-document$/);
  });

  it('uses a client ID in the settings, if there is one, and reads nothing', async () => {
    const before = documents.requests.length;
    const trial = trialWith(documents.publish(), { method: 'uri-handler' });
    await trial.signIn(trial.provider({ issuer: server.issuer }));
    assert.equal(asked(trial).get('client_id') ?? 'editor', 'editor');
    assert.equal(documents.requests.length, before);
  });

  it('registers a URI of an editor that only another extension has', async () => {
    withoutRegistration();
    const trial = trialWith(
      documents.publish({ redirect_uris: ['vscode://other.extension/client-document'] }),
    );
    await assert.rejects(trial.signIn(at(trial)), failsWith('client-document-invalid', /doesn’t list/));
    assert.deepEqual(trial.opened, []);
  });

  it('registers in a browser-based editor, whose URL no document lists', async () => {
    const trial = trialWith(documents.publish(), {
      surroundings: codeServer,
      method: 'uri-handler',
      editor: { of: path => Promise.resolve(`https://code.example.com/callback?vscode-path=${path}`) },
      browser: () => false,
    });
    const before = registrations();
    await assert.rejects(trial.signIn(at(trial)), failsWith('browser-not-opened'));
    assert.equal(registrations(), before + 1);
  });

  it('registers for a device code, for which no server reads the document in time', async () => {
    const clock = manualClock();
    const device = recordingScreen();
    const address = documents.publish();
    const trial = trialWith(address, { clock, method: 'device-code', device });
    const before = registrations();
    const signingIn = trial.signIn(at(trial));
    await until(() => device.codes.length > 0 && clock.pending > 0);
    const [code] = device.codes;
    await approveDevice(code?.verificationUri ?? '', code?.userCode ?? '', people.alice);
    await clock.advance(5000);
    assert.notEqual((await signingIn).binding.clientId, address);
    assert.equal(registrations(), before + 1);
  });

  it('starts no device code without a registration', async () => {
    withoutRegistration();
    const trial = trialWith(documents.publish(), { method: 'device-code' });
    await assert.rejects(trial.signIn(at(trial)), failsWith('no-way', /only when your browser arrives/));
  });

  it('pushes its request only where the server insists', async () => {
    metadata({ require_pushed_authorization_requests: true });
    const address = documents.publish();
    const trial = trialWith(address);
    await trial.signIn(at(trial));
    assert.equal(server.requestsTo('/par').at(-1)?.body['client_id'], address);
  });

  it('registers at a server that accepts no documents, or doesn’t name itself', async () => {
    for (const members of [
      { client_id_metadata_document_supported: false },
      { authorization_response_iss_parameter_supported: false },
    ]) {
      metadata(members);
      const trial = trialWith(documents.publish());
      const [before, read] = [registrations(), documents.requests.length];
      await trial.signIn(at(trial));
      assert.equal(registrations(), before + 1);
      assert.equal(documents.requests.length, read);
      server.proxy.heal();
    }
  });

  it('says why there is no other client', async () => {
    metadata({ registration_endpoint: undefined, authorization_response_iss_parameter_supported: false });
    const unnamed = trialWith(documents.publish());
    await assert.rejects(
      unnamed.signIn(at(unnamed)),
      failsWith('no-way', /doesn’t name itself in its responses/),
    );
    server.proxy.heal();
    withoutRegistration();
    const without = trialWith(undefined);
    await assert.rejects(without.signIn(at(without)), failsWith('no-way', /set "oidc.clientMetadataUrl"/));
  });

  describe('whose document doesn’t fit', () => {
    const long = 'x'.repeat(5000);
    const plain: (text: string) => DocumentResponse = text => response =>
      void response.writeHead(200).end(text);
    const unusable: [what: string, change: Record<string, unknown> | DocumentResponse, says: RegExp][] = [
      [
        'of another URL',
        { client_id: 'https://company.example/other.json' },
        /"client_id" must be https:.*is “https:/,
      ],
      ['that is too long', { client_name: long }, /larger than 5000 bytes/],
      ['that isn’t JSON', plain('<!doctype html>'), /isn’t a JSON object/],
      ['that is a list', plain('[]'), /isn’t a JSON object/],
      ['without redirect URIs', { redirect_uris: undefined }, /lists no redirect URIs/],
      ['with a secret', { client_secret: 'S3cret' }, /contains "client_secret"/],
      ['with a lifetime of a secret', { client_secret_expires_at: 0 }, /contains "client_secret_expires_at"/],
      [
        'of a client with a secret',
        { token_endpoint_auth_method: 'client_secret_post' },
        /must be none, but is “cl/,
      ],
      [
        'of a client with a key',
        { token_endpoint_auth_method: 'private_key_jwt' },
        /must be none, but is “priv/,
      ],
      ['without a method', { token_endpoint_auth_method: undefined }, /must be none, but is not set/],
      ['of a web app', { application_type: 'web' }, /"application_type" must be native/],
      ['without codes', { grant_types: ['implicit'] }, /"grant_types" must include authorization_code/],
      ['of other responses', { response_types: ['token'] }, /"response_types" must include code/],
      [
        'with a path of other sign-ins',
        { redirect_uris: ['http://127.0.0.1/callback'] },
        /only URIs of this computer/,
      ],
      [
        'with a bridge page',
        { redirect_uris: ['https://company.example/client-document'] },
        /only URIs of this/,
      ],
      [
        'with a query',
        { redirect_uris: ['http://127.0.0.1/client-document?for=a'] },
        /only URIs of this computer/,
      ],
      [
        'with http elsewhere',
        { redirect_uris: ['http://company.example/client-document'] },
        /only URIs of this/,
      ],
    ];
    const unread: typeof unusable = [
      ['that isn’t there', response => void response.writeHead(404).end(), /responded with the status 404/],
      [
        'that was moved',
        response => void response.writeHead(302, { location: 'https://company.example/other.json' }).end(),
        /redirected to/,
      ],
      ['that ends early', response => void response.destroy(), /Couldn’t (?:reach|connect)/],
    ];
    for (const [what, change, says] of [...unusable, ...unread]) {
      const code = unusable.some(([one]) => one === what)
        ? 'client-document-invalid'
        : 'client-document-unread';

      it(`says so, and opens no browser: one ${what}`, async () => {
        withoutRegistration();
        const address = documents.publish(change);
        const trial = trialWith(address);
        await assert.rejects(trial.signIn(at(trial)), (error: Failure) => {
          failsWith(code, says)(error);
          assert.ok(error.message.includes(address), error.message);
          assert.match(error.message, /set a client ID in oidc\.providers/);
          return true;
        });
        assert.deepEqual(trial.opened, []);
        assert.ok(!trial.log.text().includes('S3cret'));
      });
    }

    it('registers instead where the server offers that, and logs why', async () => {
      for (const change of [{ application_type: 'web' }, unread[0]?.[1] ?? {}]) {
        const trial = trialWith(documents.publish(change));
        const before = registrations();
        await trial.signIn(at(trial));
        assert.equal(registrations(), before + 1);
        assert.match(trial.log.text(), /client ID metadata document can’t be used/);
      }
    });

    it('refuses an address that can’t be a client ID', async () => {
      withoutRegistration();
      for (const [address, code, says] of [
        ['http://company.example/oidc/editor.json', 'client-document-unread', /doesn’t use https/],
        ['https://company.example/', 'client-document-invalid', /has no path/],
        ['https://company.example', 'client-document-invalid', /has no path/],
        [
          'https://company.example/a/../editor.json',
          'client-document-invalid',
          /written as https:\/\/company/,
        ],
        ['https://Company.example/editor.json', 'client-document-invalid', /must be written as/],
        ['https://company.example/editor.json#a', 'client-document-unread', /fragment/],
        ['https://user@company.example/editor.json', 'client-document-unread', /user name/],
        ['editor.json', 'client-document-unread', /isn’t a complete URL/],
      ] as const) {
        const before = documents.requests.length;
        const trial = trialWith(address);
        await assert.rejects(trial.signIn(at(trial)), failsWith(code, says));
        assert.equal(documents.requests.length, before);
      }
    });
  });
});
