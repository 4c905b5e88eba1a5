import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../standIns/editor/useEditorStandIn.ts';

const { loadPart } = await import('../../../src/parts.ts');
const { editor } = await import('../../standIns/editor/vscode.ts');

describe('a part of the package', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parts-'));
    await mkdir(join(folder, 'parts'));
    await writeFile(join(folder, 'parts', 'there.cjs'), 'exports.it = 7;');
    Object.assign(globalThis, { host: { require: createRequire(join(folder, 'extension.cjs')) } });
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => {
    editor.pressesOnError = () => undefined;
  });

  it('is loaded', async () => {
    assert.equal(((await loadPart('there.cjs')) as { it: number }).it, 7);
  });

  it('is gone after an update: what to do is said once, with a button that does it', async () => {
    Object.assign(editor, { errors: [], commands: [] });
    editor.pressesOnError = () => 'Reload Window';
    for (const file of ['gone.cjs', 'gone.cjs']) {
      await assert.rejects(loadPart('there.cjs', file), /updated or removed\. Reload the window\.$/);
    }
    await new Promise(setImmediate);
    assert.equal(editor.errors.length, 1);
    assert.deepEqual(editor.errors[0]?.slice(1), ['Reload Window']);
    assert.deepEqual(editor.commands, [['workbench.action.reloadWindow']]);
  });
});
