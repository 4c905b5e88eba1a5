import assert from 'node:assert/strict';
import { failures } from '../../../src/protocol/failures/failure.ts';
import { generatedErrors } from '../../manifest/errors.ts';

describe('docs/errors.md', () => {
  it('is what the code says (run `npm run generate`)', async () => {
    const { current, generated } = await generatedErrors();
    assert.equal(current, generated);
  });

  it('has each failure', async () => {
    const { generated } = await generatedErrors();
    for (const code of Object.keys(failures)) assert.ok(generated.includes(`\`${code}\``), code);
  });
});
