import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as vscode from 'vscode';
import { threadTime } from '../figures.ts';

const editorUrl = new URL('../silentEditor.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode'
      ? { url: editorUrl, shortCircuit: true, format: 'module' }
      : next(specifier, context),
});
const { registered, settings } = await import('../silentEditor.ts');
const require = createRequire(import.meta.url);

/** What an extension host has loaded for itself isn't ours. It marks its own steps with `performance`. */
const loadedByHost = ['child_process', 'crypto', 'fs/promises', 'https', 'net', 'os', 'perf_hooks', 'tls'];
for (const name of loadedByHost) await import(`node:${name}`);

/** A built extension that runs in this process, in an editor that does nothing. */
export interface BuiltExtension {
  /** Milliseconds of this thread's processor time for `require` and `activate()`. */
  readonly load: number;
  readonly activate: number;
  /** The files that were loaded so far. */
  files(): readonly string[];
  /** The keys of the secrets that were read so far. */
  readonly read: readonly string[];
  /** The provider `oidc` of the settings. */
  provider(): vscode.AuthenticationProvider;
  deactivate(): Promise<void>;
}

/**
 * Loads and activates a built extension, as the editor does.
 *
 * @param main its file, in a folder of the folder with its manifest.
 * @param values what its secret storage holds.
 * @param definition the settings of the provider `oidc`.
 * @param onReady when nothing is missing but the extension.
 */
export async function startBuilt(
  main: string,
  values: Map<string, string>,
  definition: unknown,
  onReady: () => void = () => undefined,
): Promise<BuiltExtension> {
  settings.providers = { oidc: definition };
  const root = dirname(dirname(main));
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
  const folder = mkdtempSync(join(tmpdir(), 'b-'));
  const context = {
    subscriptions: [],
    secrets,
    globalStorageUri: { fsPath: folder },
    globalState: { get: () => undefined, update: () => Promise.resolve(), keys: () => [] },
    extension: {
      id: 'vscode-oidc.oidc-authentication',
      extensionUri: { fsPath: root },
      packageJSON: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as unknown,
    },
  };
  onReady();
  const before = new Set(Object.keys(require.cache));
  const start = threadTime();
  const extension = require(main) as { activate(given: unknown): unknown; deactivate?(): Promise<void> };
  const loaded = threadTime();
  await extension.activate(context);
  const active = threadTime();
  return {
    load: loaded - start,
    activate: active - loaded,
    files: () => Object.keys(require.cache).filter(file => !before.has(file)),
    read,
    provider: () => registered.get('oidc') as vscode.AuthenticationProvider,
    async deactivate() {
      await extension.deactivate?.();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
