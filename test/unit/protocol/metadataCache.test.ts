import assert from 'node:assert/strict';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';

const issuer = 'https://login.example.com';
const policy = { allowLoopbackHttp: false };
const document = (name: string): Response =>
  Response.json({ issuer, token_endpoint: `${issuer}/${name}`, jwks_uri: `${issuer}/keys` });

describe('metadata that is forgotten while it is being read', () => {
  it('is read again for whoever asks from then on, and what came of the earlier request counts no more', async () => {
    const answers: PromiseWithResolvers<Response>[] = [];
    const { metadata } = createHttpContext({
      fetch() {
        const answer = Promise.withResolvers<Response>();
        answers.push(answer);
        return answer.promise;
      },
      clock: manualClock(),
      log: recordingLog(),
    });
    const get = async () => (await metadata.get(issuer, policy)).metadata.token_endpoint;
    const before = get();
    await settled();
    metadata.forget(issuer);
    const after = [get(), get()];
    await settled();
    assert.equal(answers.length, 2, 'those who ask after that share a request of their own');
    answers[1]?.resolve(document('new'));
    assert.deepEqual(await Promise.all(after), [`${issuer}/new`, `${issuer}/new`]);
    answers[0]?.resolve(document('old'));
    assert.equal(await before, `${issuer}/old`, 'who asked before that has what was asked for');
    assert.equal(await get(), `${issuer}/new`);
    assert.equal(answers.length, 2);
  });
});
