import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ESLint } from 'eslint';
import { shown, type Shown } from '../../../src/platform/shown.ts';
import type { Item, window } from '../../../src/ui/show.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const { rawTexts } = (await import(pathToFileURL(join(repository, 'eslint.config.js')).href)) as {
  readonly rawTexts: readonly { readonly selector: string }[];
};

const linter = new ESLint({
  cwd: repository,
  ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax',
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

async function refused(text: string, file = 'src/ui/planted.ts'): Promise<number> {
  const results = await linter.lintText(text, { filePath: join(repository, file) });
  return results.flatMap(({ messages }) => messages).length;
}

const whole = "import * as vscode from 'vscode';\n";

/** For each rule, in its place, what it is there for. */
const planted: readonly string[] = [
  `${whole}void vscode.window.showErrorMessage(text);`,
  `${whole}export const title = vscode.l10n.t('Sign in to {0}', host);`,
  `${whole}export const item = new vscode.TreeItem(text);`,
  `${whole}const { window } = vscode;`,
  "import { window } from 'vscode';",
  "import * as l10n from '@vscode/l10n';",
  'view.badge = { value: 1, tooltip: text };',
  `${whole}vscode.commands.registerCommand(id, run);`,
];

describe('the linter', () => {
  it('has an example of everything that it refuses because of shown text', () => {
    assert.equal(planted.length, rawTexts.length);
  });

  for (const text of planted) {
    it(`refuses ${text.replace(whole, '')}`, async () => {
      assert.equal(await refused(text), 1);
      assert.equal(await refused(text, 'terminals/src/planted.ts'), 1);
      assert.equal(await refused(text, 'src/ui/show.ts'), 0);
    });
  }

  for (const name of ['showInputBox', 'createQuickPick', 'withProgress', 'createWebviewPanel'])
    it(`refuses the editor’s own ${name}`, async () => {
      assert.equal(await refused(`${whole}void vscode.window.${name}({ title });`), 1);
    });

  it('leaves what shows nothing', async () => {
    assert.equal(await refused(`${whole}export const isFocused = () => vscode.window.state.focused;`), 0);
    assert.equal(await refused(`${whole}if (vscode.l10n.bundle) speak(vscode.l10n.bundle);`), 0);
  });
});

describe('what shows text', () => {
  it('takes nothing but what has passed', () => {
    const foreign: string = 'from a server';
    const show = (_window: typeof window): void => {
      // @ts-expect-error a message
      void _window.showErrorMessage(foreign);
      // @ts-expect-error a button
      void _window.showErrorMessage(shown('Failed.'), foreign);
      // @ts-expect-error a title
      void _window.showInputBox({ title: foreign });
      // @ts-expect-error a title of progress
      void _window.withProgress({ location: 15, title: foreign }, () => Promise.resolve());
      void _window.withProgress({ location: 15, title: shown('Signing in') }, progress => {
        // @ts-expect-error a message of progress
        progress.report({ message: foreign });
        return Promise.resolve();
      });
      // @ts-expect-error the status bar
      _window.setStatusBarMessage(foreign, 5000);
      // @ts-expect-error a page
      _window.createWebviewPanel('page', shown('Page'), { viewColumn: 1 }, {}).webview.html = foreign;
      // @ts-expect-error a line of the log
      _window.createOutputChannel(shown('Log'), { log: true }).info(foreign);
    };
    assert.equal(typeof show, 'function');
    // @ts-expect-error a row of a list
    const item: Item = { label: foreign };
    // @ts-expect-error nor is it made by joining texts that have passed
    const text: Shown = `${shown('a')} ${foreign}`;
    assert.ok(item && text);
  });
});
