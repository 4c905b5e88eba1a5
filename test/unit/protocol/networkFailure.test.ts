import assert from 'node:assert/strict';
import { mayHaveTakenEffect } from '../../../src/protocol/failures/failure.ts';
import { networkFailure } from '../../../src/protocol/http/networkFailure.ts';

const host = new URL('https://login.example.com/token');

/** As `fetch` reports it: the code is that of the cause. */
const failureOf = (code: string) =>
  networkFailure(
    new TypeError('fetch failed', { cause: Object.assign(new Error('not shown'), { code }) }),
    host,
  );

describe('why a request failed', () => {
  it('is the certificate of the server, where that is turned down', () => {
    for (const code of [
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ]) {
      const failure = failureOf(code);
      assert.equal(failure.code, 'server-untrusted');
      assert.ok(failure.message.startsWith(`The certificate of login.example.com is not trusted (${code}).`));
      assert.ok(
        failure.passing && mayHaveTakenEffect(failure),
        'no sign-in is given up, no token sent twice',
      );
    }
  });

  it('is not the certificate where something else speaks no TLS, or speaks it badly', () => {
    for (const code of ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_BAD_RECORD_TYPE']) {
      const { code: what, message } = failureOf(code);
      assert.equal(what, 'unreachable');
      assert.ok(message.startsWith(`login.example.com could not be reached (${code}).`), message);
    }
  });
});
