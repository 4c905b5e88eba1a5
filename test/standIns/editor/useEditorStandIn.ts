import { registerHooks } from 'node:module';

/**
 * Lets modules that are imported after this one find `./vscode.ts` where they ask for `vscode`. Import them
 * dynamically: static imports are looked up before anything runs.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vscode'
      ? { url: new URL('./vscode.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
