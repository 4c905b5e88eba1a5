import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run, startTree, type ProcessTree } from './process/childProcess.ts';
import type { MovedClock } from './process/movedClock.ts';
import { installCodeServer } from './install/codeServerInstall.ts';
import { keepAsEvidence } from './evidence.ts';
import { temporaryFolder, type TemporaryFolder } from './process/temporaryFolder.ts';

export interface EditorServerOptions {
  /** The person's `settings.json`, on top of `quietSettings`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Reaches the extension host too. */
  readonly env?: Readonly<Record<string, string>>;
  /** VSIX files that are installed before the server starts. */
  readonly extensions?: readonly string[];
  /** Seconds an extension host waits for its window to come back. */
  readonly reconnectionGrace?: number;
  /** The workspace isn't trusted until somebody says so. */
  readonly restricted?: boolean;
  /** The clock of the server and its extension hosts, if it isn't that of this computer. */
  readonly clock?: MovedClock;
  /** With all built-in extensions, as somebody has it who installs it; by default only `neededBuiltIns`. */
  readonly whole?: boolean;
}

/** A VS Code server with a profile of its own on a port of 127.0.0.1 that the system chose. */
export interface EditorServer {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** An empty folder to open. */
  readonly workspace: string;
  /** Where every log file lies, those of the extensions included. */
  readonly logs: string;
  readonly settingsFile: string;
  /** The address of a window on `folder`, by default the empty one. `payload` counts for the test server only. */
  url(options?: { folder?: string; payload?: readonly (readonly [string, string])[] }): string;
  /** Windows opened or reloaded afterwards have the extension. */
  installExtension(vsix: string): Promise<void>;
  /** @param id `publisher.name`. Windows opened or reloaded afterwards don't have it. */
  uninstallExtension(id: string): Promise<void>;
  /** Seen by windows opened or reloaded afterwards; replaces what the caller gave before. */
  writeSettings(settings: Readonly<Record<string, unknown>>): Promise<void>;
  /** Every log file's text by its path relative to `logs`. */
  readLogs(): Promise<Map<string, string>>;
  /** What the server itself printed. */
  output(): string;
  /** Ends the server and every extension host, and removes its folders. May be called again. */
  close(): Promise<void>;
}

/** Nothing that moves, talks or asks by itself in a window that a test looks at. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'window.confirmBeforeClose': 'never',
  'security.workspace.trust.enabled': false,
  // Of more than 20 ports, the editor writes to the settings that it looks for them differently, and a test's are lost.
  'remote.autoForwardPorts': false,
};

/** Hours by default; tests that close windows want to see what was theirs end. */
const shortGrace = 5;
/** Read by `endWithParent.ts`. */
const endsWithParent = 'TEST_ENDS_WITH_PARENT';
const startTimeout = 60_000;

const preloads = ['resolveLocalhost.ts', 'endWithParent.ts'].map(file =>
  join(import.meta.dirname, 'process', file),
);

/**
 * The environment without what another editor or code-server around us left in it: those variables would make
 * the new server talk to that one, listen elsewhere or ask for a password.
 */
function environment(profile: string, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|CODE_SERVER_|ELECTRON_|NODE_OPTIONS$|PORT$|PASSWORD$|HASHED_PASSWORD$|npm_)/i;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    // code-server keeps its configuration and its own logs there.
    XDG_CONFIG_HOME: join(profile, 'config'),
    XDG_DATA_HOME: join(profile, 'data'),
    ...extra,
  };
}

async function readTexts(folder: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  if (!existsSync(folder)) return texts;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    texts.set(relative(folder, file).split(sep).join('/'), await readFile(file, 'utf8'));
  }
  return texts;
}

interface Program {
  readonly script: string;
  /** Given to every call: where the profile is. */
  readonly place: (profile: string) => string[];
  /** Given when the server starts. */
  readonly serve: (profile: string) => string[];
  /** Printed when it listens; the first group is the port. */
  readonly listening: RegExp;
  readonly userData: (profile: string) => string;
}

async function start(program: Program, options: EditorServerOptions): Promise<EditorServer> {
  const folder: TemporaryFolder = await temporaryFolder('editor');
  const profile = folder.path;
  const workspace = join(profile, 'workspace');
  const userData = program.userData(profile);
  const settingsFile = join(userData, 'User', 'settings.json');
  const env = environment(profile, { ...options.env, ...options.clock?.env });
  const { extensionKinds } = await installCodeServer();
  const trust = options.restricted && {
    'security.workspace.trust.enabled': true,
    'security.workspace.trust.startupPrompt': 'never',
  };
  const common = { ...quietSettings, ...trust, 'remote.extensionKind': extensionKinds };
  const node = (args: readonly string[]) => [
    ...[...preloads, ...(options.clock?.preloads ?? [])].flatMap(file => ['--require', file]),
    program.script,
    ...args,
  ];
  let tree: ProcessTree | undefined;

  async function writeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await mkdir(join(userData, 'User'), { recursive: true });
    await writeFile(settingsFile, JSON.stringify({ ...common, ...settings }, null, 2));
  }
  /** By one call: each starts half an editor. */
  async function installExtensions(packages: readonly string[]): Promise<void> {
    const each = packages.flatMap(vsix => ['--install-extension', vsix]);
    if (each.length > 0) await run(process.execPath, node([...program.place(profile), ...each]), { env });
  }
  async function uninstallExtension(id: string): Promise<void> {
    await run(process.execPath, node([...program.place(profile), '--uninstall-extension', id]), { env });
  }
  const logs = join(userData, 'logs');
  const forgetLogs = keepAsEvidence(logs);
  async function close(): Promise<void> {
    forgetLogs();
    await tree?.end();
    await folder.remove();
  }

  try {
    await mkdir(workspace);
    await writeSettings(options.settings ?? {});
    await installExtensions(options.extensions ?? []);
    const running = startTree(
      process.execPath,
      node([...program.place(profile), ...program.serve(profile)]),
      {
        cwd: workspace,
        env: { ...env, [endsWithParent]: '1' },
      },
    );
    tree = running;
    const [, port] = await running.line(program.listening, startTimeout);
    const origin = `http://127.0.0.1:${port ?? ''}`;
    return {
      origin,
      workspace,
      logs,
      settingsFile,
      url({ folder: opened = workspace, payload } = {}) {
        const url = new URL(origin);
        // In the form of a URI's path: `/c:/folder` on Windows.
        url.searchParams.set('folder', decodeURIComponent(pathToFileURL(opened).pathname));
        if (payload) url.searchParams.set('payload', JSON.stringify(payload));
        return url.href;
      },
      installExtension: vsix => installExtensions([vsix]),
      uninstallExtension,
      writeSettings,
      readLogs: () => readTexts(logs),
      output: () => running.output(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * VS Code's own server, for tests inside the extension host: its windows obey `payload`. Secrets are forgotten
 * when a page is reloaded.
 */
export async function startTestServer(options: EditorServerOptions = {}): Promise<EditorServer> {
  const { vscodeServer } = await installCodeServer();
  return start(
    {
      script: vscodeServer,
      place: profile => ['--server-data-dir', profile, '--accept-server-license-terms'],
      serve: () => [
        ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
        ...['--enable-smoke-test-driver', '--disable-workspace-trust', '--disable-telemetry'],
        ...['--reconnection-grace-time', String(options.reconnectionGrace ?? shortGrace)],
      ],
      listening: /^Extension host .* listening on (\d+)/,
      userData: profile => join(profile, 'data'),
    },
    options,
  );
}

/** code-server as a person uses it. Secrets survive a reload. */
export async function startCodeServer(options: EditorServerOptions = {}): Promise<EditorServer> {
  const { codeServer, neededBuiltIns } = await installCodeServer();
  return start(
    {
      script: codeServer,
      place: profile => [
        ...['--config', join(profile, 'config.yaml')],
        ...['--user-data-dir', join(profile, 'user'), '--extensions-dir', join(profile, 'extensions')],
      ],
      serve: () => [
        ...(options.whole ? [] : ['--builtin-extensions-dir', neededBuiltIns]),
        ...['--auth', 'none', '--bind-addr', '127.0.0.1:0'],
        ...(options.restricted ? [] : ['--disable-workspace-trust']),
        ...['--disable-update-check', '--disable-telemetry', '--disable-getting-started-override'],
        ...['--reconnection-grace-time', String(options.reconnectionGrace ?? shortGrace)],
      ],
      listening: /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/,
      userData: profile => join(profile, 'user'),
    },
    options,
  );
}
