import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { extensions } from '../../editor/packages/extensions.ts';
import { earlyTexts, untranslatedTexts } from '../../manifest/translations/untranslated.ts';

const root = new URL('../../../', import.meta.url);

/**
 * What windows say to each other, what extensions build with, what is written on the pages of products, and tables, whose
 * texts the bundle has from there. What commands in a terminal print is English, as other programs read it too.
 */
const elsewhere =
  /^(?:src\/(?:windows|client|platform|protocol\/failures|providers\/presets\/(?!presets\.ts)|signIn\/diagnosis\/clickPaths)|terminals\/src\/(?:agent|command|consent\/accounts|editor\/(?:handle|lookUp\/providers|tools\/recipes|scripts)))/;

/** Texts that are the same in every language, each with why. */
const sameEverywhere: Readonly<Record<string, readonly string[]>> = {
  'names of this extension, which providers and extensions know': [
    'OpenID Connect',
    'OpenID Connect Authentication',
    'OpenID Connect Authentication for VS Code',
    'OpenID Connect for Terminals',
  ],
  'names of accounts: the editor keeps by them what a person has allowed': ['service: ¤'],
  'keys and codes': ['Authorization: Bearer ¤', 'messages not shown again', 'status ¤', '¤ GMT'],
  'words of the log, which is English': [
    'its token ends',
    'signed out',
    'its token was replaced',
    'its settings have changed',
    'its permission was taken back',
    'its provider has changed',
    'no refresh token',
  ],
  'thrown to authors of extensions whose session is no longer the current one': [
    'This session has been renewed or ended: ask the editor for it again.',
  ],
  'thrown to authors of extensions who want a proof that there is none for': [
    'This method, URL or nonce can’t be used.',
    'No proof is made for an endpoint of the identity provider.',
  ],
  'thrown to authors of extensions who hand on a challenge that is none': [
    'it holds too many challenges',
    'The server asks for neither a bearer token nor a DPoP-bound one.',
    'The server did not refuse the token but the request itself (invalid_request); another token does not help.',
    'The server did not refuse the token but the proof with it (¤); another token does not help.',
    'its scope names a resource',
    "The server's challenge (WWW-Authenticate) cannot be used: ¤.",
    'its ¤ has too many values',
    'its ¤ is malformed',
    'its max_age is not a number of seconds',
    'its claims are too large',
    'its claims are malformed',
  ],
};

/** Each source file, and what stands in it. */
async function readSources(): Promise<{ name: string; contents: string }[]> {
  const folders = extensions.map(({ folder }) => `${folder}src`);
  const names = await Promise.all(
    folders.map(async folder =>
      (await readdir(new URL(folder, root), { recursive: true })).map(name => `${folder}/${name}`),
    ),
  );
  return Promise.all(
    names
      .flat()
      .map(name => name.replaceAll('\\', '/'))
      .filter(name => name.endsWith('.ts'))
      .map(async name => ({ name, contents: await readFile(new URL(name, root), 'utf8') })),
  );
}

describe('what a person reads', () => {
  it('is asked for when it is needed, not before the language is known', async () => {
    const all = await readSources();
    assert.deepEqual(
      all.flatMap(({ name, contents }) => earlyTexts(name, contents)),
      [],
    );
    const early = `const title = l10n.t('Sign In');\nconst later = () => l10n.t('Sign In');`;
    assert.deepEqual(earlyTexts('file.ts', early), [`file.ts:1: 'Sign In'`]);
  });

  it('is given to l10n.t wherever it stands in the sources', async () => {
    const own = (await readSources()).filter(({ name }) => !elsewhere.test(name));
    assert.ok(own.length > 100);
    const found = own.map(({ name, contents }) => untranslatedTexts(name, contents));
    const allowed = Object.values(sameEverywhere).flat();
    const textOf = (entry: string): string => entry.slice(entry.indexOf(': ') + 2);
    assert.deepEqual(
      found.flat().filter(entry => !allowed.includes(textOf(entry))),
      [],
      'put it into l10n.t, run `npm run generate`, and translate it',
    );
    const seen = new Set(found.flat().map(textOf));
    assert.deepEqual(
      allowed.filter(text => !seen.has(text)),
      [],
      'these stand in no source any more',
    );
  });

  const forgotten: readonly [string, string][] = [
    ['a message', `void vscode.window.showInformationMessage('You are signed out.');`],
    ['a message with a value', 'void vscode.window.showErrorMessage(`Signed in to ${label}.`);'],
    ['a button', `void vscode.window.showWarningMessage(message, 'Cancel');`],
    ['a button with a name', `const button = 'Diagnose';`],
    ['one of two texts', `const title = isNew ? l10n.t('First sign-in') : 'Another sign-in';`],
    ['a title of a list', `await vscode.window.showQuickPick(items, { title: 'Which account?' });`],
    ['what stands in an empty box', `input.show({ placeHolder: 'Enter an address' });`],
    ['a progress', `await vscode.window.withProgress({ location, title: 'Signing in…' }, run);`],
    ['a label of one word', `const row = { id: 1, label: 'Accounts' };`],
    ['an item with an icon', `items.push({ label: '$(key) Enter a client id' });`],
    ['a tree item', 'item.tooltip = `Sign in to ${label}`;'],
    ['a reason', `throw new Failure('response-invalid', { host, reason: 'it is empty, or not' });`],
    [
      'a part of a sentence',
      "const what = l10n.t('Signed in{0}', ` as ${label}`);\nreturn ` to ${label} again`;",
    ],
  ];
  for (const [what, source] of forgotten) {
    it(`is found where ${what} was forgotten`, () => {
      assert.equal(untranslatedTexts('file.ts', source).length, 1);
    });
  }

  const right: readonly [string, string][] = [
    ['translated', `showErrorMessage(l10n.t('Signed in to {0}.', label), l10n.t('Cancel'));`],
    ['an icon', "items.push({ label: `$(key) ${l10n.t('Enter a client id')}` });"],
    ['for the log', `log.warn('this way to sign in failed', { reason: 'it is closed' });`],
    ['an error of the code', `throw new Error('The provider is no longer configured.');`],
    ['a key', `const key = 'workbench.action.openSettings'; const other = { title: 'oidc.signIn' };`],
    ['a type', `type Title = 'Sign In' | 'Sign Out of it';`],
    ['a description of a setting', `const schema = v.pipe(v.string(), v.description('How to sign in.'));`],
  ];
  for (const [what, source] of right) {
    it(`is no such text if it is ${what}`, () => {
      assert.deepEqual(untranslatedTexts('file.ts', source), []);
    });
  }
});
