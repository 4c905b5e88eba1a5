import assert from 'node:assert/strict';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';
import { presetForMetadata } from '../../../src/providers/presets/knownMetadata.ts';
import { withPreset } from '../../../src/providers/presets/withPreset.ts';
import '../../../src/providers/presets/presets.ts';

/** What each product says of itself under a name of its own. */
const products: Readonly<Record<string, { readonly metadata: Metadata; readonly values: object }>> = {
  keycloak: {
    metadata: {
      issuer: 'https://login.company.example/auth/realms/staff',
      token_endpoint: 'https://login.company.example/auth/realms/staff/protocol/openid-connect/token',
      jwks_uri: 'https://login.company.example/auth/realms/staff/protocol/openid-connect/certs',
    },
    values: { host: 'login.company.example/auth', realm: 'staff' },
  },
  gitlab: {
    metadata: {
      issuer: 'https://git.company.example',
      token_endpoint: 'https://git.company.example/oauth/token',
      jwks_uri: 'https://git.company.example/oauth/discovery/keys',
      claims_supported: ['iss', 'sub', 'sub_legacy', 'https://gitlab.org/claims/groups/owner'],
    },
    values: { host: 'git.company.example' },
  },
  okta: {
    metadata: {
      issuer: 'https://id.company.example/oauth2/default',
      token_endpoint: 'https://id.company.example/oauth2/default/v1/token',
      jwks_uri: 'https://id.company.example/oauth2/default/v1/keys',
    },
    values: { domain: 'id.company.example', server: '/oauth2/default' },
  },
  auth0: {
    metadata: {
      issuer: 'https://login.company.example/',
      authorization_endpoint: 'https://login.company.example/authorize',
      token_endpoint: 'https://login.company.example/oauth/token',
      jwks_uri: 'https://login.company.example/.well-known/jwks.json',
    },
    values: { domain: 'login.company.example' },
  },
};

describe('a product that is known by its metadata', () => {
  for (const [preset, { metadata, values }] of Object.entries(products)) {
    it(`is ${preset}, whose preset has the very issuer`, () => {
      assert.deepEqual(presetForMetadata(metadata), { preset, values });
      assert.equal(withPreset({ preset, presetValues: values } as never).issuer, metadata.issuer);
    });

    for (const [member, value] of Object.entries(metadata)) {
      it(`is not ${preset} where ${member} is another's`, () => {
        if (preset === 'keycloak' && member === 'jwks_uri') return;
        if (preset === 'gitlab' && member === 'token_endpoint') return;
        const other = typeof value === 'string' ? value.replace('company', 'other') : ['iss', 'sub'];
        assert.equal(presetForMetadata({ ...metadata, [member]: other }), undefined);
      });
    }

    it(`is not ${preset} over plain http, which its preset does not have`, () => {
      const plain = JSON.parse(JSON.stringify(metadata).replaceAll('https://', 'http://')) as Metadata;
      assert.equal(presetForMetadata(plain), undefined);
    });
  }

  it('is Okta without an authorization server of its own, too', () => {
    const issuer = 'https://id.company.example';
    assert.deepEqual(
      presetForMetadata({
        issuer,
        token_endpoint: `${issuer}/oauth2/v1/token`,
        jwks_uri: `${issuer}/oauth2/v1/keys`,
      }),
      { preset: 'okta', values: { domain: 'id.company.example', server: '' } },
    );
  });

  it('is not GitLab by the address of its keys alone, which its library has everywhere', () => {
    assert.equal(
      presetForMetadata({ ...products['gitlab']?.metadata, claims_supported: ['sub'] } as Metadata),
      undefined,
    );
  });
});
