/** `npm run test:desktop`: the tests of `test/host` in the desktop build of VS Code, which is downloaded. */
import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests, runVSCodeCommand } from '@vscode/test-electron';
import { countLine } from '../count.ts';
import { runHostTests, writeSettings } from './hostTests.ts';

const version = 'stable';

async function download(): Promise<string | undefined> {
  try {
    return await downloadAndUnzipVSCode(version);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(
      `The site that VS Code is downloaded from can't be reached (${why}): ` +
        '`npm run test:host` runs the same tests in the web build, which comes from npm.',
    );
    return undefined;
  }
}

const vscodeExecutablePath = await download();
if (vscodeExecutablePath === undefined) {
  console.log(countLine({ passed: 0, failed: 1 }));
  process.exitCode = 1;
} else {
  await runHostTests(
    async ({ extensionDevelopmentPath, extensionTestsPath, extensions, settings, folder, env }) => {
      // The path stays short: a socket lies in it, and the length of a socket's path is limited.
      const userData = join(folder, 'user');
      const profile = [`--user-data-dir=${userData}`, `--extensions-dir=${join(folder, 'extensions')}`];
      await writeSettings(join(userData, 'User'), settings);
      for (const vsix of extensions) {
        await runVSCodeCommand([...profile, '--install-extension', vsix], {
          version,
          reuseMachineInstall: true,
        });
      }
      await runTests({
        extensionDevelopmentPath,
        extensionTestsPath,
        vscodeExecutablePath,
        launchArgs: [...profile, '--password-store=basic'],
        extensionTestsEnv: env,
        reuseMachineInstall: true,
      });
    },
  );
}
