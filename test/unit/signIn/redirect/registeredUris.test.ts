import assert from 'node:assert/strict';
import type { Metadata } from '../../../../src/protocol/server/metadata.ts';
import { parseDefinition } from '../../../../src/providers/entries/definition.ts';
import { urisToRegister } from '../../../../src/signIn/redirect/registeredUris.ts';

const base = 'https://login.company.example';

/** Of a provider that is set by its issuer alone. */
function reasonForLoopback(metadata: Metadata, loopbackPorts?: readonly number[]): string {
  const definition = {
    issuer: metadata.issuer,
    clientId: 'editor',
    ...(loopbackPorts && { redirect: { loopbackPorts: [...loopbackPorts] } }),
  };
  const parsed = parseDefinition('company', definition);
  assert.ok('provider' in parsed);
  const uris = urisToRegister(metadata, parsed.provider, { uriScheme: 'vscode', ui: 'desktop' }, 'a.b');
  return uris.find(({ uri }) => uri.startsWith('http://127.0.0.1'))?.why ?? '';
}

describe('the redirect URI of this computer', () => {
  const anyPort = 'For a browser on the same computer, on any port.';
  const ifIgnored = /^For a local browser, if any port is accepted\..*loopbackPorts/;

  it('is on any port where the product is known to ignore it', () => {
    const issuer = `${base}/realms/staff`;
    const keycloak = { issuer, token_endpoint: `${issuer}/protocol/openid-connect/token` };
    assert.equal(reasonForLoopback(keycloak), anyPort);
  });

  it('may need a port of its own elsewhere', () => {
    assert.match(reasonForLoopback({ issuer: base }), ifIgnored);
    const auth0 = 'https://acme.eu.auth0.com/';
    assert.match(reasonForLoopback({ issuer: auth0 }), ifIgnored, 'which compares ports');
  });

  it('has the ports of the settings', () => {
    assert.equal(reasonForLoopback({ issuer: base }, [47_811]), 'For a browser on this computer.');
  });
});
