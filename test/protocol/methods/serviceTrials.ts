import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { Failure, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import type { ClientCredential } from '../../../src/signIn/client/clientSecrets.ts';

export const failsWith =
  (code: FailureCode, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
/** A client secret as it is kept. */
export const given = (text: string): ClientCredential => ({ kind: 'secret', secret: secret(text) });
