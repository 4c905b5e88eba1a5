import * as vscode from 'vscode';

/** What other extensions and tests get from `extension.exports`. */
export interface ConsumerApi {
  /** Signs in if needed, and returns the name the resource server knows the caller by. */
  whoAmI(): Promise<string>;
  /** A session if there is one that this extension may use; never asks the person anything. */
  askSilently(): Promise<vscode.AuthenticationSession | undefined>;
}

interface Asked {
  readonly provider: string;
  readonly scopes: readonly string[];
  readonly resourceServer: string;
}

function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

export function activate(context: vscode.ExtensionContext): ConsumerApi {
  // The same code is packaged a second time under another name.
  const { name } = context.extension.packageJSON as { name: string };

  function asked(): Asked {
    const settings = vscode.workspace.getConfiguration(name);
    return {
      provider: settings.get<string>('provider', 'oidc'),
      scopes: settings.get<string[]>('scopes', ['openid', 'profile']),
      resourceServer: settings.get<string>('resourceServer', ''),
    };
  }

  async function whoAmI(): Promise<string> {
    const { provider, scopes, resourceServer } = asked();
    const session = await vscode.authentication.getSession(provider, scopes, { createIfNone: true });
    if (resourceServer === '') throw new Error(`The setting ${name}.resourceServer is empty`);
    const response = await fetch(`${resourceServer.replace(/\/$/, '')}/whoami`, {
      headers: { authorization: `Bearer ${session.accessToken}`, accept: 'application/json' },
    });
    if (!response.ok) {
      const challenge = response.headers.get('www-authenticate');
      throw new Error(
        `The resource server answered ${response.status}${challenge === null ? '' : `: ${challenge}`}`,
      );
    }
    const caller = (await response.json()) as { name?: unknown };
    if (typeof caller.name !== 'string') throw new Error('The resource server did not say a name');
    return caller.name;
  }

  context.subscriptions.push(
    vscode.commands.registerCommand(`${name}.whoAmI`, async () => {
      try {
        void vscode.window.showInformationMessage(`You are ${await whoAmI()}`);
      } catch (error) {
        void vscode.window.showErrorMessage(`Who are you? ${message(error)}`);
      }
    }),
  );

  // Without options nobody is disturbed: the Accounts menu offers to sign in, and that is all.
  const { provider, scopes } = asked();
  vscode.authentication.getSession(provider, scopes).then(undefined, (error: unknown) => {
    console.warn(`${name}: no session at start-up: ${message(error)}`);
  });

  return {
    whoAmI,
    async askSilently() {
      const { provider, scopes } = asked();
      return vscode.authentication.getSession(provider, scopes, { silent: true });
    },
  };
}
