import assert from 'node:assert/strict';
import { browser, withTrial } from '../../conformance/trial.ts';
import { rows } from './rows/rows.ts';

describe('what real servers do', () => {
  it('has a name of its own each time', () => {
    const names = rows.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
    for (const name of names) assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  for (const { name, server, does, departure, person, run } of rows) {
    it(`${server}: ${does} (${name})`, () => withTrial(departure, run, person ?? { browser }));
  }
});
