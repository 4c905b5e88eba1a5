import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ESLint } from 'eslint';

const repository = join(import.meta.dirname, '..', '..', '..');

const linter = new ESLint({
  cwd: repository,
  ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax',
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

async function refused(body: string, file = 'test/endToEnd/planted.test.ts'): Promise<number> {
  const text = `it('does', async () => {\n${body}\n});`;
  const results = await linter.lintText(text, { filePath: join(repository, file) });
  return results.flatMap(({ messages }) => messages).length;
}

describe('what a test of the real editor judges at one moment', () => {
  for (const body of [
    'assert.deepEqual(await window.notifications(), []);',
    "assert.match((await progress(window)) ?? '', says);",
    'assert.ok((await window.accountsMenuEntries()).includes(account));',
    'const entries = await window.accountsMenuEntries(); assert.ok(entries.includes(account));',
    'for (const shown of windows) assert.ok((await shown.notifications()).length > 0);',
    'assert.equal(await panel.locator("img").count(), 0);',
    'const logs = [...(await stage.editor.readLogs()).values()]; assert.match(logs.join(), says);',
  ]) {
    it(`is refused: ${body}`, async () => {
      assert.equal(await refused(body), 1);
      assert.equal(await refused(body, 'test/web/planted.test.ts'), 1);
      assert.equal(await refused(body, 'test/host/planted.test.ts'), 1);
      assert.equal(await refused(body, 'test/unit/planted.test.ts'), 0);
      assert.equal(await refused(`await eventually(async () => { ${body} });`), 0);
    });
  }

  it('is left where it is asked for again and again', async () => {
    const waits = "await waitFor('it', async () => (await window.notifications()).length === 0);";
    assert.equal(await refused(waits), 0);
    assert.equal(await refused('await window.waitForNotification(wanted);'), 0);
  });
});
