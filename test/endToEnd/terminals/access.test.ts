import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { openTerminal, readableTerminal, type Terminal } from '../../editor/workbench/terminal.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { waitForAgents } from './agents.ts';

const question = 'Let a program in a terminal use your account alice?';

/** What the entry of the status bar says, and to a screen reader. Undefined: there is none. */
const status = (window: Workbench): Promise<string | undefined> =>
  window.page.evaluate(
    () =>
      document.querySelector('[id="vscode-oidc.oidc-terminals.oidcTerminals"] [aria-label]')?.ariaLabel ??
      undefined,
  );

describe('what a person allowed to programs', function () {
  this.timeout(180_000);
  let stage: Stage;
  let folder: TemporaryFolder;
  let window: Workbench;
  let terminal: Terminal;

  before(async () => {
    folder = await temporaryFolder('access');
    stage = await openStage({
      terminals: true,
      env: { HOME: folder.path, XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: '' },
    });
    await stage.editor.writeSettings({
      ...stage.settings,
      ...readableTerminal,
      'oidcTerminals.accounts': {
        company: { provider: 'oidc', scopes: ['openid'], hosts: ['git.example.com'] },
      },
    });
    window = await stage.openWindow(await stage.newPerson());
    await waitForAgents(stage, 1);
    terminal = await openTerminal(window, folder.path);
  });
  after(async () => {
    await stage?.close();
    await folder?.remove();
  });

  it('is in the status bar once a program has had a token, and a click lists which', async () => {
    assert.equal(await status(window), undefined);
    const asking = await terminal.start('vscode-oidc token company');
    const page = window.nextPage();
    await window.acceptDialog('Allow');
    await signInOnPage(await page, people.alice);
    await window.acceptDialog('Always in This Workspace', question);
    assert.equal((await asking()).code, 0);
    const said = 'A program in a terminal got a token in this window. Click to see which.';
    await waitFor('the entry', async () => (await status(window)) === said);
    await window.page.locator('[id="vscode-oidc.oidc-terminals.oidcTerminals"] a').click();
    await window.quickInput.read(
      'Tokens for programs',
      ({ items: [first = '', ...others] }) =>
        others.length === 0 && /“vscode-oidc token”.*Token of alice.*company · openid/s.test(first),
    );
    await window.screenshot('terminal-activity');
    await window.quickInput.cancel();
  });

  it('is taken back in the list, and the next program is asked about again', async () => {
    assert.equal((await terminal.run('vscode-oidc token company')).code, 0);
    await window.runCommand('OIDC Terminals: Manage Access…');
    await window.quickInput.read('Access for programs', ({ items }) =>
      /company.*Always in This Workspace/s.test(items.join()),
    );
    await window.quickInput.pick(/^company/);
    const asking = await terminal.start('vscode-oidc token company');
    await window.acceptDialog('Allow for 12 Hours', question);
    assert.equal((await asking()).code, 0);
  });

  it('counts for nothing while tokens are locked, and the status bar says so', async () => {
    await window.runCommand('OIDC Terminals: Lock');
    await waitFor('the entry', async () => /until you unlock/.test((await status(window)) ?? ''));
    const { err, code } = await terminal.run('vscode-oidc token company');
    assert.equal(code, 4);
    assert.match(err, /Tokens are locked/);
    await window.runCommand('OIDC Terminals: Unlock');
    await window.acceptDialog('Unlock');
    await waitFor('the entry', async () => /got 3 tokens/.test((await status(window)) ?? ''));
    await window.runCommand('OIDC Terminals: Show Activity…');
    await window.quickInput.read('Tokens for programs', ({ items: [first = ''] }) =>
      first.includes('Refused: locked'),
    );
    await window.quickInput.cancel();
  });

  it('puts a header on the clipboard', async () => {
    await window.runCommand('OIDC Terminals: Copy Authorization Header');
    await window.waitForNotification(/^The Authorization header of company is on the clipboard/);
    const { out } = await terminal.run('vscode-oidc header company');
    await eventually(async () =>
      assert.equal(`${await window.page.evaluate(() => navigator.clipboard.readText())}\n`, out),
    );
  });

  it('sets up git after showing what it writes, and undoes that', async () => {
    const settings = () => readFile(join(folder.path, '.gitconfig'), 'utf8').catch(() => '');
    const choose = async (): Promise<void> => {
      await window.runCommand('OIDC Terminals: Set Up Tool…');
      await window.quickInput.read('Tool to set up');
      await window.quickInput.pick(/^git: git\.example\.com/);
    };
    await choose();
    const { detail } = await window.readDialog('Set up git: git.example.com?');
    assert.match(detail, /git config --global --add \S+ '!vscode-oidc git-credential company'/);
    assert.equal(await settings(), '');
    await window.screenshot('terminal-set-up');
    await window.acceptDialog('Set Up');
    await window.waitForNotification('git: git.example.com is set up.');
    await eventually(async () =>
      assert.match(await settings(), /helper = !vscode-oidc git-credential company/),
    );
    await choose();
    await window.acceptDialog('Undo', 'git: git.example.com is set up already. Undo it?');
    await window.waitForNotification('git: git.example.com is no longer set up.');
    await eventually(async () => assert.doesNotMatch(await settings(), /vscode-oidc/));
  });

  it('is nothing that a key has agreed to, typed in a terminal while the question came', async () => {
    await window.runCommand('OIDC Terminals: Manage Access…');
    await window.quickInput.pick(/^company/);
    const asking = await terminal.start('vscode-oidc token company');
    await window.readDialog(question);
    await window.page.keyboard.press('Enter');
    const { out, code } = await asking();
    assert.deepEqual([out, code === 0], ['', false]);
    await window.runCommand('OIDC Terminals: Manage Access…');
    await window.waitForNotification('Nothing is allowed or refused in this workspace.');
  });
});
