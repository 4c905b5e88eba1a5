import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import { remembering } from '../../../src/platform/storage.ts';
import { memoryMemento, memoryOf } from '../../standIns/memento.ts';
import '../../standIns/editor/useEditorStandIn.ts';

const { createRepeating } = await import('../../../src/ui/problems/repeating.ts');
const { editor } = await import('../../standIns/editor/vscode.ts');

const wrong = shown('Something is wrong.');
const open = shown('Open Settings');

describe('a message that comes again and again', () => {
  beforeEach(() => {
    editor.warnings = [];
    editor.presses = undefined;
  });

  it('comes until the person has had enough of it, in every window, and then no more', async () => {
    const storage = memoryMemento();
    await createRepeating(remembering(storage)).warn(wrong, open);
    editor.presses = 'Don’t Show Again';
    assert.equal(await createRepeating(remembering(storage)).warn(wrong, open), undefined);
    assert.equal(await createRepeating(remembering(storage)).warn(wrong, open), undefined);
    const warning = [wrong, open, 'Don’t Show Again'];
    assert.deepEqual(editor.warnings, [warning, warning]);
  });

  it('comes if it says something else', async () => {
    const repeating = createRepeating(memoryOf());
    editor.presses = 'Don’t Show Again';
    await repeating.warn(shown('One thing is wrong.'));
    await repeating.warn(shown('Another thing is wrong.'));
    assert.equal(editor.warnings.length, 2);
  });

  it('leads on, and then still comes the next time', async () => {
    const repeating = createRepeating(memoryOf());
    editor.presses = 'Open Settings';
    assert.equal(await repeating.warn(wrong, open), 'Open Settings');
    assert.equal(await repeating.warn(wrong, open), 'Open Settings');
  });
});
