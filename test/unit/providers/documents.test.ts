import assert from 'node:assert/strict';
import { generatedProviderDocuments } from '../../manifest/providerDocuments.ts';

describe('the documents about providers', () => {
  it('are what the code says (run `npm run generate`)', async () => {
    for (const { file, current, generated } of await generatedProviderDocuments()) {
      assert.equal(current, generated, file.pathname.split('/').at(-1));
    }
  });
});
