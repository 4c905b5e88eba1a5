import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { check } from 'recheck';
import ts from 'typescript';

const repository = join(import.meta.dirname, '..', '..', '..');

/** What libraries that are shipped match otherwise than in linear time, and why nobody can make use of it. */
const harmless: Readonly<Record<string, string>> = {
  '/^\\s+(.*)$/':
    'oauth4webapi reads headers with it: it is slow for line breaks only, and no header has one',
};

/** Begins the pattern of emoji that valibot has, and we have no use for. */
const unused = 'new RegExp("^(?:[';

/** As {@link harmless}, of those that are put together: they are matched at the start, and what follows fits always. */
const assembled = [
  'new RegExp("^[,\\\\s]*(" + tokenMatch + ")")',
  'new RegExp("^[,\\\\s]*" + quotedParamMatcher + "[,\\\\s]*(.*)")',
  'new RegExp("^[,\\\\s]*" + paramMatcher + "[,\\\\s]*(.*)")',
  'new RegExp("^(" + token68Match + ")(?:$|[,\\\\s])(.*)")',
];

interface Patterns {
  /** Where each stands, by its text. */
  readonly literals: Map<string, string>;
  /** The calls that make a pattern while the program runs. */
  readonly made: string[];
}

function patternsOf(name: string, text: string): Patterns {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const found: Patterns = { literals: new Map(), made: [] };
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.literals.set(node.text, `${name}:${line + 1}`);
    }
    if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp')
      found.made.push(node.getText());
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Undefined if the time that a pattern takes is proved to grow as the text does, wherever in it a match begins. */
async function problemOf(pattern: string): Promise<string | undefined> {
  const end = pattern.lastIndexOf('/');
  // By one program for all patterns, which needs a third of the time that it takes in this thread.
  const found = await check(pattern.slice(1, end), pattern.slice(end + 1), {
    checker: 'automaton',
    // However busy the computer is.
    timeout: null,
  });
  if (found.status === 'safe') return undefined;
  return found.status === 'vulnerable'
    ? `${found.complexity.summary}, by ${found.attack.pattern}`
    : `it cannot be proved: ${found.error.kind}`;
}

async function problems({ literals }: Patterns): Promise<string[]> {
  const found: string[] = [];
  for (const [pattern, place] of literals) {
    const problem = await problemOf(pattern);
    if (problem !== undefined) found.push(`${place} ${pattern}: ${problem}`);
  }
  return found;
}

describe('no pattern takes longer than the text that it is matched with', function () {
  this.timeout(600_000);

  it('finds those that do, and those that are not provably linear', async () => {
    for (const [pattern, expected] of [
      ['/=+$/', /polynomial/],
      ['/ey[\\w-]+\\./', /polynomial/],
      ['/^(a+)+$/', /exponential/],
      ['/\\](?=\\s*\\()/', /cannot be proved/],
    ] as const)
      assert.match((await problemOf(pattern)) ?? '', expected, pattern);
    assert.equal(await problemOf('/^[\\w-]{8,64}$/'), undefined);
  });

  it('in the sources', async () => {
    const all: Patterns = { literals: new Map(), made: [] };
    for (const file of globSync('src/**/*.ts', { cwd: repository })) {
      const { literals, made } = patternsOf(file, await readFile(join(repository, file), 'utf8'));
      for (const [pattern, place] of literals) all.literals.set(pattern, place);
      all.made.push(...made.map(call => `${file}: ${call}`));
    }
    assert.ok(all.literals.size > 100);
    assert.deepEqual(all.made, [], 'a pattern must be a literal, which can be checked');
    assert.deepEqual(await problems(all), []);
  });

  it('in the scripts of the pages', async () => {
    for (const file of globSync('media/*.html', { cwd: repository })) {
      const html = await readFile(join(repository, file), 'utf8');
      const scripts = html.split('<script').slice(1);
      for (const script of scripts) {
        const text = script.slice(script.indexOf('>') + 1).split('</script>')[0] ?? '';
        assert.deepEqual(await problems(patternsOf(file.replace('.html', '.js'), text)), []);
      }
    }
  });

  it('in the libraries that are shipped, but where it does no harm', async () => {
    const { outputFiles } = await build({
      absWorkingDir: repository,
      entryPoints: ['src/extension.ts'],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      external: ['vscode'],
      define: { navigator: 'undefined' },
    });
    const { literals, made } = patternsOf('bundle.js', outputFiles[0]?.text ?? '');
    for (const file of globSync('src/**/*.ts', { cwd: repository })) {
      const own = patternsOf(file, await readFile(join(repository, file), 'utf8'));
      for (const pattern of own.literals.keys()) literals.delete(pattern);
    }
    const found: string[] = [];
    for (const pattern of literals.keys()) if ((await problemOf(pattern)) !== undefined) found.push(pattern);
    assert.deepEqual(found.toSorted(), Object.keys(harmless).toSorted());
    assert.deepEqual(made.filter(call => !call.startsWith(unused)).toSorted(), assembled.toSorted());
  });
});
