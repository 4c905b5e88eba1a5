import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { packageExtension } from '../../editor/packages/packageExtension.ts';
import { zipEntries } from '../../editor/packages/zipEntries.ts';
import { terminals } from '../../editor/packages/extensions.ts';
import { readTranslations } from '../../manifest/translations/translations.ts';

const repository = new URL('../../../', import.meta.url);
const folder = new URL(terminals.folder, repository);

interface Manifest {
  readonly main: string;
  readonly version: string;
  readonly engines: object;
  readonly extensionKind: readonly string[];
  readonly extensionPack: readonly string[];
  readonly capabilities: Readonly<Record<string, { readonly supported: boolean }>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string }[];
    readonly configuration?: {
      readonly properties: Readonly<
        Record<string, { readonly scope: string; readonly markdownDescription: string }>
      >;
    };
  };
}

const manifestIn = async (place: URL): Promise<Manifest> =>
  JSON.parse(await readFile(new URL('package.json', place), 'utf8')) as Manifest;

describe('the manifest of the extension for terminals', () => {
  let manifest: Manifest;
  before(async () => {
    manifest = await manifestIn(folder);
  });

  it('starts it where the workspace is, in one that is trusted, with the extension that signs in', () => {
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(manifest.capabilities['untrustedWorkspaces']?.supported, false);
    assert.deepEqual(manifest.extensionPack, ['vscode-oidc.oidc-authentication']);
  });

  it('has the version and the editors of the extension that signs in', async () => {
    const { version, engines } = await manifestIn(repository);
    assert.deepEqual([manifest.version, manifest.engines], [version, engines]);
  });

  it('lets no workspace set anything, and puts every command under one name', () => {
    const settings = Object.entries(manifest.contributes.configuration?.properties ?? {});
    for (const [name, { scope }] of settings) {
      assert.match(name, /^oidcTerminals\./);
      assert.equal(scope, 'application', name);
    }
    for (const { command, category } of manifest.contributes.commands) {
      assert.match(command, /^oidcTerminals\.\w+$/);
      assert.equal(category, 'OIDC Terminals', command);
    }
  });
});

describe('the package of the extension for terminals', () => {
  let archive: Buffer;
  let files: string[];
  before(async function () {
    this.timeout(120_000);
    archive = await readFile(await packageExtension({ of: terminals }));
    files = zipEntries(archive);
  });

  it('is small', () => {
    assert.ok(archive.byteLength <= 60_000, `it has ${archive.byteLength} bytes`);
  });

  it('holds what the extension needs to run, and nothing else', async () => {
    const translations = (await readTranslations()).filter(({ extension }) => extension === terminals);
    assert.ok(translations.length > 0);
    const own = [
      ...translations.map(({ file }) => file.href.slice(folder.href.length)),
      ...['package.json', 'package.nls.json'],
      ...['readme.md', 'changelog.md', 'LICENSE.txt', 'media/icon.png'],
      ...['dist/extension.cjs', 'dist/vscode-oidc.cjs', 'dist/THIRD-PARTY-NOTICES.txt'],
    ].map(file => `extension/${file}`);
    assert.deepEqual(files.toSorted(), ['[Content_Types].xml', 'extension.vsixmanifest', ...own].toSorted());
  });

  it('has the license of the repository', async () => {
    const [ours, theirs] = await Promise.all(
      [folder, repository].map(place => readFile(new URL('LICENSE', place), 'utf8')),
    );
    assert.equal(ours, theirs);
  });

  it('has bundles that never write to the console, evaluate text or name a place of this machine', async () => {
    const names = files.filter(file => file.endsWith('.cjs'));
    assert.ok(names.length > 0);
    for (const name of names) {
      const bundle = await readFile(new URL(name.replace(/^extension\//, ''), folder), 'utf8');
      assert.deepEqual(bundle.match(/\bconsole\.\w+|\beval\(|new Function\(/g), null, name);
      assert.ok(!bundle.includes(fileURLToPath(repository)), name);
      assert.doesNotMatch(bundle, /source(?:Mapping)?URL\s*=/, name);
    }
  });
});
