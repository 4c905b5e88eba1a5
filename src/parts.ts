import * as vscode from 'vscode';
import { l10n } from './platform/shown.ts';
import { offer } from './ui/messages.ts';

/** The objects that the editor passes to `dist/extension.cjs`. The build keeps this name. */
declare const host: { require(name: string): object; readonly module: { readonly exports: object } };

const inWorker = 'WorkerGlobalScope' in globalThis;

/**
 * What the build has in place of the global `navigator`. Node has one too, but in the extension host touching it logs
 * a migration error, and no code here needs it there.
 */
export const navigator = inWorker ? globalThis.navigator : undefined;

const loading = new Map<string, Promise<object>>();
const loaded = new Map<string, object>();

/**
 * Loads files of `dist/parts` and returns what the last one exports. The build puts a call of this in place of each
 * `import()`. The files before the last are those that it requires, each after what it requires itself.
 *
 * @throws if a file can't be read: an update removes those of the version that is running.
 */
export async function loadPart(...files: readonly string[]): Promise<object> {
  await Promise.resolve();
  let part = {};
  try {
    for (const file of files) part = inWorker ? await loadOnce(file) : host.require(`./parts/${file}`);
  } catch (error) {
    const message = l10n.t(
      'OpenID Connect Authentication couldn’t load part of its code. It was probably updated or removed. Reload the window.',
    );
    if (!isTold) void offer('error', message, { [l10n.t('Reload Window')]: reload });
    isTold = true;
    throw new Error(message, { cause: error });
  }
  return part;
}

/** Several parts can be missed at once. */
let isTold = false;
const reload = (): Thenable<unknown> => vscode.commands.executeCommand('workbench.action.reloadWindow');

async function loadOnce(file: string): Promise<object> {
  const running = loading.get(file) ?? loadInWorker(file);
  loading.set(file, running);
  try {
    return await running;
  } catch (error) {
    loading.delete(file);
    throw error;
  }
}

/**
 * A web worker can't require files. This does what the editor does there to load an extension: it makes a function of
 * the text, which the content security policy of the worker allows for that reason. The text comes from where the
 * editor has the rest of this extension, and from nowhere else.
 */
async function loadInWorker(file: string): Promise<object> {
  const extension = vscode.extensions.getExtension('vscode-oidc.oidc-authentication');
  if (!extension) throw new Error('The editor has removed the extension.');
  const location = vscode.Uri.joinPath(extension.extensionUri, 'dist', 'parts', file);
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(location));
  const module = { exports: {} };
  // A part of this package, see above.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  new Function('module', 'require', `${text}\n//# sourceURL=${location.toString(true)}`)(
    module,
    (name: string) =>
      name === '../extension.cjs'
        ? host.module.exports
        : (loaded.get(name.replace('./', '')) ?? host.require(name)),
  );
  loaded.set(file, module.exports);
  return module.exports;
}
