import * as vscode from 'vscode';
// A real extension has its own copy of these, or the package.
import {
  authorizedFetch,
  authorizedWebSocket,
  describeSession,
  onDidChangeAccount,
  requireSession,
  SignInDeclined,
} from '../../src/client/index.ts';

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
  readonly api: string;
  readonly chat: string;
  readonly pages: readonly string[];
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
      api: settings.get<string>('api', ''),
      chat: settings.get<string>('chat', ''),
      pages: settings.get<string[]>('pages', []),
    };
  }

  /** An answer of a server. What the token lacked, `authorizedFetch` has seen to by then, if it could. */
  async function read(address: string, path: string): Promise<Record<string, unknown>> {
    if (address === '') throw new Error(`No address is set for ${name}`);
    const { provider, scopes } = asked();
    const response = await authorizedFetch(provider, scopes, { askAgain: true })(
      `${address.replace(/\/$/, '')}${path}`,
      { headers: { accept: 'application/json' } },
    );
    if (!response.ok) {
      const challenge = response.headers.get('www-authenticate');
      throw new Error(
        `The resource server answered ${response.status}${challenge === null ? '' : `: ${challenge}`}`,
      );
    }
    return (await response.json()) as Record<string, unknown>;
  }

  async function whoAmI(): Promise<string> {
    const caller = await read(asked().resourceServer, '/whoami');
    if (typeof caller['name'] !== 'string') throw new Error('The resource server did not say a name');
    return caller['name'];
  }

  /** Facts about the person, without a request: the session says whose they are. */
  async function groups(): Promise<string> {
    const { provider, scopes } = asked();
    const session = await requireSession(provider, scopes, { askAgain: true });
    const profile = await describeSession(session);
    const claim = profile?.claims['groups'];
    return Array.isArray(claim) ? claim.join(', ') : 'none that are known';
  }

  /** A page that a web server shows to whoever it lets in; it says in a header whom it takes the caller for. */
  async function openPage(): Promise<string | undefined> {
    const { provider, scopes, pages } = asked();
    const page = await vscode.window.showQuickPick([...pages], { title: 'Which page?' });
    if (page === undefined) return undefined;
    const response = await authorizedFetch(provider, scopes, { askAgain: true })(page);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return `The page says ${await response.text()} to ${response.headers.get('x-remote-user') ?? 'somebody'}`;
  }

  async function chat(): Promise<string> {
    const { provider, scopes, chat } = asked();
    const socket = await authorizedWebSocket(provider, scopes, chat, { askAgain: true });
    try {
      return await new Promise<string>((resolve, reject) => {
        socket.onDidReceive(data => {
          if (data === 'hello') resolve(data);
        });
        socket.onDidEnd(({ reason }) => reject(new Error(`The conversation has ended: ${reason}`)));
        socket.send('hello');
      });
    } finally {
      socket.dispose();
    }
  }

  /** What an MCP server of the editor says; with which token it was started is the business of the editor. */
  async function askMcpServer(): Promise<string> {
    const tool = vscode.lm.tools.find(({ name }) => /^mcp_.*_?whoami$/.test(name));
    if (!tool) return 'no tool of that kind is known';
    const { content } = await vscode.lm.invokeTool(tool.name, { input: {}, toolInvocationToken: undefined });
    return content
      .filter(part => part instanceof vscode.LanguageModelTextPart)
      .map(({ value }) => value)
      .join(' ');
  }

  /** A command that says what came of it. */
  const command = (id: string, failed: string, run: () => Promise<string | undefined>): vscode.Disposable =>
    vscode.commands.registerCommand(`${name}.${id}`, async () => {
      try {
        const outcome = await run();
        if (outcome !== undefined) void vscode.window.showInformationMessage(outcome);
      } catch (error) {
        // Whoever said no needs no message that says so.
        if (error instanceof SignInDeclined) return;
        void vscode.window.showErrorMessage(`${failed} ${message(error)}`);
      }
    });

  const { provider, scopes } = asked();
  const view = createAccountView();
  context.subscriptions.push(
    command('whoAmI', 'Who are you?', async () => `You are ${await whoAmI()}`),
    command('write', 'Not written:', async () => {
      await read(asked().api, '/write');
      return 'Written';
    }),
    command('openVault', 'The vault stays closed:', async () => {
      await read(asked().api, '/vault');
      return 'The vault is open';
    }),
    command('openPage', 'The page stays closed:', openPage),
    command('chat', 'No conversation:', async () => `The server says ${await chat()}`),
    command('groups', 'Not known:', async () => `Your groups: ${await groups()}`),
    command('askMcpServer', 'No answer:', async () => `The tool says: ${await askMcpServer()}`),
    vscode.window.registerTreeDataProvider(`${name}.account`, view),
    onDidChangeAccount(provider, scopes, account => view.show(account?.label)),
  );

  // Without options nobody is disturbed: the Accounts menu offers to sign in, and that is all.
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

/** A view of one line: who is signed in. */
function createAccountView(): vscode.TreeDataProvider<string> & { show(label: string | undefined): void } {
  const changes = new vscode.EventEmitter<void>();
  let label: string | undefined;
  return {
    onDidChangeTreeData: changes.event,
    getChildren: () => [label === undefined ? 'Not signed in' : `Signed in as ${label}`],
    getTreeItem: text => new vscode.TreeItem(text),
    show(account) {
      label = account;
      changes.fire();
    },
  };
}
