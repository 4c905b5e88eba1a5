import assert from 'node:assert/strict';
import { promptForAnother } from '../../../src/signIn/methods/promptForAnother.ts';

describe('the prompt for a sign-in as someone else', () => {
  const openid = ['openid', 'email'];
  const cases: [
    listed: string[] | undefined,
    configured: string | undefined,
    scopes: string[],
    sent: string,
  ][] = [
    [undefined, undefined, openid, 'login'],
    [['none', 'login', 'select_account'], undefined, openid, 'select_account'],
    [['none', 'login'], undefined, openid, 'login'],
    [undefined, 'consent', openid, 'consent login'],
    [['select_account'], 'consent', openid, 'consent select_account'],
    [['select_account'], 'login', openid, 'login'],
    [undefined, 'select_account consent', openid, 'select_account consent'],
    [undefined, 'none', openid, 'none'],
    [undefined, undefined, ['repo'], 'select_account'],
    [['login'], undefined, ['repo'], 'login'],
  ];
  for (const [listed, configured, scopes, sent] of cases)
    it(`is ${sent}, with ${String(listed)} listed and ${String(configured)} set, for ${scopes.join(' ')}`, () => {
      const authorizationParameters: Record<string, string> =
        configured === undefined ? {} : { prompt: configured };
      assert.equal(
        promptForAnother({ prompt_values_supported: listed }, { authorizationParameters }, scopes),
        sent,
      );
    });
});
