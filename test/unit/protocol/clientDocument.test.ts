import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import {
  acceptsDocuments,
  documentLimit,
  documentPath,
  listsRedirect,
  parseClientDocument,
} from '../../../src/protocol/grants/clientDocument.ts';

const repository = new URL('../../../', import.meta.url);
const textOf = (file: string): Promise<string> => readFile(new URL(file, repository), 'utf8');
const jsonOf = async (file: string): Promise<unknown> => JSON.parse(await textOf(file));

describe('the client ID metadata document', () => {
  it('of the build holds this, and nothing that a server doesn’t know', async () => {
    const written = await textOf('dist/client-metadata.json');
    assert.deepEqual(JSON.parse(written), {
      client_id: 'https://example.com/client-metadata.json',
      client_name: 'OpenID Connect Authentication',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/client-document', 'http://localhost/client-document'],
    });
    assert.ok(Buffer.byteLength(written) < documentLimit);
  });

  it('of the build is for the address that the setting has by default, and fit to be read', async () => {
    const manifest = (await jsonOf('package.json')) as {
      contributes: { configuration: { properties: Record<string, { default: string }> } };
    };
    const { default: set = '' } =
      manifest.contributes.configuration.properties['oidc.clientMetadataUrl'] ?? {};
    const address = set || 'https://example.com/client-metadata.json';
    const { redirectUris } = parseClientDocument(await textOf('dist/client-metadata.json'), address);
    assert.equal(redirectUris.length, 2);
  });

  it('is documented as it is', async () => {
    const [, shown = ''] = /```json\n([\s\S]*?)```/.exec(await textOf('docs/client-metadata.md')) ?? [];
    assert.deepEqual(JSON.parse(shown), await jsonOf('dist/client-metadata.json'));
  });

  it('is for servers that accept it and name themselves', () => {
    const both = {
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    };
    assert.equal(acceptsDocuments(both), true);
    for (const name of Object.keys(both))
      assert.equal(acceptsDocuments({ ...both, [name]: undefined }), false);
  });

  it('lists a loopback redirect URI for any port, and any other one exactly', () => {
    const editor = `vscode://vscode-oidc.oidc-authentication${documentPath}`;
    const document = { address: '', redirectUris: [`http://127.0.0.1${documentPath}`, editor] };
    const listed = [`http://127.0.0.1:49152${documentPath}`, `http://127.0.0.1${documentPath}`, editor];
    for (const uri of listed) assert.equal(listsRedirect(document, uri), true, uri);
    for (const uri of [
      `http://localhost:49152${documentPath}`,
      'http://127.0.0.1:49152/callback',
      `http://127.0.0.1:49152${documentPath}?a=b`,
      `https://127.0.0.1:49152${documentPath}`,
      `${editor}/`,
      `vscode-insiders://vscode-oidc.oidc-authentication${documentPath}`,
    ])
      assert.equal(listsRedirect(document, uri), false, uri);
  });
});
