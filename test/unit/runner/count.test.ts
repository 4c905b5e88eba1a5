import assert from 'node:assert/strict';
import { readCount, readFailures, readSecondRuns, secondRunLine } from '../../runner/count.ts';

const failing = (name: string): string =>
  `  ${name}\n    1) works\n\n  3 passing (2s)\n  1 failing\n\n  1) ${name}\n       works:\n     Error: it does not\n\n\n\n3 passed, 1 failed\n`;
const passing = '  fine\n    ✔ works\n\n  1 passing (2s)\n\n1 passed, 0 failed\n';

describe('the output of a suite', () => {
  it('ends with its count', () => {
    assert.deepEqual(readCount(`${passing}${failing('first')}4 passed, 1 failed\n`), {
      passed: 4,
      failed: 1,
    });
    assert.equal(readCount('it died'), undefined);
  });

  it('has what failed in each file, and nothing else of them', () => {
    const output = `${failing('first')}${passing}${failing('second')}7 passed, 2 failed\n`;
    const text = readFailures(output);
    assert.match(text, /1\) first[\s\S]*it does not[\s\S]*1\) second[\s\S]*it does not$/);
    assert.doesNotMatch(text, /passing|passed|fine/);
    assert.equal(readFailures(output.replaceAll('1 failing', '\u001b[31m1 failing\u001b[39m')), text);
  });

  it('that has no such part is shown from its last lines', () => {
    const lines = Array.from({ length: 50 }, (_, at) => `line ${at}`);
    assert.equal(readFailures(`${lines.join('\n')}\n`), lines.slice(10).join('\n'));
  });

  it('names each file that needed a second run', () => {
    const lines = ['a.test.ts', 'b.test.ts'].map(secondRunLine);
    assert.deepEqual(readSecondRuns(`${failing('first')}${lines.join('\n')}\n${passing}`), lines);
    assert.deepEqual(readSecondRuns(failing('first')), []);
  });
});
