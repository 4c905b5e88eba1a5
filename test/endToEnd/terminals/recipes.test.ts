import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFinds, findSecrets, findSecretsInFolders } from '../../canaries/canaries.ts';
import { run } from '../../editor/process/childProcess.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { openWorkbench, type Workbench } from '../../editor/workbench.ts';
import { openTerminal, readableTerminal, type Terminal } from '../../editor/workbench/terminal.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import { startGitServer, type GitServer } from '../../servers/gitServer.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { judgeTokens } from '../../servers/resourceServers/bearerTokens.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { has } from '../../terminals/programs.ts';
import { startToolServer, type ToolServer } from '../../terminals/tools/toolServer.ts';
import { waitForAgents } from './agents.ts';
import { httpYacWithEditor, installHttpYac } from './httpYac.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const page = join(repository, 'docs', 'terminals.md');
/** Kept, since Go compiles its own packages for half a minute. */
const goCache = join(repository, 'dist', 'test', 'go');

/** What a reader copies: the blocks of one recipe of the documentation, and what is in line with its text. */
async function recipe(heading: string): Promise<{ blocks: string[]; inline: string[] }> {
  const text = (await readFile(page, 'utf8')).split(/^#+ /m).find(part => part.startsWith(`${heading}\n`));
  assert.ok(text, `there is no recipe ${heading}`);
  const blocks = [...text.matchAll(/^```\w*\n([^]*?)^```$/gm)].map(([, block = '']) => block.trimEnd());
  const inline = [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(
    ([, word = '']) => word,
  );
  return { blocks, inline: inline.map(word => word.replace(/\s+/g, ' ')) };
}

describe('the recipes of the documentation, typed in a terminal of a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let folder: TemporaryFolder;
  let home: string;
  let git: GitServer;
  let api: ToolServer;
  let window: Workbench;
  let terminal: Terminal;
  /** Those that a server has let in. */
  const tokens = new Map<string, string>();

  const inHome = (...names: string[]): string => join(home, ...names);
  /** The hosts of the documentation are those of the servers here. */
  const here = (text: string): string =>
    text
      .replaceAll('https://git.example.com', `http://${git.host}`)
      .replaceAll('https://proxy.example.com', api.secureUrl)
      .replaceAll(/https:\/\/(\w+@)?(?:api|dav|pypi)\.example\.com/g, `http://$1${api.host}`)
      .replaceAll('registry.example.com', api.host);
  /** Types each line. @returns what the last one printed. */
  async function typeAll(lines: readonly string[]): Promise<string> {
    let out = '';
    for (const line of lines) {
      const ended = await terminal.run(here(line));
      assert.equal(ended.code, 0, `${line}: ${ended.err}`);
      ({ out } = ended);
    }
    return out;
  }

  before(async () => {
    folder = await temporaryFolder('recipes');
    home = join(folder.path, 'home');
    const workspace = join(folder.path, `a "workspace" that's named $HOME`);
    for (const made of [workspace, inHome('first'), inHome('.docker')])
      await mkdir(made, { recursive: true });
    // What the start of a person's shell can do: a program of the same name comes first, and a variable is lost.
    await writeFile(inHome('first', 'vscode-oidc'), '#!/bin/sh\necho another\n', { mode: 0o755 });
    const path = `PATH='${inHome('first')}:${process.env['PATH'] ?? ''}'`;
    await writeFile(inHome('.bashrc'), `${path}\nunset OIDC_SOCK\nPS1='$ '\n`);
    stage = await openStage({
      terminals: true,
      env: {
        ...{ HOME: home, XDG_RUNTIME_DIR: folder.path, OIDC_SOCK: '', NO_PROXY: '*', no_proxy: '*' },
        ...{ PIP_CONFIG_FILE: '/dev/null', GOSUMDB: 'off', GOTOOLCHAIN: 'local', GOPATH: inHome('go') },
        ...{ GOCACHE: goCache },
        ...{ KUBECONFIG: inHome('kube'), SSL_CERT_FILE: inHome('authority.pem') },
      },
    });
    const { issuer, address: issuerAddress } = stage.identityProvider;
    const judge = judgeTokens({ issuer, issuerAddress });
    const isGood = async (token: string): Promise<boolean> => {
      const isIn = (await judge(token)) !== undefined;
      if (isIn) tokens.set(token, 'access token');
      return isIn;
    };
    [git, api] = [await startGitServer(isGood), await startToolServer(isGood)];
    await writeFile(inHome('authority.pem'), api.authority);
    const hosts = [git.host, api.host, new URL(api.secureUrl).host];
    await stage.editor.writeSettings({
      ...stage.settings,
      ...readableTerminal,
      'oidcTerminals.accounts': { company: { provider: 'oidc', scopes: ['openid'], hosts } },
    });
    window = await openWorkbench(await stage.newPerson(), stage.editor.url({ folder: workspace }));
    await waitForAgents(stage, 1);
    terminal = await openTerminal(window, folder.path);
  });
  after(async () => {
    await stage?.close();
    await git?.close();
    await api?.close();
    await folder?.remove();
  });

  it('work with our command and our socket, whatever the start of the shell does', async () => {
    assert.doesNotMatch((await terminal.run('command -v vscode-oidc')).out, /first/);
    const both = (await terminal.run('printenv OIDC_SOCK VSCODE_OIDC_SOCK')).out.trim().split('\n');
    assert.equal(both[0], both[1]);
    const asking = await terminal.start('vscode-oidc exec company -- true');
    const opened = window.nextPage();
    await window.acceptDialog('Allow');
    await signInOnPage(await opened, people.alice);
    await window.acceptDialog('Allow for 12 Hours', 'Let a program in a terminal use your account alice?');
    assert.deepEqual(await asking(), { out: '', err: '', code: 0 });
  });

  it('git', async () => {
    const { blocks } = await recipe('git');
    await typeAll([...(blocks[0] ?? '').split('\n'), `git ls-remote ${git.url}`]);
    assert.ok(git.requests.some(({ isLetIn }) => isLetIn));
  });

  it('curl', async () => {
    const { blocks } = await recipe('curl');
    assert.equal(await typeAll((blocks[0] ?? '').split('\n')), '{"hello":"alice"}');
  });

  if (has('kubectl', 'see https://kubernetes.io/docs/tasks/tools'))
    it('kubectl', async () => {
      const { blocks } = await recipe('kubectl');
      const cluster = `{name: c, cluster: {server: "${api.secureUrl}", certificate-authority: "${inHome('authority.pem')}"}}`;
      const context =
        'contexts: [{name: x, context: {cluster: c, user: vscode-oidc-company}}]\ncurrent-context: x';
      await writeFile(inHome('kube'), `${blocks[0]}\nclusters: [${cluster}]\n${context}\n`);
      assert.equal(await typeAll(['kubectl get configmaps -o name']), 'configmap/made-for-alice\n');
    });

  if (has('rclone', 'apt-get install rclone'))
    it('rclone', async () => {
      const { blocks } = await recipe('rclone');
      assert.equal(await typeAll([`${blocks[0]}dav`]), 'secret.txt\n');
    });

  if (has('docker', 'apt-get install docker.io'))
    it('Docker', async () => {
      const { inline } = await recipe('Docker');
      const helpers = inline.find(word => word.startsWith('"credHelpers"')) ?? '';
      await writeFile(inHome('.docker', 'config.json'), `{ ${here(helpers)} }`);
      const printed = await typeAll([`docker manifest inspect --insecure ${api.host}/image:1`]);
      assert.match(printed, /"schemaVersion": 2/);
    });

  if (has('pip', 'apt-get install python3-pip'))
    it('pip', async () => {
      const { inline } = await recipe('pip');
      const program = inline.find(word => word.startsWith('exec ')) ?? '';
      await mkdir(inHome('later'));
      await writeFile(inHome('later', 'keyring'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
      const [pip = ''] = inline.filter(word => word.startsWith('pip install'));
      await terminal.run(`PATH="$PATH:${inHome('later')}"`);
      // The index has no package that could be installed.
      const { err } = await terminal.run(here(`${pip.replace('…', '--retries 0 none')}`));
      assert.ok(
        api.requests.some(({ path, status }) => path === '/simple/none/' && status === 200),
        err,
      );
    });

  if (has('go', 'see https://go.dev/doc/install')) {
    it('Go 1.24 and later', async () => {
      const { blocks } = await recipe('Go 1.24 and later');
      const list = `GOPROXY=${api.secureUrl}/go go list -m -versions example.test/m`;
      const lines = [...(blocks[0] ?? '').split('\n'), 'cd ~', 'go mod init example.test/here', list];
      assert.equal(await typeAll(lines), 'example.test/m v1.0.0\n');
    });

    it('Go programs', async () => {
      const { blocks } = await recipe('Go programs');
      const use = `curl := exec.Command("curl", "--silent", "--fail", "-H", "@-", "http://${api.host}/go")
        curl.Stdin = strings.NewReader("Authorization: Bearer " + token)
        response, err := curl.Output()
        fmt.Println(string(response), err)`;
      const imports = 'import ("fmt"; "os/exec"; "strings")';
      const body = `${blocks[0]}\nif err != nil { panic(err) }\n${use}`;
      await writeFile(inHome('program.go'), `package main\n${imports}\nfunc main() {\n${body}\n}\n`);
      const env = { ...process.env, GOCACHE: goCache, GOTOOLCHAIN: 'local' };
      await run('go', ['build', '-o', inHome('compiled'), inHome('program.go')], { env });
      assert.equal(await typeAll(['go run ~/program.go']), '{"hello":"alice"} <nil>\n');
    });
  }

  it('HTTP files', async () => {
    const programs = await installHttpYac();
    if (programs === undefined) return;
    const { blocks } = await recipe('HTTP files');
    const [file = '', command = '', script = ''] = blocks.map(here);
    await mkdir(inHome('http'));
    await writeFile(inHome('http', 'requests.http'), `${file}\n`);
    await typeAll([`PATH="$PATH:${programs}"`, 'cd ~/http']);
    assert.match(await typeAll([command]), /"hello": "alice"/);
    const unreachable = file.replace(/:\d+\//, ':1/');
    await writeFile(inHome('http', 'requests.http'), `${unreachable}\n`);
    const { out, code } = await terminal.run(`${command} --json`);
    assert.match(out, /ECONNREFUSED|EACCES/);
    assert.notEqual(code, 0);
    // As the extension of httpYac has it, whose engine is the same.
    await writeFile(inHome('http', 'httpyac.config.js'), httpYacWithEditor);
    await writeFile(inHome('http', 'requests.http'), `${script}\n`);
    assert.match(await typeAll([command]), /"hello": "alice"/);
    await typeAll(['cd ~']);
  });

  if (has('python3', 'apt-get install python3'))
    it('Python programs', async () => {
      const { blocks } = await recipe('Python programs');
      const use = `import urllib.request
request = urllib.request.Request("http://${api.host}/python", headers={"Authorization": f"Bearer {token}"})
print(urllib.request.urlopen(request).status)`;
      await writeFile(inHome('program.py'), `${blocks[0]}\n${use}\n`);
      assert.equal(await typeAll(['python3 ~/program.py']), '200\n');
    });

  it('leave no token in the terminal, what the shell and the tools store, or what the editor writes', async () => {
    assert.ok(tokens.size > 0);
    await terminal.run('history -a');
    const shown = await terminal.buffer();
    assert.match(shown, /vscode-oidc header company/);
    assert.equal(describeFinds(findSecrets(tokens, [{ where: 'the terminal', text: shown }])), '');
    const { found } = await findSecretsInFolders(tokens, [folder.path, stage.editor.logs]);
    assert.equal(describeFinds(found), '');
    assert.match(await readFile(inHome('.bash_history'), 'utf8'), /vscode-oidc header company/);
  });
});
