import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ESLint } from 'eslint';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/** The rules about sizes in the linter's configuration. */
const { sizes } = (await import(pathToFileURL(join(repository, 'eslint.config.js')).href)) as {
  readonly sizes: Readonly<Record<string, unknown>>;
};

const lines = (count: number): string => 'more();\n'.repeat(count);

/** For each of them, a text that is one line too long, and one that is just right. */
const planted: Readonly<Record<string, { readonly wrong: string; readonly right: string }>> = {
  'max-lines': { wrong: lines(301), right: lines(300) },
  'max-lines-per-function': {
    wrong: `function long() {\n${lines(119)}}\nconst alsoLong = async () => {\n${lines(119)}};\n`,
    right: `function long() {\n${lines(118)}}\nconst alsoLong = async () => {\n${lines(118)}};\n`,
  },
};

const linter = new ESLint({
  cwd: repository,
  ruleFilter: ({ ruleId }) => ruleId in sizes,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

async function refusedIn(text: string, file: string): Promise<(string | null)[]> {
  const results = await linter.lintText(text, { filePath: join(repository, file) });
  return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
}

/** How many files and folders may lie side by side. */
const mostEntries = 14;

/** Folders that may have more: one entry for each product, and one for each suite of `package.json`. */
const allowed = ['src/providers/presets', 'test'];

async function crowded(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const below = await Promise.all(
    entries.filter(entry => entry.isDirectory()).map(({ name }) => crowded(root, `${folder}/${name}`)),
  );
  return [...(entries.length > mostEntries ? [folder] : []), ...below.flat()];
}

describe('sizes', () => {
  for (const rule of Object.keys(sizes))
    it(`that break ${rule} are refused, and no smaller ones`, async () => {
      const { wrong, right } = planted[rule] ?? assert.fail('no violation is planted for this rule');
      const found = await refusedIn(wrong, 'src/planted.ts');
      assert.ok(found.length > 0 && found.every(ruleId => ruleId === rule), found.join());
      assert.equal(found.length, rule === 'max-lines' ? 1 : 2);
      assert.deepEqual(await refusedIn(right, 'src/protocol/http/planted.ts'), []);
      assert.ok((await refusedIn(wrong, 'terminals/src/planted.ts')).length > 0);
    });

  it('of folders let a person see at a glance what is in them', async () => {
    const found = (
      await Promise.all(['src', 'terminals', 'test'].map(root => crowded(repository, root)))
    ).flat();
    assert.deepEqual(found.sort(), allowed);
  });

  it('of folders that have too much side by side are refused', async () => {
    const folder = await temporaryFolder('house');
    try {
      for (const [name, count] of Object.entries({ full: mostEntries, crowded: mostEntries + 1 })) {
        await mkdir(join(folder.path, 'src', name), { recursive: true });
        for (let at = 0; at < count; at += 1) await writeFile(join(folder.path, 'src', name, `${at}.ts`), '');
      }
      assert.deepEqual(await crowded(folder.path, 'src'), ['src/crowded']);
    } finally {
      await folder.remove();
    }
  });
});
