// `node --import oidc-authentication-client/testing/register`: `vscode` is what tests decide.
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'vscode' ? 'oidc-authentication-client/testing' : specifier, context),
});
