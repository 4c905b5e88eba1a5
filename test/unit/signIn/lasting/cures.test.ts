import assert from 'node:assert/strict';
import type { Provider } from '../../../../src/providers/entries/definition.ts';
import { google } from '../../../../src/providers/presets/google.ts';
import {
  canCure,
  cureFields,
  cureOf,
  cureText,
  notLasting,
  type SignedIn,
} from '../../../../src/signIn/plan/lasting.ts';
import { someGrant, someProvider, someTokens } from '../../sessions/someGrant.ts';

const metadata = {
  issuer: someProvider.issuer,
  jwks_uri: `${someProvider.issuer}/keys`,
  scopes_supported: ['openid', 'email'],
};
const ofGoogle = { ...someProvider, issuer: 'https://accounts.google.com' };
const short = someGrant({ tokens: someTokens(1, { refreshToken: undefined }) });

const cureFor = (changes: Partial<SignedIn> = {}, provider: Partial<Provider> = {}) =>
  cureOf({
    provider: { ...someProvider, ...provider },
    grant: short,
    metadata,
    method: 'loopback',
    requested: ['openid', 'offline_access'],
    dropped: [],
    ...changes,
  });
const prompting = (prompt: string) => ({ authorizationParameters: { prompt } });

describe('what helps against a sign-in that will not last', () => {
  it('is nothing for one that lasts, and for a service', () => {
    assert.equal(cureFor({ grant: someGrant() }), undefined);
    assert.equal(cureFor({}, { service: { way: 'client-credentials' } }), undefined);
  });

  it('is the scope, then consent, and then the administrator', () => {
    assert.equal(cureFor({ requested: ['openid'] }), 'offline_access');
    assert.equal(cureFor(), 'consent');
    assert.equal(cureFor({}, prompting('login')), 'consent');
    assert.equal(cureFor({}, prompting('consent')), 'allow-refresh');
    assert.equal(cureFor({}, prompting('login consent')), 'allow-refresh');
  });

  it('is the scope with consent at once only where the server lists both', () => {
    const listing = (scopes: string[], prompts?: string[]) => ({
      metadata: {
        ...metadata,
        scopes_supported: scopes,
        ...(prompts && { prompt_values_supported: prompts }),
      },
      requested: ['openid'],
    });
    const both = listing(['openid', 'offline_access'], ['login', 'consent']);
    assert.equal(cureFor(both), 'scope-and-consent');
    assert.equal(cureFor(both, prompting('login')), 'scope-and-consent');
    for (const prompt of ['none', 'consent'])
      assert.equal(cureFor(both, prompting(prompt)), 'offline_access', prompt);
    assert.equal(cureFor({ ...both, method: 'device-code' }), 'offline_access');
    assert.equal(cureFor(listing(['openid', 'offline_access'])), 'offline_access');
    assert.equal(cureFor(listing(['openid', 'offline_access'], ['login'])), 'offline_access');
    assert.equal(cureFor(listing(['openid'], ['login', 'consent'])), 'offline_access');
  });

  it('is the administrator if the server refused the scope', () =>
    assert.equal(cureFor({ requested: ['openid'], dropped: ['offline_access'] }), 'allow-scope'));

  it('is no consent where none can be requested', () => {
    assert.equal(cureFor({}, prompting('none')), 'allow-refresh');
    assert.equal(cureFor({ method: 'device-code' }), 'allow-refresh');
    assert.equal(cureFor({ metadata: { ...metadata, prompt_values_supported: ['login'] } }), 'allow-refresh');
    assert.equal(
      cureFor({ metadata: { ...metadata, prompt_values_supported: ['login', 'consent'] } }),
      'consent',
    );
  });

  it('is what a known product wants, and no consent', () => {
    const realm = 'http://127.0.0.1:8080/realms/company';
    const keycloak = { issuer: realm, token_endpoint: `${realm}/protocol/openid-connect/token` };
    assert.equal(cureFor({ metadata: keycloak, requested: ['openid'] }), 'offline_access');
    assert.equal(cureFor({ metadata: keycloak }), 'allow-refresh');
    const at = (issuer: string) => cureFor({ metadata: { issuer }, requested: ['openid'] });
    assert.equal(at('https://example.my.salesforce.com'), 'offline_access');
    assert.equal(at('https://cognito-idp.eu-west-1.amazonaws.com/pool'), 'allow-refresh');
  });

  it('is the parameters of a server that has its own, whatever was requested', () => {
    const requested = ['openid'];
    assert.equal(cureFor({ requested }, ofGoogle), 'parameters');
    assert.equal(cureFor({ requested, method: 'device-code' }, ofGoogle), 'allow-refresh');
    const { authorizationParameters = {} } = google.definition;
    assert.equal(cureFor({ requested }, { ...ofGoogle, authorizationParameters }), 'allow-refresh');
  });

  it('changes these settings, and nothing that is set besides', () => {
    const fields = (cure: string, provider: Partial<Provider> = {}) =>
      cureFields({ ...someProvider, ...provider }, cure, metadata);
    assert.deepEqual(fields('offline_access'), { scopes: ['openid', 'email', 'offline_access'] });
    assert.deepEqual(fields('offline_access', { scopes: ['api'] }), { scopes: ['api', 'offline_access'] });
    assert.deepEqual(fields('scope-and-consent', prompting('login')), {
      scopes: ['openid', 'email', 'offline_access'],
      prompt: 'login consent',
    });
    assert.deepEqual(fields('consent'), { prompt: 'consent' });
    assert.deepEqual(fields('consent', prompting('login')), { prompt: 'login consent' });
    assert.deepEqual(
      fields('parameters', { ...ofGoogle, authorizationParameters: { prompt: 'login', hd: 'example.com' } }),
      {
        authorizationParameters: { access_type: 'offline', prompt: 'consent', hd: 'example.com' },
        prompt: undefined,
      },
    );
    for (const cure of ['allow-scope', 'allow-refresh', 'of a later version', 'toString'])
      assert.deepEqual([fields(cure), canCure(cure)], [{}, false], cure);
  });

  it('is said in a sentence', () => {
    const texts = (
      [
        'offline_access',
        'consent',
        'scope-and-consent',
        'parameters',
        'allow-scope',
        'allow-refresh',
        'other',
      ] as const
    ).map(cure => cureText(ofGoogle, cure));
    assert.deepEqual(texts, [
      'To stay signed in, add "offline_access" to "scopes".',
      'To stay signed in, set "prompt" to "consent".',
      'To stay signed in, add "offline_access" to "scopes", and set "prompt" to "consent".',
      'To stay signed in, set "authorizationParameters" to {"access_type":"offline","prompt":"consent"}.',
      'Ask its administrator to allow the scope "offline_access" for you and the client.',
      'Ask its administrator to allow refresh tokens for the client.',
      'Ask its administrator to allow refresh tokens for the client.',
    ]);
    const said = (cure: string, grant = short) =>
      notLasting(someProvider, { ...grant, ending: { cure } }) ?? '';
    assert.match(
      said('consent'),
      /^Company sent no refresh token, so this sign-in expires on .* "consent"\.$/,
    );
    assert.equal(said('allow-scope'), '', 'the refusal has been shown');
    const endless = someGrant({ tokens: someTokens(1, { refreshToken: undefined, expiresAt: undefined }) });
    assert.equal(said('consent', endless), '');
    assert.equal(notLasting(someProvider, short), undefined);
  });
});
