/**
 * An editor that takes everything and does nothing, for starting the built extension where it can be watched: which
 * files it loads, and which secrets it reads. What an extension asks it for exists, whatever it is.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as vscode from 'vscode';

const require = createRequire(import.meta.url);

export const registered = new Map<string, vscode.AuthenticationProvider>();

/** The person's setting `oidc.providers`. */
export const settings = { providers: {} as unknown };

class EventEmitter {
  readonly event = (): { dispose(): void } => ({ dispose: () => undefined });
  fire(): void {
    // Nobody listens.
  }
  dispose(): void {
    // There is nothing to end.
  }
}

const known: Readonly<Record<string, unknown>> = {
  EventEmitter,
  // It speaks the language that the texts are written in.
  'l10n.bundle': undefined,
  'env.language': 'en',
  'extensions.all': [],
  'workspace.textDocuments': [],
  // Nobody looks at a view, and it has no badge.
  'result.visible': false,
  'result.badge': undefined,
  'Uri.joinPath': (folder: { fsPath: string }, ...names: string[]) => ({
    fsPath: [folder.fsPath, ...names].join('/'),
  }),
  'workspace.getConfiguration': () => ({
    get: () => undefined,
    inspect: (key: string) => ({ globalValue: key === 'providers' ? settings.providers : undefined }),
  }),
  'authentication.registerAuthenticationProvider': (
    id: string,
    _label: string,
    provider: vscode.AuthenticationProvider,
  ) => {
    registered.set(id, provider);
    return { dispose: () => registered.delete(id) };
  },
};

/** Anything: it can be called, constructed and asked for more. */
const anything = (path: string): unknown =>
  path in known
    ? known[path]
    : new Proxy(function () {}, {
        get(target, name) {
          if (name === Symbol.toPrimitive) return () => '';
          // Not a promise, and not a list.
          if (typeof name === 'symbol' || name === 'then') return undefined;
          if (name === 'prototype') return target.prototype as unknown;
          return anything(path === '' ? name : `${path}.${name}`);
        },
        apply: () => anything('result'),
        construct: () => anything('object') as object,
      });

/** Bundled code copies the names that the module has, so they have to be there. */
const names = [
  ...readFileSync(require.resolve('@types/vscode/index.d.ts'), 'utf8').matchAll(
    /^\texport (?:class|namespace|enum|const) (\w+)/gm,
  ),
];
const editor = Object.fromEntries(names.map(([, name = '']) => [name, anything(name)]));

// What `require('vscode')` gives in the extension's CommonJS.
export { editor as 'module.exports' };
