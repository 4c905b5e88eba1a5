import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ESLint } from 'eslint';

const linter = new ESLint({
  cwd: join(import.meta.dirname, '..', '..', '..'),
  ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax',
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

const refused = async (text: string): Promise<number> => {
  const [result] = await linter.lintText(text, { filePath: 'src/platform/planted.ts' });
  return result?.messages.length ?? NaN;
};

describe('what the start exports to the parts', () => {
  it('is never assigned again', async () => {
    assert.equal(await refused('export let at = 0; at++;'), 1);
    assert.equal(await refused('export const at = 0; let inner = at; inner++;'), 0);
  });
});
