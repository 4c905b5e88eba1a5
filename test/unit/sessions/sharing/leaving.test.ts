import assert from 'node:assert/strict';
import { createLeaving } from '../../../../src/sessions/sharing/handOver.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';

describe('a leader whose storage may not answer', () => {
  for (const answers of [true, false]) {
    it(`is looked into once for all who ask at the same time: ${answers ? 'it does' : 'it does not'}`, async () => {
      const counts = { looks: 0, questions: 0, left: 0 };
      const unused = (): never => assert.fail('not needed');
      const { leaveToOthers } = createLeaving({
        cache: {
          answers() {
            counts.looks++;
            return Promise.resolve(answers);
          },
        },
        clock: manualClock(),
        log: recordingLog(),
        handOver: { canRenew: unused, during: () => unused },
        sync: {},
        broadcast: {
          storageAnswers() {
            counts.questions++;
            return Promise.resolve([{ value: true }]);
          },
        },
        giveUp: () => void counts.left++,
        refresher: unused,
      } as unknown as Parameters<typeof createLeaving>[0]);
      const outcomes = await Promise.all(Array.from({ length: 1000 }, () => leaveToOthers()));
      assert.deepEqual(new Set(outcomes), new Set([!answers]));
      assert.deepEqual(counts, { looks: 1, questions: answers ? 0 : 1, left: answers ? 0 : 1 });
      await leaveToOthers();
      assert.equal(counts.looks, 2, 'whoever asks later is not answered with what was');
    });
  }
});
