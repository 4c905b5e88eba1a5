import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { followGuide, guideFiles, packageGuide } from '../client/guide/guideFolder.ts';
import { startProvider, type TestProvider } from '../client/guide/guideProvider.ts';
import { startCodeServer, type EditorServer } from '../editor/codeServer.ts';
import { launchChromium } from '../editor/install/chromium.ts';
import { packageAll } from '../editor/packages/packages.ts';
import { temporaryFolder, type TemporaryFolder } from '../editor/process/temporaryFolder.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { openWorkbench, type Workbench } from '../editor/workbench.ts';
import { signIn } from '../manifest/client/playwright.ts';

/** In seconds: several of these pass. */
const tokenLifetime = 12;

/** In the web worker, as the guide says to try that. What would run on the server fails. */
async function useWebBuild(extension: string): Promise<void> {
  const file = join(extension, 'package.json');
  const { extensionDependencies, scripts, ...manifest } = JSON.parse(await readFile(file, 'utf8')) as {
    extensionDependencies: string[];
    scripts: Record<string, string>;
  };
  const changed = {
    ...manifest,
    extensionPack: extensionDependencies,
    scripts: { ...scripts, 'vscode:prepublish': 'npm run build:web' },
  };
  await writeFile(file, JSON.stringify(changed));
  await mkdir(join(extension, 'dist'));
  await writeFile(join(extension, 'dist', 'extension.cjs'), "throw new Error('This is not a web worker.');");
}

const hosts: readonly [where: string, settings: object, prepare: (extension: string) => Promise<void>][] = [
  ['on a server', {}, () => Promise.resolve()],
  ['in a web worker', { 'remote.extensionKind': { 'example.reports': ['web'] } }, useWebBuild],
];

for (const [where, kind, prepare] of hosts)
  describe(`the first extension of the guide, in a real VS Code ${where}`, function () {
    this.timeout(180_000);
    let folder: TemporaryFolder;
    let provider: TestProvider;
    let editor: EditorServer;
    let browser: Browser;
    let window: Workbench;

    before(async () => {
      folder = await temporaryFolder('guide');
      const extension = await followGuide(folder.path);
      await prepare(extension);
      provider = await startProvider(extension, '--host=idp.localhost', `--token-lifetime=${tokenLifetime}`);
      const { settings, api, webSocket } = provider;
      const theirs = JSON.parse((await guideFiles()).get('settings.json') ?? '') as object;
      const [ours = ''] = await packageAll();
      editor = await startCodeServer({
        extensions: [ours, await packageGuide(extension)],
        settings: { ...theirs, ...settings, ...kind, 'reports.api': api, 'reports.webSocket': webSocket },
      });
      browser = await launchChromium();
      window = await openWorkbench(await browser.newContext(), editor.url(), { agrees: false });
    });
    after(async () => {
      await browser?.close();
      await editor?.close();
      provider?.stop();
      await folder?.remove();
    });

    const message = async (): Promise<unknown> => {
      const { message: shown } = await window.waitForNotification(/^200: /);
      await window.clearNotifications();
      return JSON.parse(shown.slice('200: '.length));
    };
    const received = async (): Promise<number> => {
      const text = await window.page.locator('.statusbar').innerText();
      return Number(/Reports received: (\d+)/.exec(text)?.[1] ?? 0);
    };

    it('signs in, and calls the API', async () => {
      await window.runCommand('Show My Reports');
      await signIn(window.page);
      assert.partialDeepStrictEqual(await message(), { method: 'GET' });
    });

    it('signs in again where the API requires more', async () => {
      await window.runCommand('Open the Vault');
      await signIn(window.page);
      assert.partialDeepStrictEqual(await message(), { caller: { acr: 'urn:example:gold' } });
    });

    it('stays connected and signed in while tokens expire', async () => {
      await window.runCommand('Subscribe to Reports');
      // Each connection receives who it is, and what it sent: this is the fourth one.
      await waitFor('the fourth connection', async () => {
        // It must not have ended.
        for (const { message: shown } of await window.notifications()) throw new Error(shown);
        return (await received()) >= 8 || undefined;
      });
      await window.runCommand('Show My Reports');
      assert.partialDeepStrictEqual(await message(), { caller: { acr: 'urn:example:gold' } });
    });
  });
