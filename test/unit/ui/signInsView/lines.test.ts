import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shown } from '../../../../src/platform/shown.ts';
import { redraw, type Line } from '../../../../src/ui/signInsView/lines.ts';
import type { Row } from '../../../../src/ui/signInsView/rows.ts';

const row = (id: string, text: string, children: readonly Row[] = []): Row => ({
  kind: 'account',
  providerId: 'oidc',
  id,
  label: shown(id),
  description: shown(text),
  tooltip: shown(text),
  spoken: shown(text),
  children,
});

/** Rows as deep as the view draws them, with ids that are not used twice. */
const rowsAtDepth = (depth: number, prefix: string): fc.Arbitrary<Row[]> =>
  fc
    .uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })
    .chain(ids =>
      fc.tuple(
        ...ids.map(id =>
          fc
            .tuple(
              fc.constantFrom('valid', 'offline'),
              depth > 0 ? rowsAtDepth(depth - 1, `${prefix}${id}`) : fc.constant([]),
            )
            .map(([text, children]) => row(`${prefix}${id}`, text, children)),
        ),
      ),
    );

/** What the editor keeps of the tree: the lines it has asked for, and what it has drawn of them. */
function createEditor() {
  let drawn = new Map<Line, string>();
  const draw = (line: Line): void => {
    drawn.set(line, line.row.description);
    line.children.forEach(draw);
  };
  return {
    update(before: readonly Line[], rows: readonly Row[]) {
      const known = new Set(drawn.keys());
      const { lines, changed, moved } = redraw(before, rows);
      if (moved) {
        drawn = new Map();
        lines.forEach(draw);
      } else {
        for (const line of changed) {
          assert.ok(known.has(line), 'only what the editor knows can be drawn anew');
          draw(line);
        }
      }
      return { lines, changed, moved };
    },
    shows: function shows(lines: readonly Line[]): unknown {
      return lines.map(line => [line.row.id, drawn.get(line), shows(line.children)]);
    },
  };
}

const wanted = (rows: readonly Row[]): unknown =>
  rows.map(({ id, description, children }) => [id, description, wanted(children)]);

describe('the lines of the sign-ins view', () => {
  it('show each of the rows after any history', () => {
    fc.assert(
      fc.property(fc.array(rowsAtDepth(2, ''), { maxLength: 6 }), history => {
        const editor = createEditor();
        let lines: readonly Line[] = [];
        for (const rows of history) {
          ({ lines } = editor.update(lines, rows));
          assert.deepEqual(editor.shows(lines), wanted(rows));
        }
      }),
    );
  });

  it('are the same objects for as long as what they show is there', () => {
    const before = redraw([], [row('provider', '', [row('alice', 'valid 57 min', [row('usual', 'valid')])])]);
    const [provider] = before.lines;
    const [alice] = provider?.children ?? [];
    const after = redraw(before.lines, [
      row('provider', '', [row('alice', 'valid 56 min', [row('usual', 'valid')]), row('bob', 'valid')]),
    ]);
    assert.equal(after.lines[0], provider);
    assert.equal(after.lines[0]?.children[0], alice);
    assert.equal(alice?.row.description, 'valid 56 min');
  });

  it('are drawn anew only where something has changed, and not at all for a time that is not shown', () => {
    const rows = (left: string, changesAt: number) => [
      row('provider', '', [
        { ...row('alice', left, [row('usual', 'valid')]), changesAt },
        row('bob', 'valid'),
      ]),
    ];
    const { lines } = redraw([], rows('valid 57 min', 1));
    const same = redraw(lines, rows('valid 57 min', 2));
    assert.deepEqual([same.moved, same.changed], [false, []]);
    const { moved, changed } = redraw(lines, rows('valid 56 min', 3));
    assert.equal(moved, false);
    assert.deepEqual(
      changed.map(line => line.row.id),
      ['alice'],
    );
  });
});
