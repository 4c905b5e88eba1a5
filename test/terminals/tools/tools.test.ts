import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type AgentResponse } from '../../../terminals/src/agent/requests.ts';
import { startGitServer, type GitServer } from '../../servers/gitServer.ts';
import { success, token } from '../agent/openAgent.ts';
import { openCommand, type OpenCommand } from '../command/openCommand.ts';
import { has } from '../programs.ts';
import { startToolServer, type ToolServer } from './toolServer.ts';

/** Each tool is given a token that its server verifies, and then none. */
describe('real tools in a terminal', function () {
  this.timeout(60_000);
  let shell: OpenCommand;
  let server: ToolServer;
  let git: GitServer;
  let response: AgentResponse;

  before(async () => {
    shell = await openCommand(() => Promise.resolve(response));
    server = await startToolServer(given => Promise.resolve(given === token));
    git = await startGitServer(given => Promise.resolve(given === token));
    await writeFile(join(shell.folder, 'authority.pem'), server.authority);
  });
  beforeEach(() => {
    response = success;
    shell.asked.splice(0);
    server.requests.splice(0);
    git.requests.splice(0);
  });
  after(async () => {
    await shell?.close();
    await server?.close();
    await git?.close();
  });

  const decline = (): void => {
    response = failure('You declined.', 'Run it again.\n', 'declined');
  };
  const asked = (): Record<string, unknown>[] => shell.asked as Record<string, unknown>[];

  describe('git', () => {
    const helper = `git -c credential.helper= -c credential.helper='!vscode-oidc git-credential company'`;

    it('clones, and asks for the token of the host', async () => {
      const { code, err } = await shell.run(`${helper} clone --quiet ${git.url} work`);
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(
        asked().map(({ host, account }) => [host, account]),
        [[git.host, 'company']],
      );
      assert.ok(git.requests.some(({ isLetIn }) => isLetIn));
    });

    it('does ten things at once', async () => {
      const ten = `for i in 1 2 3 4 5 6 7 8 9 10; do ${helper} ls-remote ${git.url} >/dev/null || echo failed & done; wait`;
      assert.deepEqual(await shell.run(ten), { code: 0, out: '', err: '' });
      assert.equal(asked().length, 10);
    });

    it('stops after a no, and asks for no password', async () => {
      decline();
      const { code, err } = await shell.run(`${helper} ls-remote ${git.url}`);
      assert.equal(code, 128);
      assert.match(
        err,
        /vscode-oidc: You declined\.\nRun it again\.\nfatal: credential helper .* told us to quit/s,
      );
    });

    it('leaves the token to no helper that stores it, if the list is begun anew', async () => {
      const stores = `git -c credential.helper='store --file=stored' -c credential.helper= -c credential.helper='!vscode-oidc git-credential company'`;
      const { code, out } = await shell.run(
        `${stores} ls-remote ${git.url} >/dev/null && ls stored 2>/dev/null || echo none`,
      );
      assert.deepEqual([code, out], [0, 'none\n']);
    });
  });

  it('curl sends the header, and goes on without it only if nobody looks', async () => {
    const curl = `set -o pipefail; vscode-oidc header company | curl --silent --fail -H @- ${server.url}/x`;
    assert.deepEqual(await shell.run(curl), { code: 0, out: '{"hello":"alice"}', err: '' });
    decline();
    const { code, out } = await shell.run(curl);
    assert.notEqual(code, 0);
    assert.equal(out, '');
  });

  if (has('kubectl', 'see https://kubernetes.io/docs/tasks/tools'))
    for (const version of ['v1', 'v1beta1'])
      it(`kubectl gets its list (${version})`, async () => {
        const exec = {
          apiVersion: `client.authentication.k8s.io/${version}`,
          command: 'vscode-oidc',
          args: ['kubernetes', 'company'],
          interactiveMode: 'Never',
          provideClusterInfo: true,
          installHint: 'Open a terminal of VS Code.',
        };
        const config = {
          apiVersion: 'v1',
          kind: 'Config',
          clusters: [
            {
              name: 'c',
              cluster: {
                server: server.secureUrl,
                'certificate-authority': join(shell.folder, 'authority.pem'),
              },
            },
          ],
          users: [{ name: 'u', user: { exec } }],
          contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
          'current-context': 'x',
        };
        await writeFile(join(shell.folder, 'kube'), JSON.stringify(config));
        const more = { KUBECONFIG: join(shell.folder, 'kube') };
        const get = 'kubectl get configmaps -o name --request-timeout=10s';
        assert.deepEqual(await shell.run(get, { more }), {
          code: 0,
          out: 'configmap/made-for-alice\n',
          err: '',
        });
        assert.equal(asked().length, 1);
        assert.match(String(asked()[0]?.['application_hint']), /^kubectl \(https:\/\/localhost:\d+\)$/);
        decline();
        const { code, err } = await shell.run(get, { more });
        assert.notEqual(code, 0);
        assert.match(err, /You declined/);
      });

  if (has('rclone', 'apt-get install rclone'))
    it('rclone lists a folder', async () => {
      const list = `rclone --config /dev/null lsf --webdav-url ${server.url}/dav --webdav-vendor other --webdav-bearer-token-command 'vscode-oidc token company' --retries 1 --low-level-retries 1 :webdav:`;
      const { code, out, err } = await shell.run(list);
      assert.deepEqual([code, out], [0, 'secret.txt\n'], err);
      decline();
      assert.notEqual((await shell.run(list)).code, 0);
    });

  if (has('python3', 'apt-get install python3 python3-pip'))
    it('pip gets an index through keyring', async () => {
      await writeFile(
        join(shell.folder, 'bin', 'keyring'),
        '#!/bin/sh\nexec vscode-oidc keyring company "$@"\n',
        {
          mode: 0o755,
        },
      );
      const index = server.url.replace('http://', 'http://oauth2@');
      const pip = `python3 -m pip download --no-cache-dir --disable-pip-version-check --no-input --keyring-provider subprocess --index-url ${index}/simple --trusted-host 127.0.0.1 --retries 0 none`;
      await shell.run(pip, { more: { PIP_FIND_LINKS: '', PIP_CONFIG_FILE: '/dev/null' } });
      assert.deepEqual(server.requests.slice(0, 2), [
        { path: '/simple/none/', status: 401 },
        { path: '/simple/none/', status: 200 },
      ]);
      assert.equal(asked()[0]?.['host'], server.host);
    });

  if (has('go', 'see https://go.dev/doc/install'))
    it('Go gets a module’s versions', async () => {
      const more = {
        GOAUTH: `vscode-oidc goauth company ${server.secureUrl}`,
        GOPROXY: `${server.secureUrl}/go`,
        GONOSUMDB: '*',
        GOFLAGS: '-mod=mod',
        GOSUMDB: 'off',
        GOPATH: join(shell.folder, 'gopath'),
        GOTOOLCHAIN: 'local',
        SSL_CERT_FILE: join(shell.folder, 'authority.pem'),
      };
      const list =
        'mkdir -p module && cd module && printf "module x\\n" > go.mod && go list -m -versions example.test/m';
      const { out, err } = await shell.run(list, { more });
      assert.equal(out, 'example.test/m v1.0.0\n', err);
    });
});
