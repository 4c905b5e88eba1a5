import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import { messageRows } from '../../../../src/ui/addProvider/messageRows.ts';

describe('a message as rows of a list', () => {
  const effect = { do: 'look-up' } as const;
  const rowsOf = (text: string) => messageRows(shown(text), shown('Try Again'), { effect });
  /** The lines of the message, without the row that says what Enter does. */
  const linesOf = (rows: ReturnType<typeof rowsOf>): string[] =>
    rows
      .filter(({ label }) => label !== '$(arrow-right) Try Again')
      .flatMap(({ label, detail = '' }) => [label.replace('$(error) ', ''), detail]);

  it('is one row where it fits: what happened, and what to do', () => {
    assert.deepEqual(rowsOf('It failed. Do something.'), [
      { label: '$(error) It failed.', description: 'Try Again', detail: 'Do something.', effect },
    ]);
    assert.deepEqual(
      rowsOf('It failed').map(({ label, detail }) => [label, detail]),
      [['$(error) It failed', '']],
    );
  });

  it('is as many rows as it takes to be read as a whole, and each does the same', () => {
    const text = `No server answered. ${'word '.repeat(60)}end.`;
    const rows = rowsOf(text);
    assert.ok(rows.length > 2);
    const lines = linesOf(rows);
    assert.equal(lines.join(' ').trim(), text);
    for (const line of lines) assert.ok(line.length <= 72, line);
    for (const row of rows) assert.equal(row.effect, effect);
  });

  it('says what Enter does after a sentence, never in the middle of one', () => {
    const sentence = 'Check the client ID of the provider, and its client secret if it needs one.';
    for (let words = 1; words < 60; words++) {
      const text = `Sign-in failed: ${'word '.repeat(words).trim()}. ${sentence}`;
      const read = rowsOf(text).flatMap(({ label, description = '', detail = '' }) => [
        label.replace(/^\$\([\w-]+\) /, ''),
        description,
        detail,
      ]);
      const [before = '', after = 'missing'] = read
        .filter(part => part !== '')
        .join(' ')
        .split(' Try Again');
      assert.match(before, /\.$/, text);
      assert.equal(before + after, text);
    }
  });

  it('has what the user typed in no label but the first: the editor would sort the rows by it', () => {
    const typed = 'https://login.example.com';
    const text = `The metadata at ${typed}/.well-known/openid-configuration names another issuer than ${typed}.`;
    for (const before of ['', 'Sorry. ', 'No, not at all. ', 'word '.repeat(14), 'word '.repeat(28)]) {
      const rows = messageRows(shown(before + text), shown('Try Again'), { effect }, typed);
      assert.ok(rows.length > 1);
      for (const { label } of rows.slice(1)) assert.ok(!label.includes(typed), label);
      assert.equal(linesOf(rows).join(' ').trim(), before + text);
    }
  });

  it('keeps a word whole that is longer than a row', () => {
    const word = 'x'.repeat(200);
    assert.ok(rowsOf(`See ${word} now`).some(({ label, detail }) => [label, detail].includes(shown(word))));
  });
});
