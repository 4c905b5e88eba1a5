import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageConsumer } from '../../editor/packages/consumer.ts';
import { packageManifestOnly, packagePolicy } from '../../editor/packages/manifestOnly.ts';
import { packageExtension } from '../../editor/packages/packageExtension.ts';
import { terminals } from '../../editor/packages/extensions.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { bundleHostTests } from './bundleHostTests.ts';
import { laterExtensionsVariable } from './laterExtensions.ts';
import { chosenTests, type ChosenTests } from '../selection.ts';
import { countLine, readCount, resultVariable, type Count } from '../count.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/**
 * Two extensions without code that bring providers, both one with the id `acme`; one of the second is wrong. A third
 * allows certain issuers.
 */
async function packageLaterExtensions(): Promise<string[]> {
  const at = (host: string, label: string) => ({ label, issuer: `https://${host}`, clientId: 'editor' });
  return [
    await packageManifestOnly({ acme: at('login.acme.example', 'Acme') }),
    await packageManifestOnly(
      {
        acme: at('login.zeta.example', 'Acme of Zeta'),
        broken: { label: 'Broken', issuer: 'http://login.zeta.example' },
        zeta: at('login.zeta.example', 'Zeta'),
      },
      'example-zeta',
    ),
    await packagePolicy(),
  ];
}

/** What both kinds of host run. */
interface PreparedHostTests {
  readonly extensionDevelopmentPath: string;
  readonly extensionTestsPath: string;
  /** Other extensions that have to be installed, as VSIX files. */
  readonly extensions: readonly string[];
  /** The person's settings. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Builds our extension, the tests and the extension that uses ours. */
async function prepareHostTests(chosen: ChosenTests): Promise<PreparedHostTests> {
  const extensionTestsPath = join(repository, 'dist', 'test', 'host.cjs');
  const forTerminals = await packageExtension({ of: terminals });
  const files = chosen.files.map(file => join(repository, file));
  await bundleHostTests({
    ...chosen,
    folder: join(repository, 'test', 'host'),
    files,
    outfile: extensionTestsPath,
  });
  return {
    extensionDevelopmentPath: repository,
    extensionTestsPath,
    extensions: [await packageConsumer(), forTerminals],
    // The extension has to start without its provider: nobody listens on port 1.
    settings: {
      'oidc.providers': {
        oidc: {
          label: 'Unreachable',
          issuer: 'http://unreachable.localhost:1',
          clientId: 'editor',
          allowLoopbackHttp: true,
        },
      },
    },
  };
}

/** One run of the prepared tests in some editor. */
export interface HostRun extends PreparedHostTests {
  /** Empty, and gone after the run. */
  readonly folder: string;
  /** Has to reach the extension host. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Prepares the tests, lets `start` run an editor that runs them, and ends with the count line. An editor that
 * ends without having run the tests is a failure, and so is one that fails after they all passed.
 */
export async function runHostTests(start: (run: HostRun) => Promise<unknown>): Promise<void> {
  const prepared = await prepareHostTests(chosenTests(process.argv.slice(2), ['host']));
  const later = JSON.stringify(await packageLaterExtensions());
  const folder = await temporaryFolder('host');
  const result = join(folder.path, 'result.txt');
  let count: Count = { passed: 0, failed: 1 };
  try {
    const env = {
      [resultVariable]: result,
      [laterExtensionsVariable]: later,
      ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    };
    let ended = false;
    try {
      await start({ ...prepared, folder: folder.path, env });
      ended = true;
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error));
    }
    const found = existsSync(result) ? readCount(await readFile(result, 'utf8')) : undefined;
    if (found) count = ended || found.failed > 0 ? found : { ...found, failed: 1 };
    if (found?.passed === 0 && found.failed === 0) count = { passed: 0, failed: 1 };
  } finally {
    await folder.remove();
  }
  console.log(countLine(count));
  process.exitCode = count.failed > 0 ? 1 : 0;
}

/** A person's settings as a file in `folder`, which is created. */
export async function writeSettings(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'settings.json');
  await writeFile(file, JSON.stringify(settings, null, 2));
  return file;
}
