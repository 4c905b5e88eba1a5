import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { packageExtension } from '../../editor/packages/packageExtension.ts';
import { packageLimits, packageSizes, zipEntries } from '../../editor/packages/zipEntries.ts';
import { generatedManifests } from '../../manifest/generate.ts';
import { withTexts } from '../../manifest/texts.ts';

const repository = new URL('../../../', import.meta.url);

interface Manifest {
  readonly main: string;
  readonly browser: string;
  readonly icon?: string;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly category: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
    readonly viewsWelcome: readonly { readonly contents: string }[];
    readonly walkthroughs: readonly object[];
    readonly configuration: {
      readonly properties: Readonly<
        Record<string, { readonly scope: string; readonly markdownDescription: string }>
      >;
    };
  };
}

describe('the manifest', () => {
  let manifest: Manifest;
  before(async () => {
    const read = async (file: string) =>
      JSON.parse(await readFile(new URL(file, repository), 'utf8')) as Record<string, string>;
    const filled: unknown = withTexts(await read('package.json'), await read('package.nls.json'));
    manifest = filled as Manifest;
  });

  it('has the schema that follows from the code (run `npm run generate`)', async () => {
    for (const { current, generated } of await generatedManifests()) assert.equal(current, generated);
  });

  it('lets no workspace set anything, and describes each setting', () => {
    for (const [name, { scope, markdownDescription }] of Object.entries(
      manifest.contributes.configuration.properties,
    )) {
      assert.match(name, /^oidc\./);
      assert.equal(scope, 'application', name);
      assert.match(markdownDescription, /\.$/, name);
    }
  });

  it('names only commands that there are, in menus and in texts', () => {
    const { commands, menus, viewsWelcome, walkthroughs } = manifest.contributes;
    const known = new Set(commands.map(({ command }) => command));
    const texts = JSON.stringify([viewsWelcome, walkthroughs]).matchAll(/(?:\(command:|onCommand:)([\w.]+)/g);
    const used = [...Object.values(menus).flat(), ...[...texts].map(([, command = '']) => ({ command }))];
    assert.ok(used.length > 10);
    for (const { command } of used) assert.ok(known.has(command), command);
  });

  it('puts every command under one name', () => {
    for (const { command, category } of manifest.contributes.commands) {
      assert.match(command, /^oidc\.\w+$/);
      assert.equal(category, 'OIDC', command);
    }
  });
});

describe('the package', () => {
  let files: string[];
  let archive: Buffer;
  before(async function () {
    this.timeout(120_000);
    archive = await readFile(await packageExtension());
    files = zipEntries(archive);
  });

  it('is small', () => {
    const { untranslated, languages } = packageSizes(archive);
    assert.ok(untranslated < packageLimits.untranslated, `it has ${untranslated} bytes without translations`);
    assert.ok(languages.size > 0);
    for (const [language, size] of languages)
      assert.ok(size < packageLimits.language, `${language} has ${size} bytes`);
  });

  it('holds every picture and page that the manifest names', async () => {
    const named = (await readFile(new URL('package.json', repository), 'utf8')).match(/\bmedia\/[\w./-]+/g);
    assert.ok(named && named.length > 5);
    // The bridge page is named for people who host it.
    for (const name of named) assert.ok(files.includes(`extension/${name}`), name);
  });

  it('holds what the extension needs to run, and nothing else', async () => {
    const pages = (await readdir(new URL('media/', repository))).filter(file => file.endsWith('.html'));
    assert.ok(pages.length > 0);
    // The texts of the code themselves are what translations are made from; they are in the code already.
    const languages = (await readdir(new URL('l10n/', repository))).filter(file =>
      /^bundle\.l10n\..+\.json$/.test(file),
    );
    const manifestTexts = (await readdir(repository)).filter(file => /^package\.nls\..*json$/.test(file));
    const pictures = await readdir(new URL('media/walkthrough/', repository));
    const parts = (await readdir(new URL('dist/parts/', repository))).filter(file => file.endsWith('.cjs'));
    assert.ok(parts.length > 0);
    assert.deepEqual(
      files.toSorted(),
      [
        ...['[Content_Types].xml', 'extension.vsixmanifest'],
        ...[
          ...['package.json', ...manifestTexts, 'readme.md', 'changelog.md', 'LICENSE.txt'],
          ...['dist/extension.cjs', 'dist/client-metadata.json', 'dist/THIRD-PARTY-NOTICES.txt'],
          ...['media/icon.png', 'media/view.svg'],
          ...pages.map(page => `media/${page}`),
          ...languages.map(language => `l10n/${language}`),
          ...pictures.map(picture => `media/walkthrough/${picture}`),
          ...parts.map(part => `dist/parts/${part}`),
        ].map(file => `extension/${file}`),
      ].toSorted(),
    );
  });

  it('refers to no source map, for it has none', async () => {
    for (const name of files.filter(file => /\.(?:cjs|html|svg)$/.test(file))) {
      const text = await readFile(new URL(name.replace(/^extension\//, ''), repository), 'utf8');
      assert.doesNotMatch(text, /source(?:Mapping)?URL\s*=(?!\$\{)/, name);
    }
  });

  it('has the same files for web workers, where what only Node has is out of reach', async () => {
    const { main, browser } = JSON.parse(
      await readFile(new URL('package.json', repository), 'utf8'),
    ) as Manifest;
    assert.equal(browser, main);
    const nodeOnly: string[] = [];
    for (const name of files.filter(file => file.endsWith('.cjs'))) {
      const code = await readFile(new URL(name.replace(/^extension\//, ''), repository), 'utf8');
      assert.doesNotMatch(code, /\bimport\(|Dynamic require of/, name);
      const others = Array.from(code.matchAll(/\brequire\("([^"]+)"\)/g), ([, other = '']) => other).filter(
        other => other !== 'vscode' && !/^\.\.?\/[\w.-]+\.cjs$/.test(other),
      );
      if (others.length > 0 || /\bprocess\.|\bBuffer\.|\bsetImmediate\b/.test(code)) nodeOnly.push(name);
    }
    const names = nodeOnly.map(name => /(\w+)(?:-\w+)?\.cjs$/.exec(name)?.[1]);
    assert.deepEqual(names.toSorted(), ['joinBySockets', 'loopback', 'mutualTls', 'nodeFetch']);
  });

  it('has parts that require each file once, and none that only passes on what another one exports', async () => {
    const parts = files.filter(name => name.includes('/dist/parts/'));
    assert.ok(parts.length > 10);
    for (const name of parts) {
      const code = await readFile(new URL(name.replace(/^extension\//, ''), repository), 'utf8');
      const required = Array.from(code.matchAll(/\brequire\("(\.[^"]+)"\)/g), ([, other]) => other);
      assert.equal(new Set(required).size, required.length, name);
      assert.doesNotMatch(
        code,
        /^(?:(?:var )?[\w$]+=require\("[^"]+"\)[,;])+module\.exports=[^;]*;\s*$/,
        name,
      );
    }
  });

  it('has bundles in Latin-1, as any other character doubles the memory that the whole file takes', async () => {
    for (const name of files.filter(file => file.endsWith('.cjs'))) {
      const code = await readFile(new URL(name.replace(/^extension\//, ''), repository), 'utf8');
      assert.deepEqual(code.match(/.{0,40}[^\0-\xff].{0,40}/g), null, name);
    }
  });

  it('has bundles without what is said about each setting, which the editor has from the manifest', async () => {
    const texts = JSON.parse(await readFile(new URL('package.nls.json', repository), 'utf8')) as object;
    const said = Object.entries(texts).flatMap(([key, text]) =>
      key.startsWith('oidc.providers.each.') && String(text).length > 60 ? [String(text)] : [],
    );
    assert.ok(said.length > 40);
    for (const name of files.filter(file => file.endsWith('.cjs'))) {
      const bundle = await readFile(new URL(name.replace(/^extension\//, ''), repository), 'utf8');
      const plain = bundle.replaceAll(/\\(['"`])/g, '$1');
      assert.deepEqual(
        said.filter(text => plain.includes(text)),
        [],
        name,
      );
    }
  });

  it('has bundles that never write to the console, evaluate text or name a place of this machine', async () => {
    const names = files.filter(file => file.endsWith('.cjs'));
    assert.ok(names.length > 1);
    for (const name of names) {
      const bundle = await readFile(new URL(name.replace(/^extension\//, ''), repository), 'utf8');
      assert.deepEqual(bundle.match(/\bconsole\.\w+|\beval\(/g), null);
      // Web workers load the parts of the package in this way, and run nothing else in it (src/parts.ts).
      const isStart = name.endsWith('extension.cjs');
      assert.equal(bundle.match(/new Function\(|[^.\w]Function\(/g)?.length, isStart ? 1 : undefined, name);
      assert.ok(!bundle.includes(fileURLToPath(repository)));
      assert.ok(!bundle.includes('sourceMappingURL=data:'));
    }
  });
});

describe('the sources', () => {
  it('log no secret that they have revealed', async () => {
    const names = await readdir(new URL('src/', repository), { recursive: true });
    const sources = names.filter(name => name.endsWith('.ts'));
    assert.ok(sources.length > 30);
    for (const name of sources) {
      const text = await readFile(new URL(`src/${name.replaceAll('\\', '/')}`, repository), 'utf8');
      const logged = text.match(/\blog\.(debug|info|warn|error)\([^;]*?reveal\(/g);
      assert.equal(logged, null, `${name} logs a revealed secret`);
    }
  });
});
