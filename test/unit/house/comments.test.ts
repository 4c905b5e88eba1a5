import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..', '..');

/** Files that are made, and not among the sources. */
const made = new Set(['oidcClient.ts']);

const comment = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** What the comments of some files name that is not there: a file, or what a `{@link}` leads to. */
function lost(texts: ReadonlyMap<string, string>): string[] {
  const files = [...texts.keys()];
  const words = new Set(
    [...texts.values()].flatMap(text => text.replace(comment, '').match(/[\w$]+/g) ?? []),
  );
  const isThere = (file: string): boolean => {
    const end = file.replace(/^(?:\.{1,2}\/)+/, '');
    return made.has(end) || files.some(path => path === end || path.endsWith(`/${end}`));
  };
  return [...texts].flatMap(([path, text]) => {
    const comments = (text.match(comment) ?? []).join('\n');
    const links = [...comments.matchAll(/\{@link ([\w.]+)\}/g)].map(([, name = '']) => name);
    const named = comments.match(/(?<![*.\w/-])(?:\.{1,2}\/)*\w[\w./-]*\.ts\b/g) ?? [];
    return [
      ...links.filter(name => !name.split('.').every(word => words.has(word))),
      ...named.filter(file => !isThere(file)),
    ].map(name => `${path}: ${name}`);
  });
}

describe('comments', () => {
  it('name nothing that is gone', () => {
    const paths = globSync('{src,terminals/src,test}/**/*.ts', { cwd: repository });
    const read = (path: string): [string, string] => [
      path.replaceAll('\\', '/'),
      readFileSync(join(repository, path), 'utf8'),
    ];
    // This file names what is gone.
    const texts = new Map(paths.map(read).filter(([path]) => !path.endsWith('/comments.test.ts')));
    assert.deepEqual(lost(texts), []);
  });

  it('that do are found', () => {
    const texts = new Map([
      ['src/here.ts', '/** See {@link there} and {@link gone}; there.ts, src/there.ts and test/there.ts. */'],
      ['src/there.ts', 'export const there = 1;\n// See gone.ts.'],
    ]);
    assert.deepEqual(lost(texts), [
      'src/here.ts: gone',
      'src/here.ts: test/there.ts',
      'src/there.ts: gone.ts',
    ]);
  });
});
