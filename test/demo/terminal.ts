/** What `npm start -- --terminal` shows: the sign-in in a terminal, with real tools and servers that verify the token. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../editor/process/temporaryFolder.ts';
import { openTerminal, readableTerminal, type Terminal } from '../editor/workbench/terminal.ts';
import type { Workbench } from '../editor/workbench.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { waitForAgents } from '../endToEnd/terminals/agents.ts';
import { signInOnPage } from '../manifest/client/playwright.ts';
import { startGitServer, type GitServer } from '../servers/gitServer.ts';
import { people } from '../servers/identityProvider/people.ts';
import { judgeTokens } from '../servers/resourceServers/bearerTokens.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { has } from '../terminals/programs.ts';
import { startToolServer, type ToolServer } from '../terminals/tools/toolServer.ts';
import type { Report } from './methods.ts';

/** The editor and the servers that a terminal of it can use. */
export interface TerminalDemo {
  readonly stage: Stage;
  go(report: Report): Promise<void>;
  close(): Promise<void>;
}

export async function openTerminalDemo(progress: (step: string) => void): Promise<TerminalDemo> {
  const folder = await temporaryFolder('terminal');
  const home = join(folder.path, 'home');
  await mkdir(home);
  const stage = await openStage({
    whole: true,
    progress,
    terminals: true,
    env: { HOME: home, KUBECONFIG: join(home, 'kube'), XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: '' },
  });
  const { issuer, address: issuerAddress } = stage.identityProvider;
  const judge = judgeTokens({ issuer, issuerAddress });
  const isGood = async (token: string): Promise<boolean> => (await judge(token)) !== undefined;
  const [git, api] = [await startGitServer(isGood), await startToolServer(isGood)];
  return {
    stage,
    async go(report) {
      await prepare(stage, home, git, api);
      const window = await stage.openWindow(await stage.newPerson());
      await waitForAgents(stage, 1);
      await useTerminal(window, home, git, report);
    },
    close: () => close(folder, git, api),
  };
}

async function close(folder: TemporaryFolder, git: GitServer, api: ToolServer): Promise<void> {
  await git.close();
  await api.close();
  await folder.remove();
}

async function prepare(stage: Stage, home: string, git: GitServer, api: ToolServer): Promise<void> {
  await stage.editor.writeSettings({
    ...stage.settings,
    ...readableTerminal,
    'oidcTerminals.accounts': {
      company: { provider: 'oidc', scopes: ['openid', 'profile'], hosts: [git.host] },
    },
  });
  await writeFile(join(home, 'authority.pem'), api.authority);
  const cluster = { server: api.secureUrl, 'certificate-authority': join(home, 'authority.pem') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'company', cluster }],
    contexts: [{ name: 'company', context: { cluster: 'company', user: 'vscode-oidc-company' } }],
    'current-context': 'company',
  };
  await writeFile(join(home, 'kube'), JSON.stringify(config));
}

async function useTerminal(window: Workbench, home: string, git: GitServer, report: Report): Promise<void> {
  const { say } = report;
  const shoot = (name: string) => report.picture(window.page, name);
  const terminal = await openTerminal(window, home);
  say('A terminal is open, and no one is signed in');

  await terminal.type('vscode-oidc token company');
  const opened = window.nextPage();
  await window.readDialog(/OpenID Connect for Terminals/);
  await shoot('editor-consent');
  await window.acceptDialog('Allow');
  await signInOnPage(await opened, people.alice);
  await window.readDialog(/^Let a program in a terminal use your account/);
  await shoot('question');
  await window.acceptDialog('Allow for 12 Hours');
  await prompt(terminal);
  say('vscode-oidc has printed a token, after the sign-in and two questions');
  await shoot('token');

  if (has('oidc-token', 'apt-get install oidc-agent-cli')) {
    await see(
      terminal,
      'test "$(oidc-token company)" = "$(vscode-oidc token company)" && echo same',
      /^same$/m,
    );
    say('oidc-token, a client of oidc-agent, has the same one');
    await shoot('oidc-token');
  }
  await setUp(window, `git: ${git.host}`, shoot);
  await see(terminal, `cd; git clone ${git.url} clone && ls -a clone`, /^\.git$|\s\.git\b/m);
  say('git has cloned a repository from a server that verifies the token');
  await shoot('git');

  if (has('kubectl', 'see https://kubernetes.io/docs/tasks/tools')) {
    await setUp(window, 'kubectl: vscode-oidc-company', shoot);
    await see(terminal, 'kubectl get configmaps -o name', /^configmap\/made-for-alice/m);
    say('kubectl has a list from a server that verifies the token');
    await shoot('kubectl');
  }
  await window.runCommand('OIDC Terminals: Show Activity…');
  await window.quickInput.read('Tokens for programs');
  say('The activity lists which program got a token');
  await shoot('activity');
  await window.quickInput.cancel();
}

async function setUp(window: Workbench, tool: string, shoot: (name: string) => Promise<void>): Promise<void> {
  await window.runCommand('OIDC Terminals: Set Up Tool…');
  await window.quickInput.read('Tool to set up');
  await window.quickInput.pick(tool);
  await window.readDialog(`Set up ${tool}?`);
  await shoot('set-up');
  await window.acceptDialog('Set Up');
  await window.waitForNotification(`${tool} is set up.`);
  await window.clearNotifications();
}

/** Types a command into an empty terminal, and waits for what it prints. */
async function see(terminal: Terminal, command: string, printed: RegExp): Promise<void> {
  await terminal.type('clear');
  await waitFor('an empty terminal', async () => !(await terminal.screen()).trimEnd().includes('\n'));
  await terminal.type(command);
  await prompt(terminal);
  const screen = await terminal.screen();
  if (!printed.test(screen)) throw new Error(`${command} went wrong: ${screen}`);
}

/** Waits until the shell is ready for a command again. */
async function prompt(terminal: Terminal): Promise<void> {
  await waitFor(
    async () => `a prompt after the command; there is: ${await terminal.screen()}`,
    async () => {
      const screen = (await terminal.screen()).trimEnd();
      return screen.includes('\n') && /[$#]$/.test(screen);
    },
  );
}
