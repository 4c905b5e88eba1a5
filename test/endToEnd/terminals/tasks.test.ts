import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { openTerminal, readableTerminal } from '../../editor/workbench/terminal.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { judgeTokens, type JudgeToken } from '../../servers/resourceServers/bearerTokens.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { has } from '../../terminals/programs.ts';
import { waitForAgents } from './agents.ts';

const question = 'Let a program in a terminal use your account alice?';

describe('a task or a program that is debugged', function () {
  this.timeout(180_000);
  let stage: Stage;
  let folder: TemporaryFolder;
  let window: Workbench;
  let judge: JudgeToken;

  const file = (name: string): string => join(folder.path, name);
  const written = (name: string): Promise<string> =>
    waitFor(`what ${name} writes`, async () => {
      const text = await readFile(file(name), 'utf8').catch(() => '');
      return text.trim() !== '' && text.trim();
    });
  const isGood = async (token: string): Promise<void> =>
    assert.equal((await judge(token))?.sub, people.alice.sub);

  const setMode = (mode: string): Promise<void> =>
    stage.editor.writeSettings({
      ...stage.settings,
      ...readableTerminal,
      'debug.openDebug': 'neverOpen',
      'oidcTerminals.accounts': { company: { provider: 'oidc', scopes: ['openid'] } },
      'oidcTerminals.mode': mode,
    });

  before(async () => {
    folder = await temporaryFolder('tasks');
    stage = await openStage({
      terminals: true,
      whole: true,
      env: { XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: '' },
    });
    const { issuer, address: issuerAddress } = stage.identityProvider;
    judge = judgeTokens({ issuer, issuerAddress });
    await setMode('silentInTasks');
    const inputs = [
      { id: 'company', type: 'command', command: 'oidcTerminals.token', args: { account: 'company' } },
      {
        id: 'header',
        type: 'command',
        command: 'oidcTerminals.token',
        args: { account: 'company', as: 'header' },
      },
    ];
    const save = `printf %s "$VALUE" >`;
    const tasks = [
      { label: 'shell', type: 'shell', command: `vscode-oidc token company > ${file('shell')}` },
      {
        label: 'silent',
        type: 'shell',
        command: `vscode-oidc token company > /dev/null; echo $? > ${file('silent')}`,
      },
      {
        label: 'process',
        type: 'process',
        command: 'sh',
        args: ['-c', `vscode-oidc token company > ${file('process')}`],
      },
      {
        label: 'input',
        type: 'process',
        command: 'sh',
        args: ['-c', `${save} ${file('input')}`],
        options: { env: { VALUE: '${input:header}' } },
      },
    ].map(task => ({ ...task, problemMatcher: [] }));
    const program = `require('node:fs').writeFileSync(${JSON.stringify(file('debugged'))}, process.env.VALUE);`;
    await writeFile(file('program.js'), program);
    const configurations = [
      {
        name: 'program',
        type: 'node',
        request: 'launch',
        program: file('program.js'),
        env: { VALUE: '${input:company}' },
      },
    ];
    const settings = join(stage.editor.workspace, '.vscode');
    await mkdir(settings);
    await writeFile(join(settings, 'tasks.json'), JSON.stringify({ version: '2.0.0', tasks, inputs }));
    await writeFile(
      join(settings, 'launch.json'),
      JSON.stringify({ version: '0.2.0', configurations, inputs }),
    );
    window = await stage.openWindow(await stage.newPerson());
    await waitForAgents(stage, 1);
  });
  after(async () => {
    await stage?.close();
    await folder?.remove();
  });

  async function runTask(name: string): Promise<void> {
    await window.runCommand('Tasks: Run Task');
    await window.quickInput.read(/task to run/i);
    await window.quickInput.pick(name);
  }

  /** The exit code of a task that asks for a token. */
  async function silently(): Promise<string> {
    await rm(file('silent'), { force: true });
    await runTask('silent');
    return written('silent');
  }

  it('asks no one where the mode says so, though a terminal does', async () => {
    const isKnown = has('ss', 'apt-get install iproute2');
    if (isKnown) assert.equal(await silently(), '5', 'no one is signed in');
    const terminal = await openTerminal(window, folder.path);
    const asking = await terminal.start('vscode-oidc exec company -- true');
    const page = window.nextPage();
    await window.acceptDialog('Allow');
    await signInOnPage(await page, people.alice);
    await window.acceptDialog('Allow Once', question);
    assert.equal((await asking()).code, 0);
    if (isKnown) assert.equal(await silently(), '4', 'it was allowed once');
  });

  it('gets a token by the command, in a shell, after the question', async () => {
    await setMode('ask');
    await runTask('shell');
    const { detail } = await window.acceptDialog('Allow for 12 Hours', question);
    if (has('ss', 'apt-get install iproute2'))
      assert.match(detail, /\nIt runs in the terminal “[^”]+”: .*vscode-oidc token company/);
    await isGood(await written('shell'));
    await setMode('silentInTasks');
    assert.equal(await silently(), '0', 'it was allowed for longer');
  });

  it('gets it without a shell', async () => {
    await runTask('process');
    await isGood(await written('process'));
  });

  it('gets it in a variable of a task', async () => {
    await runTask('input');
    const [scheme, token = ''] = (await written('input')).split(' ');
    assert.equal(scheme, 'Bearer');
    await isGood(token);
  });

  it('gets it in a variable of a launch configuration', async () => {
    await window.runCommand('Debug: Start Without Debugging');
    await isGood(await written('debugged'));
  });

  it('does not start where the user declines', async () => {
    await window.runCommand('OIDC Terminals: Lock');
    await window.runCommand('Tasks: Run Task');
    await window.quickInput.read(/task to run/i);
    await writeFile(file('input'), '');
    await window.quickInput.pick('input');
    await waitFor('the reason on the screen', async () =>
      window.page.evaluate(() => document.body.innerText.includes('Tokens are locked.')),
    );
    assert.equal(await readFile(file('input'), 'utf8'), '');
  });
});
