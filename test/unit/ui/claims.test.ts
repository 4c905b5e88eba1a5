import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { claimsDocument, claimsText } from '../../../src/ui/signInsView/claims.ts';
import { someGrant, someProvider, someTokens, start } from '../sessions/someGrant.ts';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jsonWebToken = (payload: object): string => `${part({ alg: 'RS256' })}.${part(payload)}.c2lnbmF0dXJl`;

const idToken = jsonWebToken({
  sub: 'sub-alice',
  aud: 'editor',
  exp: start,
  nonce: 'n-0S6',
  sid: 'browser-1',
});
const accessToken = jsonWebToken({ aud: 'https://api.example.com', scp: 'read', jti: 'token-id-1' });
const grant = someGrant({
  claims: {
    email: 'alice@example.com',
    groups: ['developers'],
    updated_at: start,
    session_token: 'abc',
    nested: { copied: `Bearer ${accessToken}`, note: 'has refresh-1 in it' },
  },
  tokens: someTokens(1, { idToken: secret(idToken), accessToken: secret(accessToken) }),
});

const valueOf = (document: string): Record<string, Record<string, unknown>> =>
  JSON.parse(document.replace(/^\/\/.*$/gm, '').replace(/ \/\/ [\d: -]+$/gm, '')) as never;

describe('the document of claims', () => {
  it('shows who, what was granted, and what the tokens say', () => {
    const document = claimsDocument(someProvider, grant);
    const value = valueOf(document);
    assert.match(document, /^\/\/ alice \(Company\)\n/);
    assert.equal(value['claims']?.['email'], 'alice@example.com');
    assert.deepEqual(value['grantedScopes'], grant.grantedScopes);
    assert.equal(value['idToken']?.['aud'], 'editor');
    assert.equal(value['accessToken']?.['scp'], 'read');
    assert.match(document, /"exp": 1893456000,? \/\/ 2030-01-01 00:00:00$/m, 'in words that people read');
  });

  it('says that the access token is bound to a key, and nothing of the key', () => {
    const bound = (binds: 'required' | 'refresh-token'): string =>
      claimsDocument(someProvider, { ...grant, proofKey: { binds, secret: secret('the-key') } });
    const [all, refresh] = [bound('required'), bound('refresh-token')];
    assert.equal(valueOf(all)['tokenType'], 'DPoP');
    assert.match(all, /^\/\/ tokenType DPoP: .*bound to a key/m);
    for (const document of [refresh, claimsDocument(someProvider, grant)]) {
      assert.equal(valueOf(document)['tokenType'], 'Bearer');
      assert.doesNotMatch(document, /DPoP/);
    }
    assert.doesNotMatch(all + refresh, /the-key/);
  });

  it('withholds tokens, and what could be used in their place', () => {
    for (const text of [claimsDocument(someProvider, grant), claimsText(grant)]) {
      for (const withheld of [
        ...[accessToken, idToken, 'refresh-1', 'c2lnbmF0dXJl'],
        ...['n-0S6', 'browser-1', 'token-id-1', '"abc"'],
      ]) {
        assert.ok(!text.includes(withheld), withheld);
      }
      assert.match(text, /"session_token": "\(withheld\)"/);
    }
  });

  it('withholds everything in a group that is called after secrets', () => {
    const claims = { federated_tokens: { github: 'gho_1', more: [{ gitlab: 'glpat_1' }], count: 2 } };
    for (const text of [
      claimsDocument(someProvider, someGrant({ claims })),
      claimsText(someGrant({ claims })),
    ])
      assert.doesNotMatch(text, /gho_1|glpat_1/);
  });

  it('says of tokens that are no JSON Web Tokens only that they are there', () => {
    const three = 'a.b.c';
    for (const opaque of ['opaque', three, jsonWebToken([] as object)]) {
      const tokens = someTokens(1, { accessToken: secret(opaque), refreshToken: undefined });
      const value = valueOf(claimsDocument(someProvider, someGrant({ tokens })));
      assert.equal(value['accessToken'], '(withheld)');
      assert.equal(value['idToken'], 'none');
      assert.equal(value['refreshToken'], 'none');
    }
  });

  it('puts plain JSON on the clipboard', () => {
    assert.equal((JSON.parse(claimsText(grant)) as { email: string }).email, 'alice@example.com');
  });
});
