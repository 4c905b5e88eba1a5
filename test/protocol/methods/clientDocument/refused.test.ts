import assert from 'node:assert/strict';
import type { Failure } from '../../../../src/protocol/failures/failure.ts';
import { startDocumentHost, type DocumentHost } from '../../../servers/identityProvider/documentHost.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../../../servers/faultProxy.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { signInTrial, until, type BrowserBehaviour, type SignInTrial } from '../../signingIn.ts';
import { browsing, failsWith } from './person.ts';

describe('a server that refuses a client ID metadata document', () => {
  let documents: DocumentHost;
  let server: FaultyIdentityProvider;
  let address: string;
  before(async () => {
    documents = await startDocumentHost();
    // It can’t reach the document that this editor can.
    const nothing = (): Promise<Response> => Promise.resolve(new Response('', { status: 404 }));
    server = await startFaultyIdentityProvider({ documentFetch: nothing });
    address = documents.publish();
  });
  afterEach(() => server.proxy.heal());
  after(async () => {
    await server.close();
    await documents.close();
  });

  const metadata = (members: Record<string, unknown>): void => {
    const body = (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), ...members });
    server.proxy.on('/.well-known/openid-configuration', { kind: 'replace', body }, { sticky: true });
    server.proxy.on('/.well-known/oauth-authorization-server', { kind: 'replace', body }, { sticky: true });
  };
  const trialWith = (options: Parameters<typeof signInTrial>[0] = {}): SignInTrial =>
    signInTrial({ fetch: documents.fetch, clientDocument: address, browser: browsing, ...options });
  const at = (trial: SignInTrial) => trial.provider({ issuer: server.issuer, clientId: '' });
  const registrations = (): number =>
    server.requestsTo('/register').filter(one => one.method === 'POST').length;
  const clientsOf = (trial: SignInTrial): (string | null)[] =>
    trial.opened.map(url => new URL(url).searchParams.get('client_id'));

  /** The server refuses the document in its response to the browser. */
  const refusing =
    (error: string): BrowserBehaviour =>
    async (opened, deliver) => {
      const { searchParams } = new URL(opened);
      if (searchParams.get('client_id') !== address) return browsing(opened, deliver);
      const end = new URL(searchParams.get('redirect_uri') ?? '');
      end.search = new URLSearchParams({
        ...{ error, error_description: 'The document is gone', iss: server.issuer },
        state: searchParams.get('state') ?? '',
      }).toString();
      return fetch(end);
    };

  for (const error of ['unauthorized_client', 'invalid_client', 'invalid_client_metadata']) {
    it(`says which document, and what to do: ${error}`, async () => {
      metadata({ registration_endpoint: undefined });
      const trial = trialWith({ browser: refusing(error) });
      await assert.rejects(trial.signIn(at(trial)), (failure: Failure) => {
        failsWith('client-document-refused', /“The document is gone”.*can read this URL/)(failure);
        assert.ok(failure.message.includes(address));
        return true;
      });
      assert.equal(trial.opened.length, 1);
    });

    it(`is registered with instead, and remembered: ${error}`, async () => {
      const conceded = new Map<string, unknown>();
      const trial = trialWith({ browser: refusing(error), conceded });
      const before = registrations();
      const grant = await trial.signIn(at(trial));
      assert.notEqual(grant.binding.clientId, address);
      assert.equal(registrations(), before + 1);
      assert.match(
        trial.told.join(),
        /rejected this editor’s client ID metadata document.*Sign in once more/,
      );
      const later = trialWith({ conceded, browser: refusing(error), storage: trial.storage });
      const read = documents.requests.length;
      await later.signIn(at(later));
      assert.ok(!clientsOf(later).includes(address));
      assert.equal(documents.requests.length, read);
    });
  }

  it('is told at a pushed request, before the browser opens', async () => {
    metadata({ registration_endpoint: undefined, require_pushed_authorization_requests: true });
    const trial = trialWith();
    await assert.rejects(
      trial.signIn(at(trial)),
      failsWith('client-document-refused', /invalid_client.*metadata document fetch failed/),
    );
    assert.deepEqual(trial.opened, []);
  });

  it('is registered with at once after a refused pushed request', async () => {
    metadata({ require_pushed_authorization_requests: true });
    const trial = trialWith();
    const before = registrations();
    await trial.signIn(at(trial));
    assert.equal(registrations(), before + 1);
    assert.match(trial.told.join(), /so the editor registers\.$/, 'nobody has to sign in again');
  });

  it('keeps other refusals as they are', async () => {
    const trial = trialWith({ browser: refusing('invalid_request') });
    await assert.rejects(trial.signIn(at(trial)), failsWith('authorization-refused'));
  });

  it('is named after a page that never came back', async () => {
    const clock = manualClock();
    const trial = trialWith({ clock, browser: async opened => (await fetch(opened)).text() });
    const says =
      /127\.0\.0\.1:\d+ might not be able to read the client ID metadata document https:\/\/company/;
    const ended = assert.rejects(trial.signIn(at(trial)), failsWith('no-response', says));
    await until(() => trial.opened.length > 0 && clock.pending > 0);
    await clock.advance(60_000);
    await ended;
    assert.deepEqual(clientsOf(trial), [address]);
  });

  it('gets the document though it has refused it, where nothing else is possible', async () => {
    const conceded = new Map<string, unknown>();
    const first = trialWith({ browser: refusing('unauthorized_client'), conceded });
    await first.signIn(at(first));
    metadata({ registration_endpoint: undefined });
    const trial = trialWith({ browser: refusing('unauthorized_client'), conceded });
    await assert.rejects(trial.signIn(at(trial)), failsWith('client-document-refused'));
    assert.deepEqual(clientsOf(trial), [address]);
  });
});
