import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, transform, type BuildOptions } from 'esbuild';
import { run } from '../editor/process/childProcess.ts';
import { npm } from '../editor/install/npm.ts';
import { temporaryFolder, type TemporaryFolder } from '../editor/process/temporaryFolder.ts';
import { packageClient, singleFile } from '../manifest/client/clientPackage.ts';
import { startChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import { people } from '../servers/identityProvider/people.ts';
import type * as Client from '../../src/client/index.ts';
import { openSignedInEditor } from './signedInEditor.ts';

const repository = join(import.meta.dirname, '..', '..');
const name = 'oidc-authentication-client';

/** As an extension would use it. */
const extension = (from: string) => `
import * as vscode from 'vscode';
import { authorizedFetch, onDidChangeAccount, type AuthorizedFetchOptions, type SessionInfo } from '${from}';

const options: AuthorizedFetchOptions = { detail: 'Why we ask.' };

export async function whoAmI(api: string): Promise<number> {
  const response = await authorizedFetch('oidc', ['openid', 'profile'], options)(api);
  return response.status;
}

export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(onDidChangeAccount('oidc', ['openid'], account => void account?.label));
}

export const labelOf = (info: SessionInfo): string => info.account.label;
`;

describe('the client helpers as a package', function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  let consumer: string;
  let tarball: string;

  before(async () => {
    folder = await temporaryFolder('client-package');
    tarball = await packageClient(join(folder.path, 'built'));
    consumer = join(folder.path, 'consumer');
    await mkdir(consumer);
    await writeFile(join(consumer, 'package.json'), '{ "name": "some-extension", "version": "1.0.0" }');
    await npm(consumer, ['install', '--offline', '--no-audit', '--no-fund', tarball]);
    // What every extension has anyway.
    await mkdir(join(consumer, 'node_modules', '@types'));
    for (const types of ['node', 'vscode']) {
      const path = join('node_modules', '@types', types);
      await symlink(join(repository, path), join(consumer, path), 'junction');
    }
  });
  after(() => folder?.remove());

  const installed = (file = '') => join(consumer, 'node_modules', name, file);
  const types = (compilerOptions: object, files: readonly string[]) => {
    const usual = {
      target: 'es2022',
      lib: ['es2022'],
      types: ['node', 'vscode'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    };
    const config = { compilerOptions: { ...usual, ...compilerOptions }, files };
    return writeFile(join(consumer, 'tsconfig.json'), JSON.stringify(config)).then(() =>
      run(process.execPath, [join(repository, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', consumer], {
        cwd: consumer,
      }),
    );
  };
  /** The package does its work: it signs in, and stronger where the server asks for that. */
  const works = async ({ authorizedFetch }: typeof Client): Promise<void> => {
    const surroundings = await openSignedInEditor();
    const api = await startChallengingApi({ issuer: surroundings.identityProvider.issuer });
    try {
      await surroundings.reset();
      const call = authorizedFetch('oidc', ['openid', 'profile']);
      const response = await call(`${api.url}/whoami`);
      assert.partialDeepStrictEqual(await response.json(), { caller: { sub: people.alice.sub } });
      assert.equal((await call(`${api.url}/vault`)).status, 200);
      assert.equal(surroundings.signIns(), 2);
    } finally {
      await api.close();
      await surroundings.close();
    }
  };

  it('holds these files, and depends on nothing', async () => {
    assert.deepEqual((await readdir(installed())).sort(), [
      'LICENSE',
      'README.md',
      'checkApi.js',
      'oidcClient.cjs',
      'oidcClient.d.cts',
      'oidcClient.d.ts',
      'oidcClient.js',
      singleFile,
      'package.json',
      'playwright.cjs',
      'playwright.d.cts',
      'playwright.d.ts',
      'playwright.js',
      'register.js',
      'testing.cjs',
      'testing.d.cts',
      'testing.d.ts',
      'testing.js',
    ]);
    const manifest = JSON.parse(await readFile(installed('package.json'), 'utf8')) as Record<string, unknown>;
    const ours = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(manifest['version'], ours['version']);
    assert.deepEqual(manifest['engines'], ours['engines']);
    assert.equal(manifest['dependencies'], undefined);
    assert.deepEqual(manifest['peerDependencies'], { '@types/vscode': '>=1.105.0' });
    assert.deepEqual(
      (await readdir(join(consumer, 'node_modules'))).filter(entry => !entry.startsWith('.')),
      ['@types', name],
    );
    // What TypeScript 5.0 does not know.
    assert.doesNotMatch(
      await readFile(installed('oidcClient.d.ts'), 'utf8'),
      /Uint8Array<|const T |accessor /,
    );
    for (const file of ['oidcClient.js', 'oidcClient.cjs', singleFile]) {
      const text = await readFile(installed(file), 'utf8');
      const needed = [...text.matchAll(/(?:from |require\()["']([^"']+)["']/g)].map(([, needs]) => needs);
      assert.deepEqual(needed, ['vscode'], file);
    }
  });

  it('exports what the helpers of the sources export', async () => {
    const helpers = (await import('../../src/client/index.ts')) as object;
    const packaged = (await import(pathToFileURL(installed('oidcClient.js')).href)) as object;
    assert.deepEqual(Object.keys(packaged).sort(), Object.keys(helpers).sort());
  });

  describe('has types for an extension', () => {
    const kinds: [what: string, type: string, options: object][] = [
      ['of ECMAScript modules', 'module', { module: 'nodenext', skipLibCheck: false }],
      ['of CommonJS modules', 'commonjs', { module: 'node16' }],
      ['that is bundled', 'commonjs', { module: 'esnext', moduleResolution: 'bundler' }],
      [
        'that runs in a browser too',
        'module',
        { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] },
      ],
    ];
    for (const [what, type, options] of kinds) {
      it(what, async () => {
        await writeFile(join(consumer, 'package.json'), JSON.stringify({ name: 'some-extension', type }));
        await writeFile(join(consumer, 'extension.ts'), extension(name));
        await types(options, ['extension.ts']);
      });
    }

    it('that compiles what its own README shows', async () => {
      const readme = await readFile(installed('README.md'), 'utf8');
      const [, shown = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
      assert.match(shown, /authorizedFetch/);
      await writeFile(join(consumer, 'readme.ts'), `${shown}\nvoid response;`);
      await writeFile(join(consumer, 'package.json'), '{ "name": "some-extension", "type": "module" }');
      await types({ module: 'nodenext' }, ['readme.ts']);
    });

    it('which tell it what is wrong', async () => {
      await writeFile(join(consumer, 'wrong.ts'), extension(name).replace("['openid', 'profile']", '7'));
      await assert.rejects(types({ module: 'nodenext' }, ['wrong.ts']), /TS2345/);
    });
  });

  describe('works', () => {
    it('as an ECMAScript module', async () =>
      works((await import(pathToFileURL(installed('oidcClient.js')).href)) as typeof Client));

    it('as a CommonJS module', () => works(createRequire(join(consumer, 'x.js'))(name) as typeof Client));

    it('bundled with an extension', async () => {
      await writeFile(join(consumer, 'extension.ts'), `${extension(name)}\nexport * from '${name}';`);
      const outfile = join(consumer, 'dist', 'extension.cjs');
      const common: BuildOptions = {
        absWorkingDir: consumer,
        bundle: true,
        format: 'cjs',
        external: ['vscode'],
      };
      const { warnings } = await build({
        ...common,
        entryPoints: ['extension.ts'],
        outfile,
        platform: 'node',
      });
      assert.deepEqual(warnings, []);
      await works(createRequire(outfile)(outfile) as typeof Client);
      // The same for a web worker.
      await build({ ...common, entryPoints: ['extension.ts'], write: false, platform: 'browser' });
    });
  });

  describe('has what tests of an extension need', () => {
    /** The test that the guide shows. */
    const shown = async (): Promise<string> => {
      const text = await readFile(join(import.meta.dirname, 'guide', 'guideTesting.ts'), 'utf8');
      const [, region = ''] = /#region testing\n([\s\S]*?)\/\/ #endregion/.exec(text) ?? [];
      return region
        .replace('../../../src/client/index.ts', name)
        .replace('../../manifest/client/testing.ts', `${name}/testing`);
    };
    for (const [type, file] of [
      ['module', 'extension.test.ts'],
      ['commonjs', 'extension.test.cjs'],
    ] as const) {
      it(`in a package of the type ${type}`, async () => {
        await writeFile(join(consumer, 'package.json'), JSON.stringify({ name: 'some-extension', type }));
        const { code } = await transform(await shown(), {
          loader: 'ts',
          format: type === 'module' ? 'esm' : 'cjs',
        });
        await writeFile(join(consumer, file), type === 'module' ? await shown() : code);
        await run(process.execPath, ['--import', `${name}/testing/register`, '--test', file], {
          cwd: consumer,
        });
        await writeFile(join(consumer, file), code.replace('token-2', 'token-1'));
        const failing = run(process.execPath, ['--import', `${name}/testing/register`, '--test', file], {
          cwd: consumer,
        });
        await assert.rejects(failing, 'the tests are run');
      });
    }

    it('and has forgotten everything in the next test', async () => {
      await writeFile(join(consumer, 'package.json'), '{ "name": "some-extension", "type": "module" }');
      const twice = `
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { describeSession, requireSession } from '${name}';
import { editor } from '${name}/testing';
afterEach(() => editor.reset());
for (const time of ['first', 'second']) {
  void test(\`declines the \${time} time\`, async () => {
    editor.person = undefined;
    await assert.rejects(requireSession('oidc', ['openid']), { code: 'declined' });
    assert.deepEqual(editor.questions, ['oidc openid']);
  });
  void test(\`agrees the \${time} time\`, async () => {
    const session = await requireSession('oidc', ['openid']);
    assert.equal(session.accessToken, 'token-1');
    const { tokenType, missingScopes } = (await describeSession(session)) ?? assert.fail();
    assert.deepEqual([tokenType, missingScopes], ['Bearer', []]);
  });
}`;
      await writeFile(join(consumer, 'twice.test.ts'), twice);
      await run(process.execPath, ['--import', `${name}/testing/register`, '--test', 'twice.test.ts'], {
        cwd: consumer,
      });
    });

    it('and signs in on pages, with the types of Playwright itself', async () => {
      await symlink(
        join(repository, 'node_modules', 'playwright-core'),
        join(consumer, 'node_modules', 'playwright-core'),
        'junction',
      );
      await writeFile(join(consumer, 'package.json'), '{ "name": "some-extension", "type": "module" }');
      const using = (page: string) => `
import type { Page } from 'playwright-core';
import { approveDeviceOnPage, signIn, signInOnPage } from '${name}/testing/playwright';
export async function all(page: ${page}): Promise<void> {
  await signIn(page, { person: { login: 'bob', password: 'builder' }, timeout: 1000 });
  await signInOnPage(page, undefined, { consent: 'deny' });
  await approveDeviceOnPage(page);
}`;
      await writeFile(join(consumer, 'pages.ts'), using('Page'));
      await types({ module: 'nodenext', lib: ['es2022', 'dom'] }, ['pages.ts']);
      await writeFile(join(consumer, 'noPage.ts'), using('{ url(): string }'));
      await assert.rejects(types({ module: 'nodenext', lib: ['es2022', 'dom'] }, ['noPage.ts']), /TS2345/);
    });

    it('and a program that checks servers', async () => {
      const { bin } = JSON.parse(await readFile(installed('package.json'), 'utf8')) as {
        bin: Record<string, string>;
      };
      await run(process.execPath, [installed(bin['check-api']), '--help'], { cwd: consumer });
    });
  });

  it('can be copied instead: one file', async () => {
    await copyFile(installed(singleFile), join(consumer, singleFile));
    await writeFile(join(consumer, 'package.json'), '{ "name": "some-extension", "type": "module" }');
    await writeFile(join(consumer, 'copying.ts'), extension(`./${singleFile}`));
    // As strict as can be.
    const strict = {
      module: 'nodenext',
      allowImportingTsExtensions: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      noImplicitOverride: true,
      noImplicitReturns: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
    };
    await types(strict, ['copying.ts']);
    await works((await import(pathToFileURL(join(consumer, singleFile)).href)) as typeof Client);
  });
});
