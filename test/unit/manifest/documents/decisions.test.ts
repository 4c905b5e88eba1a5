import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..', '..', '..');
const folder = join(repository, 'docs', 'decisions');

interface DecisionRecord {
  readonly file: string;
  readonly number: string;
  readonly title: string;
  readonly status: string;
  /** File of the record that replaces this one. */
  readonly successor: string | undefined;
  readonly text: string;
}

const records: readonly DecisionRecord[] = readdirSync(folder)
  .filter(file => file !== 'README.md')
  .sort()
  .map(file => {
    const text = readFileSync(join(folder, file), 'utf8');
    const [, number = '', title = ''] = /^# (\d{4})\. (.+)\n/.exec(text) ?? [];
    const [, status = '', successor] =
      /^Status: (accepted|superseded)(?: by \[\d{4}\]\((\S+)\))?/m.exec(text) ?? [];
    return { file, number, title, status, successor, text };
  });

/** Numbers of decisions that a text refers to as `docs/decisions/0009`. */
const referredTo = (text: string): string[] =>
  [...text.matchAll(/docs\/decisions\/(\d+)/g)].map(([, number = '']) => number);

describe('the decisions', () => {
  it('are numbered without gaps, and each file is named after its number', () => {
    assert.ok(records.length > 20);
    records.forEach(({ file, number }, index) => {
      assert.equal(number, String(index + 1).padStart(4, '0'), file);
      assert.ok(file.startsWith(`${number}-`), file);
    });
  });

  it('each have a status, a context, a decision and consequences, and are short', () => {
    for (const { file, status, text } of records) {
      assert.notEqual(status, '', file);
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      assert.deepEqual(headings, ['Context', 'Decision', 'Consequences'], file);
      assert.ok(text.split('\n').length <= 40, `${file} is long`);
    }
  });

  it('name their successor if they are superseded, which names them', () => {
    assert.ok(records.some(({ status }) => status === 'superseded'));
    for (const { file, status, successor } of records) {
      assert.equal(successor !== undefined, status === 'superseded', file);
      if (successor === undefined) continue;
      const replacing = records.find(record => record.file === successor);
      assert.match(replacing?.text ?? '', new RegExp(`Replaces\\s+\\[\\d{4}\\]\\(${file}\\)`), file);
    }
  });

  it('are listed in the index, with title and status', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    const rows = [...index.matchAll(/^\| (\d{4}) +\| \[(.+?)\]\((\S+)\) +\| (\w+) +\|$/gm)];
    assert.deepEqual(
      rows.map(([, number, title, file, status]) => ({ number, title, file, status })),
      records.map(({ number, title, file, status }) => ({ number, title, file, status })),
    );
  });

  it('are all there that the code refers to', () => {
    const numbers = new Set(records.map(({ number }) => number));
    const files = globSync(['src/**/*.ts', 'test/**/*.ts', '*.js'], { cwd: repository });
    for (const file of files)
      for (const number of referredTo(readFileSync(join(repository, file), 'utf8')))
        assert.ok(numbers.has(number), `${file} refers to decision ${number}`);
  });
});
