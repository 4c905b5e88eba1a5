import assert from 'node:assert/strict';
import { generatedCodeTexts } from '../manifest/codeTexts.ts';
import { takeTexts, withTexts } from '../manifest/texts.ts';

describe('the texts of a manifest', () => {
  const written = {
    name: 'an-extension',
    displayName: 'An Extension',
    contributes: {
      commands: [{ command: 'an.order', title: 'Give the Order', category: 'AN' }],
      configuration: {
        properties: { 'an.list': { description: 'kept', items: { markdownDescription: 'One of them.' } } },
      },
    },
  };

  it('are taken from where people see them, and from nowhere else', () => {
    const { manifest, texts } = takeTexts(written, {});
    assert.deepEqual(texts, {
      displayName: 'An Extension',
      'commands.an.order.title': 'Give the Order',
      'an.list.each': 'One of them.',
    });
    assert.deepEqual(withTexts(manifest, texts), written);
    assert.equal((manifest as typeof written).contributes.commands[0]?.title, '%commands.an.order.title%');
  });

  it('stay where they were taken before, and those without a place are dropped', () => {
    const { manifest, texts } = takeTexts(written, {});
    assert.deepEqual(takeTexts(manifest, { ...texts, gone: 'Nowhere.' }), { manifest, texts });
  });

  it('are missed where a key has none', () => {
    assert.throws(() => takeTexts({ displayName: '%nothing%' }, {}), /nothing/);
  });
});

describe('the texts of the code', () => {
  it('are all in the bundle that translations are made from (run `npm run generate`)', async () => {
    const { current, generated } = await generatedCodeTexts();
    assert.equal(current, generated);
    const texts = Object.keys(JSON.parse(generated) as object);
    assert.ok(texts.includes('Sign in again.'), 'the table of failures');
    assert.ok(texts.includes('there is no network'), 'the calls of l10n.t');
  });
});
