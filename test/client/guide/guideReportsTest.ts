/** A test of the extension of docs/extension-authors.md: compiled with everything else, and run by guideFolder.test.ts. */
// #region reportsTest
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { editor } from '../../manifest/client/testing.ts';
import { read } from './guideReports.ts';

/** Responds with the header that it got. */
const api = (_url: unknown, init?: RequestInit): Promise<Response> =>
  Promise.resolve(new Response(new Headers(init?.headers).get('authorization')));

afterEach(() => editor.reset());

void test('signs in once, and sends the current token', async () => {
  const url = 'https://api.example.com/whoami';
  assert.equal(await read('oidc', url, { fetch: api }), '200: Bearer token-1');
  editor.advance(3600);
  assert.equal(await read('oidc', url, { fetch: api }), '200: Bearer token-2');
  assert.deepEqual(editor.questions, ['oidc openid profile']);
});
// #endregion
