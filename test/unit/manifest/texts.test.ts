import assert from 'node:assert/strict';
import { generatedCodeTexts } from '../../manifest/codeTexts.ts';
import { authentication, extensions } from '../../editor/packages/extensions.ts';
import { takeTexts, withTexts } from '../../manifest/texts.ts';
import { glossary, termsOtherwise } from '../../manifest/translations/glossary.ts';
import { namesOtherwise } from '../../manifest/translations/names.ts';
import {
  generatedTranslations,
  problemsOf,
  readTranslations,
  type Translation,
} from '../../manifest/translations/translations.ts';

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
    const bundles = await generatedCodeTexts();
    for (const { current, generated } of bundles) assert.equal(current, generated);
    const texts = Object.keys(JSON.parse(bundles[0]?.generated ?? '') as object);
    assert.ok(texts.includes('Sign in again.'), 'the table of failures');
    assert.ok(texts.includes('there is no network'), 'the calls of l10n.t');
  });
});

describe('the translations', () => {
  it('say everything there is to say in each language (`npm run generate` adds an empty text for each new one)', async () => {
    const translations = await readTranslations();
    const languages = new Set(translations.map(({ language }) => language));
    assert.ok(languages.size >= 2);
    for (const extension of extensions)
      for (const language of languages) {
        const files = translations.filter(one => one.extension === extension && one.language === language);
        assert.equal(files.length, 2, `${extension.name}, ${language}: code and manifest`);
      }
    assert.deepEqual(translations.flatMap(problemsOf), []);
    for (const { current, generated } of await generatedTranslations()) assert.equal(current, generated);
  });

  it('call each button and command as it is named', async () => {
    const translations = await readTranslations();
    const { problems, compared } = namesOtherwise(translations);
    assert.deepEqual(problems, []);
    const languages = new Set(translations.map(({ language }) => language));
    assert.ok(compared >= 10 * languages.size, `${compared} names`);
    const [first, ...others] = translations.filter(({ language }) => language === 'fr');
    const otherwise = { ...first, texts: { ...first?.texts, 'Show Claims': 'Montrer les revendications' } };
    const [problem] = namesOtherwise([otherwise as Translation, ...others]).problems;
    assert.equal(problem?.name, 'Show Claims');
  });

  it('call each term as the glossary does, in both extensions', async () => {
    const translations = await readTranslations();
    const { problems, compared } = termsOtherwise(translations);
    assert.deepEqual(problems, []);
    for (const term of Object.keys(glossary))
      for (const language of ['de', 'fr']) {
        const count = compared.get(`${language}: ${term}`) ?? 0;
        assert.ok(count >= 2, `${language}: ${term}: ${count} texts`);
      }
    const [first, ...others] = translations.filter(
      ({ language, extension }) => language === 'de' && extension !== authentication,
    );
    const otherwise = { ...first, texts: { ...first?.texts, 'Scopes: {0}': 'Bereiche: {0}' } };
    assert.deepEqual(termsOtherwise([otherwise as Translation, ...others]).problems, [
      'de: scopes: Bereiche: {0}',
    ]);
  });

  const translation = (texts: Record<string, string>): Translation => ({
    file: new URL('file:///bundle.l10n.de.json'),
    extension: authentication,
    language: 'de',
    written: {
      'Sign in to {0} again.': 'Sign in to {0} again.',
      'the.key': 'The name in `oidc.providers`.\n[Sign In](command:oidc.signIn)',
    },
    texts: {
      'Sign in to {0} again.': 'Melden Sie sich erneut bei {0} an.',
      'the.key': 'Der Name in `oidc.providers`.\n[Anmelden](command:oidc.signIn)',
      ...texts,
    },
  });
  const wrong: readonly [string, Record<string, string>, RegExp][] = [
    ['is missing', { 'Sign in to {0} again.': '' }, /not translated: Sign in to/],
    ['was forgotten', { 'Sign in to {0} again.': 'Sign in to {0} again.' }, /still as written/],
    ['has lost a placeholder', { 'Sign in to {0} again.': 'Melden Sie sich erneut an.' }, /placeholders/],
    ['has another placeholder', { 'Sign in to {0} again.': 'Erneut bei {1} anmelden.' }, /placeholders/],
    [
      'translates a name of the code',
      { 'the.key': 'Der Name in `oidc.anbieter`.\n[An](command:oidc.signIn)' },
      /code/,
    ],
    ['leads elsewhere', { 'the.key': 'Der Name in `oidc.providers`.\n[An](command:oidc.signOut)' }, /links/],
    ['is of a text that is gone', { Gone: 'Weg' }, /no longer a text: Gone/],
    ['ends otherwise', { 'Sign in to {0} again.': 'Melden Sie sich erneut bei {0} an' }, /ends otherwise/],
  ];
  for (const [what, texts, problem] of wrong) {
    it(`are refused where one ${what}`, () => {
      const problems = problemsOf(translation(texts));
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', problem);
    });
  }

  it('are accepted where nothing is wrong', () => {
    assert.deepEqual(problemsOf(translation({})), []);
  });

  const misspelled = ['Quoi ?', 'Ici :', 'un ; deux', '« a »', "l'un", '«a»', '“a”'];
  for (const text of misspelled)
    it(`are refused in French where one is set like ${text}`, () => {
      const french = { ...translation({}), language: 'fr', written: { a: `A${text.slice(-1)}` } };
      assert.match(problemsOf({ ...french, texts: { a: text } }).join(), /^fr: misspelled: [^,]*$/);
      const rightly = text
        .replaceAll(' ', '\u00a0')
        .replace("'", '’')
        .replace(/[«“]\u00a0?a\u00a0?[»”]/, '«\u00a0a\u00a0»');
      assert.deepEqual(problemsOf({ ...french, texts: { a: rightly } }), []);
    });
});
