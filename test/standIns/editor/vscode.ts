/**
 * As much of the editor's API as authentication takes, for tests without an editor: `vscode` resolves to this
 * module, see useEditorStandIn.ts. The real editor's behaviour is the pattern (vscode.authentication): calls
 * reach a provider one after another, a session needs the person's consent once for each account, and a
 * provider's sessions are asked for before anything is created. Everybody here consents, unless told otherwise.
 */
import type * as vscode from 'vscode';
import {
  CancellationTokenSource,
  createInputBox,
  createQuickPick,
  QuickInputButtons,
  QuickPickItemKind,
  showBox,
} from './boxes.ts';
import { windowParts } from './parts.ts';
import { Disposable, EventEmitter } from '../../manifest/client/testing.ts';

export { l10n, StatusBarAlignment } from './parts.ts';
export { CancellationTokenSource, Disposable, EventEmitter, QuickInputButtons, QuickPickItemKind };

export class CancellationError extends Error {
  constructor() {
    super('Canceled');
    this.name = 'Canceled';
  }
}

type Request = readonly string[] | { wwwAuthenticate: string; fallbackScopes?: readonly string[] };
type Options = vscode.AuthenticationGetSessionOptions;
interface Challenges {
  getSessionsFromChallenges(constraint: object, options: object): Promise<vscode.AuthenticationSession[]>;
  createSessionFromChallenges(constraint: object, options: object): Promise<vscode.AuthenticationSession>;
}
interface Registered {
  readonly label: string;
  readonly provider: vscode.AuthenticationProvider & Partial<Challenges>;
  readonly challenges: boolean;
  queue: Promise<unknown>;
}

const providers = new Map<string, Registered>();
const allowed = new Set<string>();
const changes = new EventEmitter<vscode.AuthenticationSessionsChangeEvent>();

/** What a test decides, and what it can look at. */
export const editor = {
  /** Whether the person says yes when asked. */
  consents: true,
  /** Whether this editor takes providers that answer challenges: it may refuse them, or ignore the option. */
  challenges: 'taken' as 'taken' | 'refused' | 'ignored',
  /** The dialogs that the person has seen. */
  dialogs: [] as string[],
  /** The warnings that the person has seen, each followed by its buttons, and the button they press. */
  warnings: [] as string[][],
  presses: undefined as string | undefined,
  /** The errors that the person has seen, each followed by its buttons, and the button they press. */
  errors: [] as string[][],
  pressesOnError: (): string | undefined => undefined,
  /** The messages that the person has seen, each followed by its buttons. */
  messages: [] as string[][],
  /** The commands that were run, with their arguments. */
  commands: [] as unknown[][],
  /** What the extension does on a command, by its name. */
  runs: new Map<string, (...args: unknown[]) => unknown>(),
  /** The manifests of the extensions that are installed. */
  installed: [] as { id: string; packageJSON: unknown }[],
  /** What extensions export, by their id. */
  exported: {} as Record<string, unknown>,
  /** The person's settings under `oidc`. */
  settings: {} as Record<string, unknown>,
  clipboard: '',
  /** The texts of the documents that were opened. */
  opened: [] as string[],
  /** Whether they can be written: they cannot over unsaved changes. */
  writable: true,
  reset(): void {
    allowed.clear();
    editor.consents = true;
    editor.challenges = 'taken';
    editor.dialogs = [];
  },
  /** The person takes back what they allowed. */
  takeBack(id: string, label: string): void {
    allowed.delete(`${id}-${label}`);
    changes.fire({ provider: { id, label } });
  },
};

/** The challenges of a header: schemes and parameters, commas inside of quotation marks, closed or not, being text. */
function parseChallenges(header: string): { scheme: string; params: Record<string, string> }[] {
  const found: { scheme: string; params: Record<string, string> }[] = [];
  for (const [, scheme, name, quoted, plain] of header.matchAll(
    /(?:^|[\s,]+)(?:([\w-]+)(?=\s+[\w-]+=|\s*,|\s*$)|([\w-]+)=(?:"([^"]*)(?:"|$)|([^\s,"]*)))/g,
  )) {
    if (scheme !== undefined) found.push({ scheme, params: {} });
    else if (name !== undefined) Object.assign(found.at(-1)?.params ?? {}, { [name]: quoted ?? plain });
  }
  return found;
}

function registered(id: string): Registered {
  const entry = providers.get(id);
  if (!entry) throw new Error(`Timed out waiting for authentication provider '${id}' to register.`);
  return entry;
}

function queued<T>(entry: Registered, run: () => PromiseLike<T>): Promise<T> {
  const result = entry.queue.then(run);
  entry.queue = result.catch(() => undefined);
  return result;
}

function requireChallenges(id: string, { provider, challenges }: Registered, what: string): Challenges {
  const { getSessionsFromChallenges, createSessionFromChallenges } = provider;
  if (!challenges || !getSessionsFromChallenges || !createSessionFromChallenges) {
    throw new Error(`The authentication provider '${id}' does not support ${what} from challenges.`);
  }
  return provider as Challenges;
}

const constraintOf = (request: Exclude<Request, readonly string[]>) => ({
  challenges: parseChallenges(request.wwwAuthenticate),
  fallbackScopes: request.fallbackScopes,
});

const isList = (request: Request): request is readonly string[] => Array.isArray(request);

async function getSession(id: string, request: Request, options: Options = {}) {
  const entry = registered(id);
  const signInRequest = options.account ? { account: options.account } : {};
  const sessions = await queued(entry, () =>
    isList(request)
      ? Promise.resolve(entry.provider.getSessions([...request], signInRequest))
      : requireChallenges(id, entry, 'getting sessions').getSessionsFromChallenges(
          constraintOf(request),
          signInRequest,
        ),
  );
  const session = sessions.find(({ account }) => allowed.has(`${id}-${account.label}`));
  if (session && !options.forceNewSession) return session;
  if (!options.createIfNone && !options.forceNewSession) return undefined;
  editor.dialogs.push(options.forceNewSession ? 'sign in again' : 'sign in');
  if (!editor.consents) throw new Error('User did not consent to login.');
  const [existing] = sessions;
  const created =
    existing && !options.forceNewSession
      ? existing
      : await queued(entry, () =>
          isList(request)
            ? Promise.resolve(entry.provider.createSession([...request], signInRequest))
            : requireChallenges(id, entry, 'creating sessions').createSessionFromChallenges(
                constraintOf(request),
                signInRequest,
              ),
        );
  allowed.add(`${id}-${created.account.label}`);
  return created;
}

export const window = {
  showInformationMessage(...message: string[]): Promise<string | undefined> {
    editor.messages.push(message);
    return Promise.resolve(editor.presses);
  },
  showWarningMessage(...message: string[]): Promise<string | undefined> {
    editor.warnings.push(message);
    return Promise.resolve(editor.presses);
  },
  showErrorMessage(...message: string[]): Promise<string | undefined> {
    editor.errors.push(message);
    return Promise.resolve(editor.pressesOnError());
  },
  showInputBox: ({ title }: vscode.InputBoxOptions, token?: vscode.CancellationToken) =>
    showBox(title, token),
  showQuickPick: (_items: unknown, { title }: vscode.QuickPickOptions, token?: vscode.CancellationToken) =>
    showBox(title, token),
  showTextDocument: () => Promise.resolve(undefined),
  showSaveDialog: () => Promise.resolve(undefined),
  setStatusBarMessage: () => new Disposable(() => undefined),
  ...windowParts,
  createInputBox,
  createQuickPick,
  withProgress: (_options: unknown, run: (progress: unknown, token: unknown) => unknown) =>
    run({ report: () => undefined }, new CancellationTokenSource().token),
};

export const ProgressLocation = { Notification: 15 };
export const ViewColumn = { Active: -1, Beside: -2 };
export const ConfigurationTarget = { Global: 1 };
export const UIKind = { Desktop: 1, Web: 2 };
export const ExtensionKind = { UI: 1, Workspace: 2 };
export const env = {
  uiKind: UIKind.Desktop,
  remoteName: undefined,
  uriScheme: 'code-oss',
  appName: 'Stand-in',
  clipboard: {
    writeText(text: string): Promise<void> {
      editor.clipboard = text;
      return Promise.resolve();
    },
  },
};
export const version = '1.0.0';
export class ThemeIcon {}
export class TabInputText {
  readonly uri: Uri;
  constructor(uri: Uri) {
    this.uri = uri;
  }
}

export const extensions = {
  get all() {
    return editor.installed;
  },
  getExtension: (id: string) =>
    id in editor.exported ? { activate: () => Promise.resolve(editor.exported[id]) } : undefined,
};

/** As much of a URI as stands in the definition of an MCP server. */
export class Uri {
  readonly #text: string;
  private constructor(text: string) {
    this.#text = text;
  }
  static parse(text: string): Uri {
    return new Uri(new URL(text).href);
  }
  static from({ scheme, path, query }: { scheme: string; path: string; query: string }): Uri {
    return new Uri(`${scheme}:${encodeURI(path)}?${query}`);
  }
  get query(): string {
    return new URL(this.#text).search.slice(1);
  }
  toString(_skipEncoding?: boolean): string {
    return this.#text;
  }
}

export class McpHttpServerDefinition {
  readonly label: string;
  readonly uri: Uri;
  readonly headers: Record<string, string>;
  constructor(label: string, uri: Uri, headers: Record<string, string> = {}) {
    [this.label, this.uri, this.headers] = [label, uri, headers];
  }
}

interface McpProvider {
  readonly onDidChangeMcpServerDefinitions?: (listener: () => void) => Disposable;
  provideMcpServerDefinitions(): Promise<McpHttpServerDefinition[]>;
  resolveMcpServerDefinition(
    definition: McpHttpServerDefinition,
  ): Promise<McpHttpServerDefinition | undefined>;
}

/** What the editor would do with MCP servers, as far as it concerns who provides them. */
export const mcp = {
  /** Whether this editor knows MCP servers, and takes them from extensions. */
  known: 'yes' as 'yes' | 'no' | 'refused',
  provider: undefined as McpProvider | undefined,
};

/** What shows documents, by the scheme of their addresses. */
export const documentProviders = new Map<
  string,
  Pick<vscode.TextDocumentContentProvider, 'provideTextDocumentContent'>
>();

export const workspace = {
  textDocuments: [],
  onDidChangeConfiguration: () => new Disposable(() => undefined),
  registerTextDocumentContentProvider(
    scheme: string,
    provider: vscode.TextDocumentContentProvider,
  ): Disposable {
    documentProviders.set(scheme, provider);
    return new Disposable(() => documentProviders.delete(scheme));
  },
  async openTextDocument(document: Uri | { content: string }): Promise<object> {
    const text =
      document instanceof Uri
        ? await documentProviders
            .get(document.toString().split(':')[0] ?? '')
            ?.provideTextDocumentContent(document as unknown as vscode.Uri, undefined as never)
        : document.content;
    editor.opened.push(text ?? '');
    return { uri: document };
  },
  getConfiguration: (_section: string) => ({
    get: (key: string, otherwise?: unknown) => editor.settings[key] ?? otherwise,
    inspect: (key: string) => ({ globalValue: editor.settings[key] }),
    update(key: string, value: unknown): Promise<void> {
      if (!editor.writable) return Promise.reject(new Error('Unable to write into user settings.'));
      editor.settings[key] = value;
      return Promise.resolve();
    },
  }),
};

export const commands = {
  executeCommand(...command: [id: string, ...unknown[]]): Promise<unknown> {
    editor.commands.push(command);
    const [id, ...given] = command;
    return Promise.resolve(editor.runs.get(id)?.(...given));
  },
  getCommands: () => Promise.resolve([...editor.runs.keys()]),
  registerCommand(id: string, run: (...args: unknown[]) => unknown): Disposable {
    editor.runs.set(id, run);
    return new Disposable(() => editor.runs.delete(id));
  },
};

/** Tells of tasks, as a test says. */
export const taskProcesses = {
  started: new EventEmitter<{ execution: object; processId: number }>(),
  ended: new EventEmitter<{ execution: object; exitCode: number | undefined }>(),
};

export const tasks = {
  onDidStartTaskProcess: taskProcesses.started.event,
  onDidEndTaskProcess: taskProcesses.ended.event,
};

export const lm = {
  get registerMcpServerDefinitionProvider() {
    if (mcp.known === 'no') return undefined;
    return (_id: string, provider: McpProvider): Disposable => {
      if (mcp.known === 'refused') throw new Error('MCP configuration providers must be registered');
      mcp.provider = provider;
      return new Disposable(() => (mcp.provider = undefined));
    };
  },
};

export const authentication = {
  getSession,
  onDidChangeSessions: changes.event,
  async getAccounts(id: string) {
    const entry = registered(id);
    const sessions = await queued(entry, () => Promise.resolve(entry.provider.getSessions(undefined, {})));
    return sessions.map(({ account }) => account);
  },
  registerAuthenticationProvider(
    id: string,
    label: string,
    provider: vscode.AuthenticationProvider,
    options?: { supportsChallenges?: boolean },
  ): Disposable {
    if (options?.supportsChallenges && editor.challenges === 'refused') {
      throw new Error("Extension 'x' CANNOT use API proposal: authenticationChallenges.");
    }
    const challenges = options?.supportsChallenges === true && editor.challenges === 'taken';
    providers.set(id, { label, provider, challenges, queue: Promise.resolve() });
    const watching = provider.onDidChangeSessions(() => changes.fire({ provider: { id, label } }));
    return new Disposable(() => {
      watching.dispose();
      providers.delete(id);
    });
  },
};
