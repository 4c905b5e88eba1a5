import assert from 'node:assert/strict';
import { refreshGrant, revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { startDocumentHost, type DocumentHost } from '../../servers/identityProvider/documentHost.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { editorRedirectUri, until } from '../../protocol/signingIn.ts';
import { failsWith, keycloak, keycloakTrial, timeout } from '../running.ts';

const onThisComputer = ['127.0.0.1', 'localhost'];

describe('Keycloak, with a client ID metadata document', function () {
  this.timeout(timeout);
  let documents: DocumentHost;
  before(async () => {
    documents = await startDocumentHost();
    await keycloak();
  });
  beforeEach(async () => (await keycloak()).admin.acceptDocuments(onThisComputer));
  after(async () => {
    await (await keycloak()).admin.acceptDocuments(undefined);
    await documents.close();
  });

  for (const method of ['loopback', 'auto'] as const)
    it(`is signed in to with the document of the build, refreshed, and signed out of (${method})`, async () => {
      const clientDocument = documents.publishOpenly();
      const trial = await keycloakTrial({ clientDocument, method });
      const provider = trial.at('');
      const grant = await trial.signIn(provider, { scopes: ['openid', 'profile', 'offline_access'] });
      assert.equal(grant.account.label, 'alice');
      assert.equal(grant.binding.clientId, clientDocument);
      const tokens = await (await refreshGrant(trial.context, provider, grant, () => undefined)).judge();
      const renewed = { ...grant, tokens: { serial: 2, ...tokens } };
      assert.equal(await revokeGrant(trial.context, provider, renewed), 'revoked');
    });

  it('accepts the host localhost, and the URI of an editor whose host is trusted', async () => {
    const { admin } = await keycloak();
    await admin.acceptDocuments([...onThisComputer, 'vscode-oidc.oidc-authentication']);
    for (const uri of ['http://localhost/client-document', `${editorRedirectUri}/client-document`]) {
      const clientDocument = documents.publishOpenly({ redirect_uris: [uri] });
      const trial = await keycloakTrial({ clientDocument });
      const grant = await trial.signIn(trial.at(''));
      assert.equal(grant.binding.clientId, clientDocument, uri);
    }
  });

  it('refuses on a page what it can’t read or trust, which is said once it is too late', async () => {
    const gone = documents.publishOpenly();
    const foreign = documents.publishOpenly({ redirect_uris: [`${editorRedirectUri}/client-document`] });
    for (const [clientDocument, ready] of [
      // It was there for the editor.
      [gone, () => documents.remove(gone)],
      [foreign, () => undefined],
    ] as const) {
      const clock = manualClock();
      let page = '';
      const trial = await keycloakTrial({
        clock,
        clientDocument,
        async browser(address) {
          ready();
          page = await (await fetch(address)).text();
        },
      });
      const says = new RegExp(`might not be able to read the client ID metadata document ${clientDocument}`);
      const ended = assert.rejects(trial.signIn(trial.at('')), failsWith('no-response', says));
      await until(() => page !== '' && clock.pending > 0);
      await clock.advance(60_000);
      await ended;
      assert.match(page, /Invalid (?:request|parameter)|Client not found|error/i);
    }
  });

  it('needs no pushed request, which it would refuse', async () => {
    const trial = await keycloakTrial({ clientDocument: documents.publishOpenly() });
    await trial.signIn(trial.at(''));
    assert.equal(new URL(trial.opened[0] ?? '').searchParams.get('request_uri'), null);
  });
});
