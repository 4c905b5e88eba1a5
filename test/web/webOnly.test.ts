import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { build } from 'esbuild';
import { temporaryFolder, type TemporaryFolder } from '../editor/process/temporaryFolder.ts';
import type { WebExtension } from '../editor/webWorker/webWorker.ts';
import type { Workbench } from '../editor/workbench.ts';
import { signInOnPage } from '../manifest/client/playwright.ts';
import { people } from '../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../stage/stage.ts';

describe('a web-only extension where this one runs in Node', function () {
  this.timeout(240_000);
  let folder: TemporaryFolder;
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  const id = 'vscode-oidc.oidc-authentication';
  async function webOnly(name: string, manifest: object): Promise<WebExtension> {
    const its = join(folder.path, name);
    await mkdir(its);
    await build({
      entryPoints: [join(import.meta.dirname, 'webOnly.ts')],
      outfile: join(its, 'extension.js'),
      bundle: true,
      format: 'cjs',
      platform: 'browser',
      external: ['vscode'],
    });
    const contributes = { commands: [{ command: `${name}.ask`, title: `${name}: Ask` }] };
    const common = { name, publisher: 'example', version: '1.0.0', engines: { vscode: '^1.105.0' } };
    await writeFile(
      join(its, 'package.json'),
      JSON.stringify({ ...common, browser: './extension.js', contributes, ...manifest }),
    );
    const files = new Set(['package.json', 'extension.js']);
    return { read: async name => (files.has(name) ? readFile(join(its, name)) : undefined) };
  }

  before(async () => {
    folder = await temporaryFolder('web-only');
    stage = await openStage({
      webExtensions: [
        await webOnly('depending', { extensionDependencies: [id] }),
        await webOnly('packing', { extensionPack: [id] }),
        await webOnly('alone', {}),
      ],
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(async () => {
    await stage?.close();
    await folder?.remove();
  });
  beforeEach(() => window.reload());

  it('is not started with `extensionDependencies`', async () => {
    await window.runCommand('depending: Ask');
    await window.waitForNotification(
      /^Cannot activate the 'depending' extension because it depends on the 'OpenID Connect Authentication' extension/,
    );
  });

  for (const [what, name] of [
    ['with `extensionPack`', 'packing'],
    ['without either', 'alone'],
  ] as const) {
    it(`gets sessions and what is known about them ${what}`, async () => {
      const isFirst = stage.identityProvider.requests.length === 0;
      const opens = isFirst ? window.nextPage() : undefined;
      await window.runCommand(`${name}: Ask`);
      await window.acceptDialog('Allow', new RegExp(name));
      if (opens) await signInOnPage(await opens, people.alice);
      else await window.quickInput.pick(/^alice/);
      const { message } = await window.waitForNotification(/^\{/);
      assert.deepEqual(JSON.parse(message), {
        label: 'alice',
        expires: true,
        groups: people.alice.groups,
        isSeen: false,
        isKnown: true,
      });
    });
  }
});
