import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { problemsOf, readingListsIn, type ReadingList } from '../../manifest/readingLists.ts';

const sources: Readonly<Record<string, string>> = {
  'library.d.ts': `
    interface Array<T> { length: number } interface Boolean {} interface CallableFunction {} interface Function {}
    interface IArguments {} interface NewableFunction {} interface Number {} interface Object {} interface RegExp {}
    interface String {} interface PromiseLike<T> { then(done: (value: T) => void): void }
    interface Promise<T> extends PromiseLike<T> {} declare const Promise: PromiseConstructor;
    interface PromiseConstructor { new <T>(run: (done: (value: T) => void) => void): Promise<T> }
  `,
  'store.ts': `
    export interface Store { save(text: string): void; load(): string }
    export const createStore = (): Store => ({ save(text) {}, load: () => '' });
  `,
  'rules.ts': 'export const check = (text: string): string => text; export const unused = 1;',
  'server.ts': `
    import { check } from './rules.ts';
    import type { Calls } from './calls.ts';
    export const serverCalls = (): Calls => ({ ask: text => check(text) });
  `,
  'calls.ts': 'export interface Calls { ask(text: string): string }',
  'start.ts': `
    import { check as judge } from './rules.ts';
    import type { Store } from './store.ts';
    import type { Calls } from './calls.ts';
    export class Starter {
      constructor(readonly store: Store, readonly calls: Calls) {}
      begin(): void { this.#inside(); this.calls.ask('a'); }
      #inside(): void { this.store.save(judge('a')); }
      async later(): Promise<void> { const { createStore: create } = await import('./store.ts'); create().load(); }
    }
  `,
};

/** A program of these files alone. */
function program(): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.Latest,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    noLib: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = (file: string): string | undefined => sources[file.replace(/^.*\//, '')];
  host.fileExists = file => read(file) !== undefined;
  host.readFile = read;
  host.getSourceFile = (file, version) => {
    const text = read(file);
    return text === undefined ? undefined : ts.createSourceFile(file, text, version, true);
  };
  return ts.createProgram(Object.keys(sources), options, host);
}

const row = (file: string, symbol: string, next = ''): string =>
  `| [${file}](${file}) | \`${symbol}\` | ${next} | what happens |\n`;

const listOf = (mostFiles: number, ...rows: readonly string[]): ReadingList => {
  const head = '| file | symbol | hands on to | what happens |\n| --- | --- | --- | --- |\n';
  const [list] = readingListsIn(
    `# T\n\n### A story (up to ${mostFiles} files)\n\n${head}${rows.join('')}\n## Next\n`,
  );
  assert.equal(list?.title, 'A story');
  assert.equal(list.steps.length, rows.length);
  return list;
};

describe('a reading list', () => {
  const read = program();
  const begin = row('start.ts', 'Starter.begin', '`Starter.#inside`, `serverCalls.ask` (implementation)');
  const inside = row('start.ts', 'Starter.#inside', '`createStore.save`, `check`');
  const save = row('store.ts', 'createStore.save');
  const check = row('rules.ts', 'check');
  const ask = row('server.ts', 'serverCalls.ask', '`check`');
  const problems = (...rows: readonly string[]): string[] => problemsOf(listOf(4, ...rows), read);

  it('is right if each step is there and go to definition leads to it', () => {
    assert.deepEqual(problems(begin, inside, save, ask, check), []);
    const later = row('start.ts', 'Starter.later', '`createStore`, `createStore.load`');
    assert.deepEqual(
      problems(later, row('store.ts', 'createStore'), row('store.ts', 'createStore.load')),
      [],
    );
  });

  it('is wrong if it has too many files', () => {
    assert.deepEqual(problemsOf(listOf(3, begin, inside, save, ask, check), read), ['4 files, more than 3']);
  });

  it('is wrong if something is not in the file, or there is no such file', () => {
    const wrong = row('start.ts', 'Starter.begun', '`check`');
    assert.deepEqual(problems(wrong, check), ['Starter.begun is not in start.ts']);
    const nowhere = row('begin.ts', 'Starter.begin', '`check`');
    assert.deepEqual(problems(nowhere, check), ['Starter.begin is not in begin.ts']);
  });

  it('is wrong if a step does not refer to the next one', () => {
    const jump = row('start.ts', 'Starter.begin', '`check`');
    assert.deepEqual(problems(jump, check), ['Starter.begin does not refer to check']);
    const unused = row('start.ts', 'Starter.#inside', '`unused`');
    assert.deepEqual(problems(unused, row('rules.ts', 'unused')), [
      'Starter.#inside does not refer to unused',
    ]);
  });

  it('is wrong if it takes an implementation in another file for a definition, or the reverse', () => {
    const definition = row('start.ts', 'Starter.begin', '`serverCalls.ask`');
    assert.deepEqual(problems(definition, ask, check), [
      'Starter.begin leads to serverCalls.ask by no definition',
    ]);
    const implementation = row('start.ts', 'Starter.#inside', '`check` (implementation)');
    assert.deepEqual(problems(implementation, check), [
      'Starter.#inside leads to check by no implementation',
    ]);
  });

  it('is wrong if a step is missing, or comes out of nowhere', () => {
    assert.deepEqual(problems(inside, save), ['Starter.#inside hands on to check, which is no step']);
    assert.deepEqual(problems(ask, save, check), ['createStore.save: no step before it hands on to it']);
  });
});

describe('the reading lists in CONTRIBUTING.md', function () {
  this.timeout(120_000);
  const repository = join(import.meta.dirname, '..', '..', '..');
  const lists = readingListsIn(readFileSync(join(repository, 'CONTRIBUTING.md'), 'utf8'));
  let sourcesRead: ts.Program;
  before(() => {
    const { config } = ts.readConfigFile(join(repository, 'tsconfig.json'), ts.sys.readFile) as {
      config: unknown;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
    const files = lists.flatMap(({ steps }) => steps.map(({ file }) => file));
    const host = ts.createCompilerHost(options);
    host.getCurrentDirectory = () => repository;
    sourcesRead = ts.createProgram([...new Set(files)], options, host);
  });

  it('are there', () => {
    assert.deepEqual(
      lists.map(({ title, mostFiles }) => [title, mostFiles]),
      [
        ['Give a session', 9],
        ['Sign in', 20],
        ['Refresh from another window', 18],
        ['Answer a challenge', 8],
      ],
    );
  });

  for (const list of lists)
    it(`can be followed by go to definition: ${list.title}`, () => {
      assert.ok(list.steps.length >= 8);
      assert.deepEqual(problemsOf(list, sourcesRead), []);
    });
});
