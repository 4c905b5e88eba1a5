import assert from 'node:assert/strict';
import { logLine, type SafeValue } from '../../../src/platform/log.ts';
import { secret } from '../../../src/platform/secret.ts';

describe('a line of the log', () => {
  it('is the event, and the fields with their names', () => {
    assert.equal(logLine('signed in'), 'signed in');
    assert.equal(
      logLine('signed in', { provider: 'oidc', count: 2, kept: true, scopes: ['openid', 'email'] }),
      'signed in provider=oidc count=2 kept=true scopes=[openid email]',
    );
  });

  it('leaves out what is undefined, and keeps what is empty or false', () => {
    assert.equal(logLine('x', { a: undefined, b: '', c: false, d: 0, e: [] }), 'x b="" c=false d=0 e=[]');
  });

  it('puts everything but plain words in quotes, so that a value cannot look like another field', () => {
    assert.equal(logLine('x', { a: 'b c=d' }), 'x a="b c=d"');
    assert.equal(logLine('x', { a: 'say "hi"' }), 'x a="say \\"hi\\""');
    assert.equal(
      logLine('x', { a: 'https://login.example.com:8443/a+b@c' }),
      'x a=https://login.example.com:8443/a+b@c',
    );
  });

  it('stays one line whatever a value holds', () => {
    for (const evil of ['a\nb', 'a\r\nb', 'a\u2028b', 'a\u2029b', 'a\u0000b', 'a\u001b[31mb', 'a\u202eb']) {
      const texts = [logLine('x', { a: evil }), logLine('x', { a: [evil] })];
      for (const line of texts) {
        // eslint's rule against control characters is for patterns; this list is what must not be there.
        const bad = [...line].filter(character => /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(character));
        assert.deepEqual(bad, [], JSON.stringify(line));
      }
    }
  });

  it('has no way to show a secret, even past the compiler', () => {
    const token = secret('very-secret-token') as unknown as SafeValue;
    assert.ok(!logLine('x', { token }).includes('very-secret'));
    assert.ok(!logLine('x', { tokens: [token as string] }).includes('very-secret'));
  });
});
