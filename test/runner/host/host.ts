/** `npm run test:host`: the tests of `test/host` in VS Code's server, with its workbench in headless Chromium. */
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { findChromium } from '../../editor/install/chromium.ts';
import { installCodeServer } from '../../editor/install/codeServerInstall.ts';
import { runHostTests, writeSettings } from './hostTests.ts';

const launcher = join(import.meta.dirname, '..', '..', 'editor', 'launcher.ts');

// Both may take a while the first time; not while an editor is waiting.
await installCodeServer();
const chromium = await findChromium();

await runHostTests(
  async ({ extensionDevelopmentPath, extensionTestsPath, extensions, settings, folder, env }) =>
    runTests({
      extensionDevelopmentPath,
      extensionTestsPath,
      // The launcher is a script, so the program is the Node that runs us.
      vscodeExecutablePath: process.execPath,
      launchArgs: [
        launcher,
        `--user-settings=${await writeSettings(folder, settings)}`,
        ...extensions.map(vsix => `--install-extension=${vsix}`),
      ],
      extensionTestsEnv: { ...env, CHROMIUM_PATH: chromium },
      reuseMachineInstall: true,
    }),
);
