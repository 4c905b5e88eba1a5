import assert from 'node:assert/strict';
import { randomText } from '../../../src/platform/base64url.ts';

describe('random text', () => {
  it('is base64url without padding, of as many bytes as asked for', () => {
    for (const bytes of [1, 2, 3, 16, 32]) {
      const text = randomText(bytes);
      assert.match(text, /^[\w-]+$/);
      assert.equal(Buffer.from(text, 'base64url').length, bytes);
    }
  });

  it('is never the same, and uses every character', () => {
    const texts = Array.from({ length: 1000 }, () => randomText(32));
    assert.equal(new Set(texts).size, 1000);
    assert.equal(new Set(texts.join('')).size, 64);
  });
});
