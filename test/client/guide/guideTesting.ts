/** The test of docs/extension-authors.md: compiled with everything else, and run with the package by package.test.ts. */
// #region testing
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { authorizedFetch, requireSession } from '../../../src/client/index.ts';
import { editor } from '../../manifest/client/testing.ts';

afterEach(() => editor.reset());

void test('signs in once, and sends the token of the hour', async () => {
  const sent: (string | null)[] = [];
  const api = (_address: unknown, init?: RequestInit): Promise<Response> => {
    sent.push(new Headers(init?.headers).get('authorization'));
    return Promise.resolve(new Response('[]'));
  };
  const call = authorizedFetch('oidc', ['openid'], { fetch: api });
  await call('https://api.example.com/reports');
  editor.advance(3600);
  await call('https://api.example.com/reports');
  assert.deepEqual(sent, ['Bearer token-1', 'Bearer token-2']);
  assert.deepEqual(editor.questions, ['oidc openid']);
});

void test('signs in again where the API wants a stronger sign-in', async () => {
  const challenge = 'Bearer error="insufficient_user_authentication", acr_values="gold"';
  const answers = [
    new Response('', { status: 401, headers: { 'www-authenticate': challenge } }),
    new Response('the vault'),
  ];
  const api = () => Promise.resolve(answers.shift() ?? new Response());
  const response = await authorizedFetch('oidc', ['openid'], { fetch: api })('https://api.example.com/vault');
  assert.equal(await response.text(), 'the vault');
  assert.deepEqual(editor.questions, ['oidc openid', 'oidc openid']);
});

void test('asks for nothing that was declined', async () => {
  editor.person = undefined;
  for (let i = 0; i < 2; i++) {
    await assert.rejects(requireSession('oidc', ['openid', 'admin']), { code: 'declined' });
  }
  assert.deepEqual(editor.questions, ['oidc openid admin']);
});

void test('proves the key of bound tokens', async () => {
  editor.bindsTokens = true;
  const sent: Headers[] = [];
  const api = (_address: unknown, init?: RequestInit): Promise<Response> => {
    sent.push(new Headers(init?.headers));
    return Promise.resolve(new Response('[]'));
  };
  await authorizedFetch('oidc', ['openid'], { fetch: api })('https://api.example.com/reports');
  assert.equal(sent[0]?.get('authorization'), 'DPoP token-1');
  assert.match(sent[0]?.get('dpop') ?? '', /^ey/);
});
// #endregion
