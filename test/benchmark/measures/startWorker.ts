/**
 * Starts the built extension in this process, as an editor does, with many grants in its secret storage. Prints what
 * that took as JSON. `node --expose-gc startWorker.ts <grants>`
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type * as vscode from 'vscode';
import { storedGrants } from './storedGrants.ts';

export interface Start {
  /** Milliseconds for `require` and `activate()`. */
  readonly load: number;
  readonly activate: number;
  /** Of our files, those that were loaded when `activate()` returned, in the folder `dist`. */
  readonly files: readonly string[];
  /** Secrets read until `activate()` returned, and until the other windows had been looked for. */
  readonly readsAtActivation: number;
  readonly readsAtRest: number;
  /** Grants read for the first answer, and for the next ten. */
  readonly readsForAnswer: number;
  readonly readsForMore: number;
  /** Milliseconds to the first answer, and for one of the next ten. */
  readonly firstAnswer: number;
  /** Megabytes of heap after activation, and after the answers. */
  readonly heapAtRest: number;
  readonly heapAfterAnswer: number;
}

const repository = join(import.meta.dirname, '..', '..', '..');
const editorUrl = new URL('../silentEditor.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode'
      ? { url: editorUrl, shortCircuit: true, format: 'module' }
      : next(specifier, context),
});

const { registered, settings } = await import('../silentEditor.ts');
const { values, definition } = storedGrants(Number(process.argv[2] ?? 1));
settings.providers = { oidc: definition };

const read: string[] = [];
const secrets = {
  async get(key: string) {
    await Promise.resolve();
    read.push(key);
    return values.get(key);
  },
  store: (key: string, value: string) => Promise.resolve(void values.set(key, value)),
  delete: (key: string) => Promise.resolve(void values.delete(key)),
  keys: () => Promise.resolve([...values.keys()]),
  onDidChange: () => ({ dispose: () => undefined }),
};
const grantsRead = (): number => read.filter(key => key.startsWith('grant:')).length;
const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

const folder = mkdtempSync(join(tmpdir(), 'b-'));
const context = {
  subscriptions: [],
  secrets,
  globalStorageUri: { fsPath: folder },
  globalState: { get: () => undefined, update: () => Promise.resolve(), keys: () => [] },
  extension: {
    id: 'vscode-oidc.oidc-authentication',
    extensionUri: { fsPath: repository },
    packageJSON: JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as unknown,
  },
};

const require = createRequire(import.meta.url);
const before = heap();
const start = performance.now();
const extension = require(join(repository, 'dist', 'extension.cjs')) as {
  activate(given: unknown): unknown;
  deactivate(): Promise<void>;
};
const loaded = performance.now();
await extension.activate(context);
const active = performance.now();
const files = Object.keys(require.cache)
  .map(file => relative(join(repository, 'dist'), file))
  .filter(file => !file.startsWith('..'));
const readsAtActivation = read.length;

// Long enough for a socket, a handshake with nobody and becoming the leader.
await new Promise(resolve => setTimeout(resolve, 300));
const readsAtRest = grantsRead();
const heapAtRest = heap() - before;

const provider = registered.get('oidc') as vscode.AuthenticationProvider;
const asked = performance.now();
const sessions = await provider.getSessions(undefined, {});
const firstAnswer = performance.now() - asked;
if (sessions.length !== Number(process.argv[2] ?? 1)) throw new Error(`${sessions.length} sessions`);
const readsForAnswer = grantsRead() - readsAtRest;
for (let at = 0; at < 10; at++) await provider.getSessions(at % 2 ? undefined : ['openid', 'profile'], {});
const result: Start = {
  load: loaded - start,
  activate: active - loaded,
  files,
  readsAtActivation,
  readsAtRest,
  readsForAnswer,
  readsForMore: grantsRead() - readsAtRest - readsForAnswer,
  firstAnswer,
  heapAtRest,
  heapAfterAnswer: heap() - before,
};
await extension.deactivate();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify(result));
process.exit();
