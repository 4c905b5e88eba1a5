import assert from 'node:assert/strict';
import { speak } from '../../../src/platform/language.ts';
import { l10n, textKey } from '../../../src/platform/shown.ts';
import { codeTexts } from '../../manifest/codeTexts.ts';

describe('a translation', () => {
  after(() => speak('en', {}));

  it('is found by the text, and by its key as in the package', () => {
    speak('de', { 'Sign In': 'Anmelden', [textKey('Sign in to {0}')]: 'Bei {0} anmelden' });
    assert.equal(l10n.t('Sign In'), 'Anmelden');
    assert.equal(l10n.t('Sign in to {0}', 'Acme'), 'Bei Acme anmelden');
    assert.equal(l10n.t('toString'), 'toString');
  });

  it('has a key of its own for each text', async () => {
    const texts = [...new Set(await codeTexts())];
    assert.ok(texts.length > 500);
    const keys = new Set(texts.map(textKey));
    assert.equal(keys.size, texts.length, 'two have the same: reword one');
    for (const key of keys) assert.match(key, /^[a-z\d]{1,5}$/);
  });
});
