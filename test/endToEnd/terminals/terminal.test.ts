import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { describeFinds, findSecretsInFolders, type Secrets } from '../../canaries/canaries.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import type { Workbench } from '../../editor/workbench.ts';
import {
  openTerminal,
  readableTerminal,
  restoredTerminal,
  type Terminal,
} from '../../editor/workbench/terminal.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { startGitServer, type GitServer } from '../../servers/gitServer.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { judgeTokens, type JudgeToken } from '../../servers/resourceServers/bearerTokens.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { startOwnAgent, type OwnAgent } from '../../terminals/editor/realAgent.ts';
import { has } from '../../terminals/programs.ts';
import { waitForAgents } from './agents.ts';

const question = 'Let a program in a terminal use your account alice?';

describe('the sign-in in a terminal of a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let git: GitServer;
  let folder: TemporaryFolder;
  let judge: JudgeToken;
  let person: BrowserContext;
  let window: Workbench;
  let terminal: Terminal;
  const tokens = new Map<string, string>();
  /** What this person had before the editor: an oidc-agent, with an account of another identity provider. */
  let own: OwnAgent | undefined;
  let theirProvider: IdentityProvider | undefined;

  before(async () => {
    folder = await temporaryFolder('terminal');
    const home = join(folder.path, 'a home with "quotes"');
    await mkdir(home);
    if (has('oidc-agent', 'apt-get install oidc-agent-cli')) {
      theirProvider = await startIdentityProvider();
      own = await startOwnAgent(home, theirProvider, 'grid');
    }
    stage = await openStage({
      terminals: true,
      env: { HOME: home, XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: own?.path ?? '' },
    });
    const { issuer, address: issuerAddress } = stage.identityProvider;
    judge = judgeTokens({ issuer, issuerAddress });
    git = await startGitServer(async token => (await judge(token)) !== undefined);
    await stage.editor.writeSettings({
      ...stage.settings,
      ...readableTerminal,
      'oidcTerminals.accounts': {
        company: { provider: 'oidc', scopes: ['openid', 'profile'], hosts: [git.host] },
      },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
    await waitForAgents(stage, 1);
    terminal = await openTerminal(window, folder.path);
  });
  after(async () => {
    await stage?.close();
    await git?.close();
    await own?.stop();
    await theirProvider?.close();
    await folder?.remove();
  });

  const keep = (token: string): string => {
    tokens.set(token, 'access token');
    return token;
  };

  it('gets a token after the sign-in, the editor’s consent and ours, each asked once', async () => {
    const asking = await terminal.start('vscode-oidc token company');
    const page = window.nextPage();
    const { message } = await window.acceptDialog('Allow');
    assert.match(message, /OpenID Connect for Terminals/);
    await signInOnPage(await page, people.alice);
    const { detail } = await window.readDialog(question);
    assert.match(detail, /Account in your settings: company\nScopes: openid profile/);
    assert.match(detail, /calls itself “vscode-oidc token”/);
    if (has('ss', 'apt-get install iproute2'))
      assert.match(detail, /\nIt runs in the terminal “[^”]+”: vscode-oidc token company\n/);
    await window.screenshot('terminal-question');
    await window.acceptDialog('Allow for 12 Hours', question);
    const { out, err, code } = await asking();
    assert.deepEqual([err, code], ['', 0]);
    assert.equal((await judge(keep(out.trim())))?.sub, people.alice.sub);
    await window.screenshot('terminal-token');
  });

  it('gets the same token in the ways of other tools, without a question', async () => {
    const [token] = tokens.keys();
    const header = await terminal.run('vscode-oidc header company');
    assert.equal(header.out, `Authorization: Bearer ${token}\n`);
    if (has('oidc-token', 'apt-get install oidc-agent-cli')) {
      const { out, err } = await terminal.run('oidc-token company');
      assert.deepEqual([out.trim(), err], [token, '']);
    }
  });

  it('is told which providers there are', async () => {
    const { out, err, code } = await terminal.run('vscode-oidc token --provider nosuch');
    const said = 'vscode-oidc: There is no identity provider nosuch.\nProviders: oidc\n';
    assert.deepEqual([out, err, code], ['', said, 2]);
  });

  it('gets tokens of the user’s own agent too, where there is one, and loads its accounts', async () => {
    if (!own || !theirProvider) return;
    const theirs = judgeTokens({ issuer: theirProvider.issuer, issuerAddress: theirProvider.address });
    const { out, err } = await terminal.run('oidc-token grid');
    assert.equal(err, '');
    assert.equal((await theirs(keep(out.trim())))?.sub, people.alice.sub);
    assert.equal((await terminal.run('vscode-oidc accounts')).out, 'company\ngrid\n');
    assert.equal((await terminal.run('oidc-add --remove grid')).code, 0);
    assert.match((await terminal.run('oidc-token grid')).err, /account not loaded/);
  });

  it('clones a repository from a server that verifies the token', async () => {
    const helper = `-c credential.helper= -c credential.helper='!vscode-oidc git-credential'`;
    const { err, code } = await terminal.run(`git ${helper} clone ${git.url} ${join(folder.path, 'clone')}`);
    assert.equal(code, 0, err);
    assert.equal(
      await readFile(join(folder.path, 'clone', '.git', 'HEAD'), 'utf8'),
      'ref: refs/heads/main\n',
    );
    assert.deepEqual(git.requests[0], { proof: 'none', isLetIn: false });
    assert.ok(git.requests.some(({ isLetIn }) => isLetIn));
  });

  it('goes on in a terminal that is restored when the window is loaded again', async () => {
    const before = await terminal.run('printenv OIDC_SOCK VSCODE_OIDC_SOCK');
    await window.reload();
    terminal = await restoredTerminal(window, folder.path);
    await waitForAgents(stage, 2);
    const after = await terminal.run('printenv OIDC_SOCK VSCODE_OIDC_SOCK');
    assert.deepEqual(after, before);
    const asking = await terminal.start('vscode-oidc token company');
    await window.acceptDialog('Allow for 12 Hours', question);
    const { out, err, code } = await asking();
    assert.deepEqual([err, code], ['', 0]);
    assert.ok(await judge(keep(out.trim())));
  });

  it('has the agent of the window in a terminal that is opened after that', async () => {
    terminal = await openTerminal(window, folder.path);
    const { out, code } = await terminal.run('vscode-oidc accounts');
    assert.equal(code, 0);
    assert.match(out, /^company\n/);
  });

  it('asks in the window that the terminal belongs to', async () => {
    const second = await stage.openWindow(person);
    await waitForAgents(stage, 3);
    const other = await openTerminal(second, folder.path);
    const asking = await other.start('vscode-oidc token company');
    await second.acceptDialog('Allow Once', question);
    const { out, code } = await asking();
    assert.equal(code, 0);
    keep(out.trim());
    await second.close();
  });

  it('leaves no token in a log or a history', async () => {
    const secrets: Secrets = tokens;
    assert.ok(secrets.size > 0);
    await terminal.type('history -a');
    const { found } = await findSecretsInFolders(secrets, [
      stage.editor.logs,
      join(folder.path, 'a home with "quotes"'),
    ]);
    assert.equal(describeFinds(found), '');
  });
});
