import assert from 'node:assert/strict';
import { parseDefinition } from '../../../src/providers/entries/definition.ts';
import { redirectPath } from '../../../src/signIn/plan/redirectUri.ts';
import { generatedProviderDocuments, handwrittenPages } from '../../manifest/providerDocuments.ts';
import '../../../src/providers/presets/presets.ts';

describe('the documents about providers', () => {
  it('are what the code says (run `npm run generate`)', async () => {
    for (const { file, current, generated } of await generatedProviderDocuments()) {
      assert.equal(current, generated, file.pathname.split('/').at(-1));
    }
  });

  it('have settings that are valid, and the redirect URIs that follow from them', async () => {
    const pages = await handwrittenPages();
    assert.ok(pages.length > 5);
    for (const { name, text } of pages) {
      const settings = JSON.parse(/```json\n([^`]*)```/.exec(text)?.[1] ?? '') as {
        'oidc.providers': { company: { issuer: string } };
      };
      const entry = settings['oidc.providers'].company;
      const parsed = parseDefinition('company', entry);
      assert.ok(parsed.ok, `${name}: ${JSON.stringify(parsed)}`);
      const path = redirectPath({ issuer: entry.issuer }, parsed.provider);
      const uris = /```\n((?:vscode|http):[^`]*)```/.exec(text)?.[1]?.trim().split('\n') ?? [];
      assert.ok(uris.length > 0, name);
      for (const uri of uris) assert.ok(uri.endsWith(path), `${name}: ${uri} for ${path}`);
    }
  });
});
