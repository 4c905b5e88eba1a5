import assert from 'node:assert/strict';
import {
  startDocumentHost,
  type DocumentHost,
  type DocumentResponse,
} from '../../servers/identityProvider/documentHost.ts';
import type { FailureCode } from '../../../src/protocol/failures/failure.ts';
import type { Departure } from '../../servers/hostile/departure.ts';
import { conforms } from '../table.ts';
import { assertFailure, failureOf, signIn, visit, withTrial } from '../trial.ts';
import type { BrowserBehaviour } from '../../protocol/signingIn.ts';

/** A server that accepts documents, and registers nobody. */
const accepting: Departure = {
  metadata: ({ registration_endpoint: _, ...document }) => ({
    ...document,
    client_id_metadata_document_supported: true,
    authorization_response_iss_parameter_supported: true,
  }),
  authorize: (response, { issuer }) => response.set('iss', issuer),
};
const nameless: Departure = { ...accepting, authorize: response => response.delete('iss') };
const unregistered = { clientId: '' };

const browser: BrowserBehaviour = async address => (await fetch(await visit(address))).text();

describe('client ID metadata documents', () => {
  let documents: DocumentHost;
  before(async () => {
    documents = await startDocumentHost();
  });
  after(() => documents.close());

  const options = (clientDocument: string) => ({ clientDocument, fetch: documents.fetch, browser });

  conforms('cimd: sign-in', '', () =>
    withTrial(
      accepting,
      async trial => {
        const grant = await signIn(trial, unregistered);
        const [request] = trial.server.requestsTo('token');
        assert.equal(request?.body['client_id'], trial.context.clientDocument);
        assert.equal(trial.server.requestsTo('register').length, 0);
        return `signed in as ${grant.account.label}, unregistered`;
      },
      options(documents.publish()),
    ),
  );

  conforms('cimd: sign-in', 'a response that names no server', () =>
    withTrial(
      nameless,
      async trial => {
        const failure = await failureOf(trial, signIn(trial, unregistered));
        assert.equal(trial.server.requestsTo('token').length, 0);
        return assertFailure(failure, 'response-foreign', /didn’t identify itself/);
      },
      options(documents.publish()),
    ),
  );

  const elsewhere = 'https://company.example/other.json';
  const answer =
    (text: string): DocumentResponse =>
    response =>
      void response.writeHead(200).end(text);
  const moved: DocumentResponse = response => void response.writeHead(302, { location: elsewhere }).end();
  const refused: [string, Record<string, unknown> | DocumentResponse, FailureCode, RegExp][] = [
    ['another client_id', { client_id: elsewhere }, 'client-document-invalid', /"client_id" must be/],
    ['too large', { client_name: 'x'.repeat(5000) }, 'client-document-invalid', /larger than 5000/],
    ['far too large', answer('x'.repeat(2_000_000)), 'client-document-unread', /larger|too large|bytes/],
    ['not JSON', answer('<html>'), 'client-document-invalid', /JSON object/],
    ['nested deeply', answer('['.repeat(4000)), 'client-document-invalid', /JSON object/],
    ['no redirect URI', { redirect_uris: [] }, 'client-document-invalid', /no redirect URIs/],
    [
      'a redirect URI of other sign-ins',
      { redirect_uris: ['http://127.0.0.1/callback'] },
      'client-document-invalid',
      /only URIs/,
    ],
    [
      'no redirect URI of this editor',
      { redirect_uris: ['other://a/client-document'] },
      'no-way',
      /lists no redirect URI for this method/,
    ],
    ['a secret in it', { client_secret: 'x' }, 'client-document-invalid', /"client_secret"/],
    [
      'a method other than none',
      { token_endpoint_auth_method: 'client_secret_basic' },
      'client-document-invalid',
      /must be none/,
    ],
    ['a redirect', moved, 'client-document-unread', /redirected/],
    ['an error', response => void response.writeHead(500).end(), 'client-document-unread', /status 500/],
  ];
  for (const [variant, change, code, says] of refused)
    conforms('cimd: document', variant, () => {
      const document = options(documents.publish(change));
      return withTrial(
        accepting,
        async trial => {
          const failure = await failureOf(trial, signIn(trial, unregistered));
          assert.deepEqual(trial.opened, []);
          return assertFailure(failure, code, says);
        },
        document,
      );
    });

  conforms('cimd: document', 'plain http', () =>
    withTrial(
      accepting,
      async trial => {
        const failure = await failureOf(trial, signIn(trial, unregistered));
        assert.deepEqual(trial.opened, []);
        return assertFailure(failure, 'client-document-unread', /doesn’t use https/);
      },
      options('http://company.example/editor.json'),
    ),
  );
});
