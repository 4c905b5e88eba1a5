import { join } from 'node:path';
import * as vscode from 'vscode';
import { systemClock } from '../../src/platform/clock.ts';
import { speak } from '../../src/platform/language.ts';
import { errorName } from '../../src/platform/log.ts';
import { remembering } from '../../src/platform/storage.ts';
import { l10n, shown } from '../../src/platform/shown.ts';
import { editorLog } from '../../src/ui/editorLog.ts';
import { window } from '../../src/ui/show.ts';
import { startAgent, type Agent } from './agent/agent.ts';
import { ancestryOf } from './agent/peer.ts';
import { findPlace, surroundings, workspaceIdentity } from './agent/place.ts';
import { upstreamPath } from './agent/upstream.ts';
import type { Target } from './consent/accounts.ts';
import { createConsent, type Consent } from './consent/consent.ts';
import type { Choice } from './consent/rules.ts';
import { registerCommands } from './editor/commands.ts';
import { createHandle } from './editor/handle.ts';
import { askForConsent, signInDetail, wrongAccounts } from './editor/question.ts';
import { originOf } from './editor/lookUp/origin.ts';
import { createRecord } from './editor/record.ts';
import { offerMissing } from './editor/requirements.ts';
import { scriptsFor, writeScripts } from './editor/scripts.ts';
import { isUnattended, watchTasks } from './editor/lookUp/tasks.ts';
import { silentSession, visibleSession } from './editor/sessions.ts';
import { readSettings, section } from './editor/settings.ts';
import { storedPermissions, storePermissions } from './editor/storage.ts';
import { createValues } from './editor/values.ts';
import { setVariables } from './editor/variables.ts';

let agent: Agent | undefined;

/** Builds the parts, and opens the socket. The editor runs this in trusted workspaces only. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  if (vscode.l10n.bundle) speak(vscode.env.language, vscode.l10n.bundle);
  const channel = window.createOutputChannel(shown('OpenID Connect for Terminals'), { log: true });
  const log = editorLog(channel);
  const clock = systemClock;
  const memory = remembering(context.workspaceState);
  const consent: Consent<Target> = createConsent<Target>({
    clock,
    stored: storedPermissions(memory),
    store: permissions => storePermissions(memory, permissions),
    show: target => ask(target, consent),
    onChange: () => record.refresh(),
  });
  const record = createRecord(memory, clock, () => consent.isLocked);
  const tasks = watchTasks();
  const around = surroundings();
  const identity = workspaceIdentity(context.storageUri ?? context.globalStorageUri);
  const handle = createHandle({
    clock,
    log,
    consent,
    settings: readSettings,
    upstream: upstreamPath(around.env),
    isUnattended: async peer => {
      const pid = await peer();
      return pid !== undefined && isUnattended(await ancestryOf(pid), tasks.pids, process.pid);
    },
    isThere: async () => vscode.commands.executeCommand('setContext', 'oidcTerminals.isThere', true),
    onDecided(target, result) {
      const { name, provider, hint, host } = target;
      const words = { as: name ?? provider, to: hint, host };
      if ('account' in result) log.info('token handed out', { account: result.account, ...words });
      else log.info('request refused', { why: result.refusal, ...words });
      record.add(target, result);
    },
  });
  const commands = registerCommands({
    consent,
    values: createValues(handle),
    accounts: () => readSettings().accounts.declared,
    outcomes: record.outcomes,
    showLog: () => channel.show(),
  });
  context.subscriptions.push(channel, record, commands, tasks);
  void offerMissing();

  agent = await startAgent({
    clock,
    log,
    surroundings: around,
    place: await findPlace(identity, around),
    handle,
  });
  const { path: socket } = agent;
  const scripts = join(context.globalStorageUri.fsPath, 'bin');
  const program = join(context.extensionPath, 'dist', 'vscode-oidc.cjs');
  await writeScripts(scripts, scriptsFor(process.execPath, program, around.platform));

  const apply = (): void => {
    const { setsOidcSock, wrong } = readSettings();
    setVariables(context.environmentVariableCollection, { socket, scripts, setsOidcSock });
    if (wrong.length > 0) void showWrong(wrong);
  };
  apply();
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(event => event.affectsConfiguration(section) && apply()),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused)
        agent?.takeOver().catch((error: unknown) => log.warn('socket lost', { error: errorName(error) }));
    }),
  );
  log.info('listening', { socket });
}

/** The editor's own consent comes first, and with it the sign-in. Then ours, for the program. */
async function ask(target: Target, consent: Consent<Target>): Promise<Choice> {
  const session = (await silentSession(target)) ?? (await visibleSession(target, signInDetail(target)));
  if (!session) return 'no';
  if (consent.isAllowed(target)) return 'once';
  const origin = await originOf(await target.peer?.(), systemClock);
  return askForConsent(target, session.account.label, origin);
}

async function showWrong(names: readonly string[]): Promise<void> {
  const open = l10n.t('Open Settings');
  if ((await window.showWarningMessage(wrongAccounts(names), open)) === open)
    await vscode.commands.executeCommand('workbench.action.openSettings', 'oidcTerminals.accounts');
}

/** Closes the socket, so no terminal waits for a response. */
export async function deactivate(): Promise<void> {
  await agent?.close();
}
