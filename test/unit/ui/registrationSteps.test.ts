import assert from 'node:assert/strict';
import { presets } from '../../../src/providers/presets/presets.ts';
import { registrationRows } from '../../../src/ui/addProvider/registrationSteps.ts';

const words = (text: string): string[] => text.split(/\s+/);

describe('what to do at a provider, as rows of a list', () => {
  it('is one row where it fits', () => {
    assert.deepEqual(registrationRows(['Open the page.', 'Copy the id.']), [
      { label: '1. Open the page.' },
      { label: '2. Copy the id.' },
    ]);
  });

  it('is as many rows as it takes to be read as a whole', () => {
    const step = 'word '.repeat(50).trim();
    const rows = registrationRows([step]);
    assert.equal(rows.length, 2);
    const texts = rows.flatMap(({ label, detail = '' }) => [label, detail]);
    assert.deepEqual(words(texts.join(' ').trim()), ['1.', ...words(step)]);
    for (const text of texts) assert.ok(text.length <= 68, text);
  });

  it('loses nothing of what any preset says, and cuts nothing off', () => {
    for (const { registration } of Object.values(presets)) {
      const texts = registrationRows(registration).flatMap(({ label, detail }) =>
        detail === undefined ? [label] : [label, detail],
      );
      const all = registration.map((step, at) => `${at + 1}. ${step}`).join(' ');
      assert.deepEqual(words(texts.join(' ')), words(all));
      for (const text of texts) assert.ok(text.length <= 68 || !text.includes(' '), text);
    }
  });
});
