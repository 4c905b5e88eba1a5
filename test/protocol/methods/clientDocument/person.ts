import assert from 'node:assert/strict';
import { Failure, type FailureCode } from '../../../../src/protocol/failures/failure.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { signInOverHttp } from '../../../servers/identityProvider/person.ts';
import type { BrowserBehaviour } from '../../signingIn.ts';

/** Alice signs in, and the browser visits what is on this computer. */
export const browsing: BrowserBehaviour = async (address, deliver) => {
  const end = await signInOverHttp(address, people.alice);
  if (end.protocol === 'http:') await (await fetch(end)).arrayBuffer();
  else deliver(end);
};

export const failsWith =
  (code: FailureCode, says = /./) =>
  (error: unknown): true => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    return true;
  };
