import assert from 'node:assert/strict';
import { registrationMethods, explainConcession } from '../../../src/signIn/plan/askingLess.ts';

describe('what is asked less for', () => {
  it('is explained, each in words of its own', () => {
    const explained = [
      'registration:scope',
      'registration:device-grant',
      'redirect:localhost',
      'basic:body',
      'basic:raw',
      'scope:offline_access',
      'scope:api://files:read',
      ...registrationMethods({}, [], true).map(method => `registration:${method}` as const),
      'registration:private_key_jwt',
    ] as const;
    const words = explained.map(explainConcession);
    assert.equal(new Set(words).size, explained.length, words.join('\n'));
    assert.equal(explainConcession('scope:api://files:read'), 'the scope api://files:read isn’t requested');
    for (const text of words) assert.match(text, /^[^{}]+$/);
  });
});
