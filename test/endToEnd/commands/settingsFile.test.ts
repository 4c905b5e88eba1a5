import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { chooseClientId, connectTo, pasteClientId, rename, wizard } from '../../editor/workbench/wizard.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

/** A settings file with comments in each place, in the layout of whoever wrote it, and a comma behind the last entry. */
const commented = (label: string, end = '', byAuthor = 'https://login.example.com'): string =>
  `// My settings
{
   "window.confirmBeforeClose": "never", // I know
   "workbench.startupEditor": "none", "chat.disableAIFeatures": true,
   "oidc.signIn.method": "uri-handler",
   /* providers */ "oidc.providers": {
      // for work
      "work": { "label": "${label}", /* behind the VPN */ "issuer": "${byAuthor}", "clientId": "editor", },
      // "home": { "issuer": "https://home.example.com" },
${end}   }, // end of providers
   "workbench.tips.enabled": false,
}
// end
`;
const windowsLines = (text: string): string => text.replaceAll('\n', '\r\n');

describe('a person who wrote their settings by hand, with comments', function () {
  this.timeout(180_000);
  let stage: Stage;
  let window: Workbench;

  before(async () => {
    stage = await openStage({ settings: { 'oidc.signIn.method': 'uri-handler' } });
    await writeFile(join(stage.editor.workspace, 'notes.txt'), 'notes');
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
  });
  after(() => stage?.close());

  async function write(text: string): Promise<void> {
    await writeFile(stage.editor.settingsFile, text);
    await window.reload();
  }
  /** The whole file once it isn't what it was; it is empty while it is written. */
  const changed = (before: string): Promise<string> =>
    waitFor('the settings to change', async () => {
      const text = await readFile(stage.editor.settingsFile, 'utf8');
      return text !== '' && text !== before && text;
    });
  const tabs = (): Promise<string[]> =>
    window.page
      .locator('.tabs-container .tab')
      .evaluateAll(all => all.map(tab => tab.getAttribute('data-resource-name') ?? ''));

  const shownFile = () => window.page.locator('.monaco-editor[data-uri$="/settings.json"]');

  async function renameTo(label: string): Promise<void> {
    await window.runCommand('OIDC: Rename Identity Provider…');
    await window.quickInput.read(/Rename which/);
    await window.quickInput.pick('Work');
    await window.quickInput.read('Rename Work');
    await window.quickInput.type(label);
    await window.quickInput.accept();
  }

  async function add(name: string, meanwhile?: () => Promise<void>): Promise<void> {
    const { quickInput } = window;
    await window.runCommand('OIDC: Add Identity Provider…');
    await connectTo(window, stage.identityProvider.issuer);
    await chooseClientId(window);
    await pasteClientId(window, stage.identityProvider.clients.editorWeb.clientId);
    await rename(window, name);
    await quickInput.read(wizard.summary);
    const opened = window.nextPage();
    await quickInput.accept();
    const page = await opened;
    await page.waitForLoadState();
    await meanwhile?.();
    await signInOnPage(page, people.alice);
    await window.waitForNotification(`Signed in to ${name} as alice.`);
  }

  it('renames a provider: its label changes, and no other character, nor what they look at', async () => {
    const text = windowsLines(commented('Work'));
    await write(text);
    await window.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'notes.txt' }).click();
    await waitFor(
      async () => `the file; there is: ${(await tabs()).join()}`,
      async () => (await tabs()).join() === 'notes.txt',
    );
    await renameTo('Office');
    assert.equal(await changed(text), windowsLines(commented('Office')));
    await waitFor(
      async () => `the settings to be closed; there is: ${(await tabs()).join()}`,
      async () => (await tabs()).join() === 'notes.txt' && !(await shownFile().isVisible()),
    );
    assert.deepEqual(await window.notifications(), []);
  });

  it('adds a provider with the wizard: it comes behind the last comment', async () => {
    const text = commented('Work');
    await write(text);
    await add('Club');
    const now = await changed(text);
    const { issuer, clients } = stage.identityProvider;
    const start = now.indexOf('      "oidc": {');
    const end = now.indexOf('   }, // end of providers');
    assert.equal(now, commented('Work', now.slice(start, end)));
    assert.match(now.slice(start, end), /^ {6}"oidc": \{\n {9}"label": "Club",\n[^]*\n {6}\},\n$/);
    for (const value of [issuer, clients.editorWeb.clientId])
      assert.ok(now.slice(start, end).includes(JSON.stringify(value)), value);
  });

  it('removes a provider: the comments around it stay', async () => {
    const text = commented('Work');
    await write(text);
    await window.runCommand('OIDC: Remove Identity Provider…');
    await window.quickInput.read(/Remove which/);
    await window.quickInput.pick('Work');
    await window.acceptDialog('Remove', /^Remove Work\?/);
    const line = text.split('\n').find(each => each.includes('"work":'));
    assert.equal(await changed(text), text.replace(`${line}\n`, ''));
  });

  it('is told if the file has errors, and nothing in it changes until it is corrected', async () => {
    const text = commented('Work').replace('// end\n', ']');
    await write(text);
    await add('Society');
    await window.waitForNotification(/^Couldn’t add Society because the settings/);
    assert.equal(await readFile(stage.editor.settingsFile, 'utf8'), text);
    await writeFile(stage.editor.settingsFile, commented('Work'));
    await window.pressNotification(/^Couldn’t add Society because the settings/, 'Try Again');
    assert.match(await changed(commented('Work')), /"label": "Society",[^]*\/\/ end of providers/);
  });

  it('adds a provider to an empty file', async () => {
    await write('{ "oidc.signIn.method": "uri-handler" }');
    await add('First', () => writeFile(stage.editor.settingsFile, ''));
    const now = JSON.parse(await changed('')) as Record<string, Record<string, { label: string }>>;
    assert.deepEqual(
      Object.values(now['oidc.providers'] ?? {}).map(({ label }) => label),
      ['First'],
    );
  });
});
