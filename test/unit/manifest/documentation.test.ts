import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

const repository = join(import.meta.dirname, '..', '..', '..');

const documents = globSync('**/*.md', {
  cwd: repository,
  exclude: ['node_modules/**', 'dist/**', '.vscode-test/**'],
}).map(name => name.split(sep).join('/'));

const read = (name: string): string => readFileSync(join(repository, name), 'utf8');

/** The text that is not code, in which brackets are links. */
const prose = (text: string): string =>
  text.replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, '').replace(/(`+)[\s\S]*?\1/g, '``');

interface Link {
  readonly from: string;
  readonly target: string;
}

const links = (from: string): Link[] => {
  const text = prose(read(from));
  const inline = [...text.matchAll(/\]\(<?([^()\s<>]+(?:\([^()\s]*\))?)>?(?:\s+"[^"]*")?\)/g)];
  const references = [...text.matchAll(/^\[[^\]]+\]:\s+<?(\S+?)>?\s*$/gm)];
  const html = [...text.matchAll(/\b(?:href|src)="([^"]+)"/g)];
  return [...inline, ...references, ...html].map(([, target = '']) => ({ from, target }));
};

/** The anchors of a document's headings, as GitHub and the marketplace make them. */
function anchors(name: string): Set<string> {
  const found = new Set<string>();
  const text = read(name).replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const anchor = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let count = 1; found.has(unique); count++) unique = `${anchor}-${count}`;
    found.add(unique);
  }
  for (const [, id = ''] of text.matchAll(/\b(?:id|name)="([^"]+)"/g)) found.add(id);
  return found;
}

const isExternal = (target: string): boolean => /^[a-z][a-z+.-]*:/i.test(target);

/** Why a link leads nowhere; undefined if it leads somewhere. */
function problemOf({ from, target }: Link): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : relative(repository, resolve(repository, dirname(from), decodeURI(path)));
  if (file.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(repository, file))) return 'there is no such file';
  if (anchor === undefined) return undefined;
  if (!file.endsWith('.md')) return 'an anchor in something that has no headings';
  return anchors(file).has(anchor) ? undefined : 'there is no such heading';
}

describe('the documentation', () => {
  const all = documents.flatMap(links);

  it('is looked at as a whole', () => {
    assert.ok(documents.includes('README.md') && documents.includes('docs/errors.md'));
    assert.ok(documents.length > 15);
    assert.ok(all.length > 40);
  });

  it('has no link that leads nowhere', () => {
    const broken = all
      .filter(({ target }) => !isExternal(target))
      .map(link => ({ ...link, problem: problemOf(link) }))
      .filter(({ problem }) => problem !== undefined);
    assert.deepEqual(broken, []);
  });

  it('names only files that there are, or that it shows', () => {
    const shown = /^`[\w./]+`(?:(?!\n\n)[\s\S])*:\n\n```/gm;
    const named = documents.flatMap(from =>
      [
        ...read(from)
          .replaceAll(shown, '')
          .matchAll(/`((?:src|test|docs|media|l10n)\/[^\s`]+)`/g),
      ].map(([, file = '']) => ({
        from,
        file,
      })),
    );
    assert.ok(named.length > 10);
    // The way in which code names a decision is tested with them.
    const missing = named.filter(
      ({ file }) => !existsSync(join(repository, file)) && !/decisions\/\d+$/.test(file),
    );
    assert.deepEqual(missing, []);
  });

  it('leads out only to https; the list is in dist/test/external-links.txt, for somebody to go through', async () => {
    const external = all.filter(({ target }) => isExternal(target));
    for (const { from, target } of external) assert.match(target, /^https:\/\//, from);
    const list = external.map(({ from, target }) => `${target}  (${from})`).sort();
    await mkdir(join(repository, 'dist', 'test'), { recursive: true });
    await writeFile(join(repository, 'dist', 'test', 'external-links.txt'), `${list.join('\n')}\n`);
  });

  it('finds what is broken', () => {
    const broken = ['docs/none.md', 'README.md#no-such-heading', '../outside.md', 'LICENSE#a', '#none'];
    for (const target of broken) assert.ok(problemOf({ from: 'README.md', target }), target);
    assert.equal(problemOf({ from: 'docs/errors.md', target: '../README.md#commands' }), undefined);
  });

  it('has each document within reach of the README', () => {
    const reached = new Set(['README.md']);
    for (const name of reached) {
      if (!name.endsWith('.md')) continue;
      for (const { target } of links(name)) {
        if (isExternal(target)) continue;
        const [path = ''] = target.split('#');
        if (path === '') continue;
        const file = relative(repository, resolve(repository, dirname(name), path))
          .split(sep)
          .join('/');
        reached.add(
          file.endsWith('.md') || !existsSync(join(repository, file, 'README.md'))
            ? file
            : `${file}/README.md`,
        );
      }
    }
    // These stand beside what they are about.
    const own = /^(test|media|\.github)\//;
    assert.deepEqual(
      documents.filter(name => !reached.has(name) && !own.test(name)),
      [],
    );
  });
});

describe('the folders that CONTRIBUTING.md lists', () => {
  /** Paths of a tree that is drawn by indentation, each line with a name and what it is. */
  function pathsIn(tree: string): string[] {
    const above: string[] = [];
    return [...tree.matchAll(/^((?: {2})*)(\S+)/gm)].map(([, indent = '', name = '']) => {
      above.length = indent.length / 2;
      above.push(name);
      return above.join('');
    });
  }

  for (const root of ['src', 'terminals/src'])
    it(`are all there are in ${root}, down to the second floor`, () => {
      const [tree = ''] = new RegExp(`^${root}/[^]*?(?=^\`\`\`)`, 'm').exec(read('CONTRIBUTING.md')) ?? [];
      const folders = globSync([`${root}/*`, `${root}/*/*`], { cwd: repository, withFileTypes: true })
        .filter(entry => entry.isDirectory() || entry.parentPath === join(repository, root))
        .map(entry => relative(repository, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .map(path => (path.endsWith('.ts') ? path : `${path}/`));
      assert.deepEqual(pathsIn(tree).sort(), [`${root}/`, ...folders].sort());
    });
});

describe('the commands that the documentation names', () => {
  const manifest = JSON.parse(read('package.json')) as {
    scripts: Record<string, string>;
    contributes: { commands: { title: string; category: string }[] };
  };
  const texts = (() => {
    const file = join(repository, 'package.nls.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {};
  })();
  const words = (text: string): string => text.replace(/^%(.+)%$/, (_, key: string) => texts[key] ?? key);

  it('are scripts that there are', () => {
    const builtIn = new Set(['ci', 'cit', 'install', 'i', 'audit', 'version']);
    let found = 0;
    for (const name of documents) {
      const text = read(name);
      // A guide may show a manifest of its own.
      const shown = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(
        ([, block = '']) =>
          (/^\{[\s\S]*\}$/.test(block.trim()) ? JSON.parse(block) : {}) as Partial<typeof manifest>,
      );
      const scripts = Object.assign(
        {},
        manifest.scripts,
        ...shown.map(({ scripts }) => scripts ?? {}),
      ) as object;
      for (const [, run, script = ''] of text.matchAll(/\bnpm (run )?(?:--silent )?([a-z][\w:-]*)/g)) {
        if (run === undefined && (builtIn.has(script) || !/^(test|start)$/.test(script))) continue;
        found++;
        assert.ok(script in scripts, `${name}: npm run ${script}`);
      }
    }
    assert.ok(found > 10);
  });

  it('are commands of the palette that there are', () => {
    const titles = new Set(
      manifest.contributes.commands.map(({ category, title }) => `${words(category)}: ${words(title)}`),
    );
    let found = 0;
    for (const name of documents) {
      for (const [, title = ''] of read(name).matchAll(/\*\*(OIDC: [^*/]+?)\*\*/g)) {
        found++;
        assert.ok(titles.has(title.replace(/\s+/g, ' ')), `${name}: ${title}`);
      }
    }
    assert.ok(found > 10);
  });
});
