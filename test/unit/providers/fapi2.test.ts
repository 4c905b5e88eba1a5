import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { inProfile, unmetBy } from '../../../src/protocol/client/securityProfile.ts';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';
import { takesBareCode } from '../../../src/signIn/plan/redirectUri.ts';
import { issuer, problems, provider } from './entries.ts';

const entry = { issuer, clientId: 'editor', profile: 'fapi2' };

describe('a provider with the profile fapi2', () => {
  it('binds tokens by DPoP, or to the certificate that authenticates the client', () => {
    const settingsOf = (more: object) => {
      const { clientAuthentication, dpop, certificateBoundTokens } = provider({ ...entry, ...more });
      return [clientAuthentication, dpop, certificateBoundTokens];
    };
    assert.deepEqual(settingsOf({}), ['private_key_jwt', 'required', false]);
    const certificate = { clientAuthentication: 'tls_client_auth' };
    assert.deepEqual(settingsOf(certificate), ['tls_client_auth', undefined, true]);
    assert.deepEqual(settingsOf({ ...certificate, dpop: 'required' }), [
      'tls_client_auth',
      'required',
      false,
    ]);
    assert.deepEqual(settingsOf({ ...certificate, certificateBoundTokens: false }), [
      'tls_client_auth',
      'required',
      false,
    ]);
    assert.deepEqual(settingsOf({ certificateBoundTokens: true }), ['private_key_jwt', undefined, true]);
    const { assertionAudience, assertionAlgorithm } = provider(entry);
    assert.deepEqual([assertionAudience, assertionAlgorithm], ['issuer', 'ES256']);
  });

  for (const [what, more, expected] of [
    ['no client', { clientId: undefined }, /^clientId: is missing: "private_key_jwt"/],
    [
      'a secret',
      { clientAuthentication: 'client_secret_basic' },
      /^clientAuthentication: must be "private_key_jwt" \/ "tls_client_auth" \/ "self_signed_tls_client_auth" with "profile": "fapi2"$/,
    ],
    ['a public client', { clientAuthentication: 'none' }, /^clientAuthentication: must be/],
    ['another audience', { assertionAudience: 'token-endpoint' }, /^assertionAudience: must be "issuer"/],
    ['a weak key', { assertionAlgorithm: 'RS256' }, /^assertionAlgorithm: must be "PS256"/],
    ['weak ID tokens', { idTokenAlgorithm: 'RS256' }, /^idTokenAlgorithm: must be "PS256"/],
    ['unbound access tokens', { dpop: 'refresh-token' }, /^dpop: must be "required"/],
    [
      'plain http',
      { allowLoopbackHttp: true },
      /^allowLoopbackHttp: must be removed: it isn’t allowed with "profile": "fapi2"$/,
    ],
    ['no metadata', { discovery: false }, /^discovery: must be removed/],
    ['own endpoints', { endpoints: { token: `${issuer}/token` } }, /^endpoints: must be removed/],
    ['device codes', { signInMethod: 'device-code' }, /^signInMethod: must be removed/],
    ['impersonation', { signInMethod: 'impersonation' }, /^signInMethod: must be removed/],
  ] as const)
    it(`contradicts ${what}`, () => {
      const found = problems({ ...entry, ...more });
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', expected);
    });

  it('is read in a window that has loaded nothing before', async () => {
    const at = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);
    const program = `
      await import(${at('test/standIns/editor/useEditorStandIn.ts')});
      const { editor } = await import(${at('test/standIns/editor/vscode.ts')});
      editor.settings = { providers: { bank: ${JSON.stringify(entry)} } };
      const { readProviders } = await import(${at('src/providers/entries/settings.ts')});
      const { providers, problems } = await readProviders(() => undefined);
      console.log(JSON.stringify([providers.map(({ dpop }) => dpop), problems]));`;
    const words = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    assert.deepEqual(JSON.parse(stdout), [['required'], []]);
  });

  it('leaves what does not concern it', () => {
    assert.deepEqual(problems({ ...entry, signInMethod: 'client-credentials', scopes: ['a'] }), []);
    assert.deepEqual(problems({ ...entry, allowLoopbackHttp: false, discovery: true }), []);
    assert.deepEqual(problems({ ...entry, dpop: 'refresh-token', certificateBoundTokens: true }), []);
  });
});

describe('a server’s metadata, against the profile fapi2', () => {
  const right: Metadata = {
    issuer,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['plain', 'S256'],
    token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
    id_token_signing_alg_values_supported: ['RS256', 'PS256'],
    dpop_signing_alg_values_supported: ['ES256', 'RS256'],
    tls_client_certificate_bound_access_tokens: true,
  };

  it('suffices where it offers all', () => {
    assert.deepEqual(unmetBy(right, provider(entry)), []);
    assert.deepEqual(unmetBy(right, provider({ ...entry, clientAuthentication: 'tls_client_auth' })), []);
  });

  for (const [member, values] of Object.entries({
    pushed_authorization_request_endpoint: [undefined],
    authorization_response_iss_parameter_supported: [undefined, false],
    code_challenge_methods_supported: [undefined, ['plain']],
    token_endpoint_auth_methods_supported: [['client_secret_basic']],
    id_token_signing_alg_values_supported: [['RS256']],
    dpop_signing_alg_values_supported: [undefined, ['RS256']],
  }))
    it(`falls short without ${member}`, () => {
      for (const value of values)
        assert.deepEqual(unmetBy({ ...right, [member]: value }, provider(entry)), [member]);
    });

  it('falls short without certificate-bound tokens, where these are used', () => {
    const bound = provider({ ...entry, certificateBoundTokens: true });
    const { tls_client_certificate_bound_access_tokens: _, ...without } = right;
    assert.deepEqual(unmetBy(without, bound), ['tls_client_certificate_bound_access_tokens']);
    assert.deepEqual(unmetBy({ ...right, dpop_signing_alg_values_supported: undefined }, bound), []);
  });

  it('needs nothing for the browser where no user signs in', () => {
    const service = provider({ ...entry, signInMethod: 'client-credentials' });
    const { pushed_authorization_request_endpoint: _, ...without } = right;
    assert.deepEqual(unmetBy({ ...without, code_challenge_methods_supported: undefined }, service), []);
    const unbound = { ...without, dpop_signing_alg_values_supported: undefined };
    assert.deepEqual(unmetBy(unbound, service), ['dpop_signing_alg_values_supported']);
  });

  it('is used without the algorithms that it rules out', () => {
    const strict = inProfile(right, 'fapi2');
    assert.deepEqual(strict.id_token_signing_alg_values_supported, ['PS256']);
    assert.deepEqual(strict.dpop_signing_alg_values_supported, ['ES256']);
    assert.equal(inProfile(right, 'fapi2'), strict, 'the same each time');
    assert.equal(inProfile(right, undefined), right);
    const { id_token_signing_alg_values_supported: unlisted } = inProfile({ issuer }, 'fapi2');
    assert.ok(!unlisted?.includes('RS256'));
  });
});

describe('a code that is pasted without its URL', () => {
  const redirect = { paste: 'https://login.example.com/shown' };
  const takes = (more: object): boolean => {
    const own = provider({ clientId: 'editor', redirect, ...more });
    return takesBareCode({ provider: own, providers: [own] });
  };

  it('is taken without a security profile alone, because it names no issuer', () => {
    assert.equal(takes({}), true);
    assert.equal(takes({ profile: 'fapi2' }), false);
  });
});
