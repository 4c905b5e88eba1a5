import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipEntries } from '../../editor/packages/zipEntries.ts';
import { npm } from '../../editor/install/npm.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import * as pages from '../../manifest/client/playwright.ts';
import { followGuide, guideFiles, packageGuide } from './guideFolder.ts';

describe('the first extension of the guide, in an empty folder', function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  let extension: string;

  before(async () => {
    folder = await temporaryFolder('guide');
    extension = await followGuide(folder.path);
  });
  after(() => folder?.remove());

  it('consists of these files', async () => {
    assert.deepEqual(
      [...(await guideFiles()).keys()],
      [
        'package.json',
        'tsconfig.json',
        'src/extension.ts',
        'src/reports.ts',
        'src/reports.test.ts',
        'settings.json',
      ],
    );
  });

  it('compiles', async () => {
    await npm(extension, ['run', 'check']);
    const file = join(extension, 'src', 'extension.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace("'provider', 'oidc'", "'provider', 7"));
    await assert.rejects(npm(extension, ['run', 'check']), /TS2345/);
    await writeFile(file, text);
  });

  it('has a test that runs, without a warning', async () => {
    assert.doesNotMatch(await npm(extension, ['test']), /Warning/);
    const file = join(extension, 'src', 'reports.test.ts');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('token-2', 'token-1'));
    await assert.rejects(npm(extension, ['test']), /token-1/);
    await writeFile(file, text);
  });

  it('is packaged with what it runs, and nothing else', async () => {
    const archive = await readFile(await packageGuide(extension));
    assert.deepEqual(
      zipEntries(archive)
        .filter(name => name.startsWith('extension/'))
        .sort(),
      ['extension/dist/extension.cjs', 'extension/dist/web.cjs', 'extension/package.json'],
    );
  });

  it('starts the provider that its settings name', async () => {
    const { scripts } = JSON.parse(await readFile(join(extension, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const settings = JSON.parse((await guideFiles()).get('settings.json') ?? '') as {
      'oidc.providers': { oidc: { issuer: string } };
      'reports.api': string;
      'reports.webSocket': string;
    };
    const [, port] = /--port (\d+)$/.exec(scripts['provider'] ?? '') ?? [];
    assert.deepEqual(
      [settings['oidc.providers'].oidc.issuer, settings['reports.api'], settings['reports.webSocket']],
      [
        `http://127.0.0.1:${port}`,
        `http://127.0.0.1:${Number(port) + 1}`,
        `ws://127.0.0.1:${Number(port) + 2}`,
      ],
    );
    assert.match(await npm(extension, ['run', 'provider', '--', '--help']), /--token-lifetime/);
  });

  it('has packages whose READMEs name what there is', async () => {
    const modules = join(extension, 'node_modules');
    const readme = await readFile(join(modules, 'oidc-test-provider', 'README.md'), 'utf8');
    const [, named = ''] =
      /([^\n.]+) of `oidc-authentication-client\/testing\/playwright`/.exec(readme) ?? [];
    const names = [...named.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    assert.ok(names.length > 0);
    assert.deepEqual(
      names.filter(name => !(name in pages)),
      [],
    );
  });
});
