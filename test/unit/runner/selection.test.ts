import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { patientFiles } from '../../runner/patientFiles.ts';
import { first, last, sideBySide } from '../../runner/whole/plan.ts';
import { filesOf, readSelection } from '../../runner/selection.ts';
import { suiteOf, suites } from '../../runner/suites.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

describe('the tests that are asked for', () => {
  let root: TemporaryFolder;
  before(async () => {
    root = await temporaryFolder('selection');
    for (const file of ['unit/a.test.ts', 'unit/deep/b.test.ts', 'unit/deep/no.ts', 'web/a.test.ts']) {
      const path = join(root.path, 'test', file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
    }
  });
  after(() => root.remove());

  const filesFor = (...args: string[]): string[] => filesOf(readSelection(args), root.path);

  it('are all of the suite, unless some are named', () => {
    assert.deepEqual(filesFor('unit'), ['test/unit/a.test.ts', 'test/unit/deep/b.test.ts']);
    assert.deepEqual(filesFor('unit', 'web').length, 3);
    assert.deepEqual(filesFor().length, 3);
  });

  it('are named by a path, the end of a path, or a folder', () => {
    assert.deepEqual(filesFor('unit', 'test/unit/a.test.ts'), ['test/unit/a.test.ts']);
    assert.deepEqual(filesFor('./test/web/a.test.ts'), ['test/web/a.test.ts']);
    assert.deepEqual(filesFor(join(root.path, 'test', 'web', 'a.test.ts')), ['test/web/a.test.ts']);
    assert.deepEqual(filesFor('b.test.ts'), ['test/unit/deep/b.test.ts']);
    assert.deepEqual(filesFor('unit', 'a.test.ts'), ['test/unit/a.test.ts']);
    assert.deepEqual(filesFor('test/unit/deep'), ['test/unit/deep/b.test.ts']);
    assert.deepEqual(filesFor('test/unit/', 'b.test.ts').length, 2);
  });

  it('are not guessed: what is not there, or could be several, is told', () => {
    assert.throws(() => filesFor('unit', 'none.test.ts'), /no file of tests none\.test\.ts in test\/unit/);
    assert.throws(() => filesFor('unit', 'test/web/a.test.ts'), /no file of tests test\/web\/a\.test\.ts/);
    assert.throws(() => filesFor('test/unit/deep/no.ts'), /no file of tests/);
    assert.throws(
      () => filesFor('a.test.ts'),
      /Which file .* test\/unit\/a\.test\.ts, test\/web\/a\.test\.ts/,
    );
    assert.throws(() => filesFor('attic'), /no file \*\.test\.ts in test\/attic/);
    assert.throws(() => readSelection(['--gerp', 'text']), /--gerp/);
  });

  it('are named by a text of their names, too', () => {
    assert.deepEqual(readSelection(['unit', '--grep', 'a person']), {
      folders: ['unit'],
      named: [],
      grep: 'a person',
    });
    assert.equal(readSelection(['-g', 'a person']).grep, 'a person');
  });
});

describe('the suites', () => {
  it('are run by `npm test`, each once', async () => {
    const { scripts } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const steps = [...first, ...sideBySide, ...last].map(({ script }) => script);
    assert.deepEqual(
      steps.filter((script, at) => steps.indexOf(script) !== at || !(script in scripts)),
      [],
    );
    assert.deepEqual(
      suites.filter(({ script }) => !steps.includes(script)),
      [],
    );
  });

  it('have every test', () => {
    const files = globSync('test/**/*.test.ts', { cwd: repository }).map(file => file.replaceAll('\\', '/'));
    assert.deepEqual(
      files.filter(file => suiteOf(file) === undefined),
      [],
    );
    assert.ok(files.length > 100);
  });

  it('of editors know which of their files are patient, each under its name', () => {
    assert.deepEqual(
      patientFiles.filter(
        (file, at) =>
          !existsSync(join(repository, file)) ||
          suiteOf(file)?.script !== 'test:e2e' ||
          patientFiles.indexOf(file) !== at,
      ),
      [],
    );
  });
});
