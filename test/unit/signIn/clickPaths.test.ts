import assert from 'node:assert/strict';
import { clickPath, type ClientPart } from '../../../src/signIn/diagnosis/clickPaths.ts';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';

const base = 'https://login.company.example';

/** What tells each product, by the name that its pages are listed under. */
const products: Readonly<Record<string, Metadata>> = {
  Keycloak: {
    issuer: `${base}/realms/staff`,
    token_endpoint: `${base}/realms/staff/protocol/openid-connect/token`,
  },
  GitLab: { issuer: base, jwks_uri: `${base}/oauth/discovery/keys`, claims_supported: ['sub_legacy'] },
  Okta: { issuer: 'https://acme.okta.com' },
  'Microsoft Entra': { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
  Auth0: { issuer: 'https://acme.eu.auth0.com/' },
  Google: { issuer: 'https://accounts.google.com' },
  GitHub: { issuer: 'https://github.com' },
  authentik: { issuer: `${base}/application/o/editor/` },
  ZITADEL: {
    issuer: base,
    token_endpoint: `${base}/oauth/v2/token`,
    introspection_endpoint: `${base}/oauth/v2/introspect`,
  },
  Gitea: {
    issuer: `${base}/`,
    token_endpoint: `${base}/login/oauth/access_token`,
    jwks_uri: `${base}/login/oauth/keys`,
  },
};

const parts: readonly ClientPart[] = ['client', 'secret', 'redirectUri', 'scope', 'device'];

describe('where a client is set', () => {
  for (const [product, metadata] of Object.entries(products)) {
    it(`is known for each of its parts at ${product}`, () => {
      for (const part of parts) {
        const found = clickPath(metadata, 'my-client', part);
        assert.equal(found?.product, product);
        assert.match(found.path, /^[^{}]+$/, 'nothing is left to be filled in');
        assert.ok(!found.path.endsWith('→ '), found.path);
      }
      assert.match(clickPath(metadata, 'my-client', 'redirectUri')?.path ?? '', /my-client/);
    });
  }

  it('is known at Keycloak on this computer', () => {
    const issuer = 'http://localhost:8080/realms/staff';
    const metadata = { issuer, token_endpoint: `${issuer}/protocol/openid-connect/token` };
    assert.equal(clickPath(metadata, 'editor', 'secret')?.product, 'Keycloak');
  });

  it('is known outside the client where a product has one setting for all clients', () => {
    const { authentik } = products;
    assert.ok(authentik);
    const path = clickPath(authentik, 'my-client', 'device')?.path;
    assert.equal(path, 'Admin interface → System → Brands → Edit → Default flows → Device code flow');
  });

  it('is not guessed', () => {
    const metadata: Metadata = { issuer: base, token_endpoint: `${base}/oauth/token` };
    assert.equal(clickPath(metadata, 'editor', 'client'), undefined);
  });
});
