import assert from 'node:assert/strict';
import { fillIn, generatedArchitecture } from '../../manifest/architecture.ts';
import {
  graphOf,
  importsOf,
  mermaidOf,
  reduced,
  type Graph,
  type ImportKind,
} from '../../manifest/imports.ts';

const graph = (arrows: Record<string, Record<string, ImportKind>>): Graph =>
  new Map(Object.entries(arrows).map(([from, needs]) => [from, new Map(Object.entries(needs))]));

describe('docs/architecture.md', () => {
  it('has the pictures that follow from the code (run `npm run generate`)', async () => {
    const { current, generated } = await generatedArchitecture();
    assert.equal(current, generated);
  });

  it('shows the imports of each large folder', async () => {
    const { generated } = await generatedArchitecture();
    for (const folder of ['', 'protocol/', 'providers/', 'windows/', 'sessions/', 'signIn/', 'ui/'])
      assert.match(
        generated,
        new RegExp(`<!-- generated: imports of src/${folder} -->\\s+\`\`\`mermaid\\nflowchart`),
      );
  });

  it('shows every fate of a main token', async () => {
    const { generated } = await generatedArchitecture();
    const [, drawn = ''] = /stateDiagram-v2\n([\s\S]*?)```/.exec(generated) ?? [];
    for (const place of [
      'valid',
      'due',
      'sending',
      'in_doubt',
      'offline',
      'unstorable',
      'ended',
      'needs_sign_in',
    ])
      assert.match(drawn, new RegExp(`--> ${place}: `), place);
  });

  it('has nothing in a marked part but what was generated', () => {
    const document = 'a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n<!-- generated: y -->\n<!-- end -->\n';
    const filled = fillIn(document, name => `new ${name}`);
    assert.equal(
      filled,
      'a\n<!-- generated: x -->\n\nnew x\n\n<!-- end -->\nb\n<!-- generated: y -->\n\nnew y\n\n<!-- end -->\n',
    );
  });
});

describe('the imports of a file', () => {
  const kindOf = (text: string): unknown => importsOf('a/b/file.ts', text).map(({ to, kind }) => [to, kind]);

  it('are told apart: loaded with it, loaded later, and types', () => {
    assert.deepEqual(kindOf("import { x } from './x.ts';"), [['a/b/x.ts', 'value']]);
    assert.deepEqual(kindOf("import '../x.ts';"), [['a/x.ts', 'value']]);
    assert.deepEqual(kindOf("import { x, type Y } from './x.ts';"), [['a/b/x.ts', 'value']]);
    assert.deepEqual(kindOf("export { x } from './x.ts';"), [['a/b/x.ts', 'value']]);
    assert.deepEqual(kindOf("const x = async () => await import('./x.ts');"), [['a/b/x.ts', 'later']]);
    assert.deepEqual(kindOf("import type { X } from './x.ts';"), [['a/b/x.ts', 'type']]);
    assert.deepEqual(kindOf("import { type X } from './x.ts';"), [['a/b/x.ts', 'type']]);
    assert.deepEqual(kindOf("export type { X } from './x.ts';"), [['a/b/x.ts', 'type']]);
    assert.deepEqual(kindOf("type X = import('./x.ts').X;"), [['a/b/x.ts', 'type']]);
    assert.deepEqual(kindOf("import * as vscode from 'vscode'; // './x.ts'"), []);
  });

  it('become arrows between the rooms of a folder, of the strongest kind', () => {
    const imports = [
      ...importsOf('a/b/one.ts', "import type { X } from '../c/x.ts'; import { y } from '../y.ts';"),
      ...importsOf('a/b/two.ts', "import { x } from '../c/x.ts'; import './one.ts'; import '../../z/z.ts';"),
    ];
    assert.deepEqual(
      graphOf(imports, 'a/'),
      graph({ 'b/': { 'c/': 'value', 'y.ts': 'value' }, 'c/': {}, 'y.ts': {} }),
    );
    assert.deepEqual(graphOf(imports, ''), graph({ 'a/': { 'z/': 'value' }, 'z/': {} }));
  });
});

describe('a picture of imports', () => {
  it('leaves out what follows from other arrows', () => {
    const chain = graph({
      a: { b: 'value', c: 'value', d: 'type' },
      b: { c: 'value' },
      c: { d: 'value' },
      d: {},
    });
    assert.deepEqual(
      reduced(chain),
      graph({ a: { b: 'value' }, b: { c: 'value' }, c: { d: 'value' }, d: {} }),
    );
  });

  it('keeps what is loaded, though types lead to it as well', () => {
    const mixed = graph({ a: { b: 'later', c: 'value' }, b: { c: 'value' }, c: {} });
    assert.deepEqual(reduced(mixed), mixed);
  });

  it('keeps all arrows of a circle', () => {
    const circle = graph({ a: { b: 'value', c: 'value' }, b: { c: 'value' }, c: { b: 'value' } });
    assert.deepEqual(reduced(circle), circle);
  });

  it('draws solid arrows for what is loaded, and dotted ones for the rest', () => {
    const drawn = mermaidOf(graph({ 'b/': {}, 'a.ts': { 'b/': 'value', 'c/': 'type' }, 'c/': {} }));
    assert.equal(
      drawn,
      ['flowchart TB', '  a_ts["a.ts"]', '  b_["b/"]', '  c_["c/"]', '  a_ts --> b_', '  a_ts -.-> c_'].join(
        '\n',
      ),
    );
  });
});
