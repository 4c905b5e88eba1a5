import assert from 'node:assert/strict';
import { readDemand } from '../../../src/challenges/demand.ts';
import { createResources } from '../../../src/challenges/resource.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someProvider, start } from '../sessions/someGrant.ts';

const resource = 'https://api.example.com/v1';
const params = { error: 'invalid_token', resource_metadata: 'https://api.example.com/meta' };

function api() {
  const clock = manualClock(start * 1000);
  const read = { times: 0 };
  const fetch = (): Promise<Response> => {
    read.times++;
    return Promise.resolve(Response.json({ resource, scopes_supported: ['files'] }));
  };
  const resources = createResources(createHttpContext({ fetch, clock, log: recordingLog() }));
  const challenges = [{ scheme: 'Bearer', params }];
  const ask = () => resources.understand(someProvider, readDemand({ challenges }), [], true);
  return { clock, read, ask };
}

describe('the metadata that a challenge names', () => {
  it('is read once for the questions of a minute', async () => {
    const { clock, read, ask } = api();
    await Promise.all([ask(), ask()]);
    await clock.advance(59_000);
    await ask();
    assert.equal(read.times, 1);
    await clock.advance(1000);
    await ask();
    assert.equal(read.times, 2);
  });

  it('is read again after the clock was set back', async () => {
    const { clock, read, ask } = api();
    await ask();
    clock.set(-7_200_000);
    await ask();
    assert.equal(read.times, 2);
  });
});
