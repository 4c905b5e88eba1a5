import assert from 'node:assert/strict';
import { rowsWithoutTest } from './table.ts';

describe('the table', () => {
  it('has a test for each row', () => assert.deepEqual(rowsWithoutTest(), []));
});
