import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure, type AgentResponse } from '../../../terminals/src/agent/requests.ts';
import { success, token } from '../agent/openAgent.ts';
import { openCommand, type OpenCommand } from './openCommand.ts';

const request = 'access_token';

describe('the command vscode-oidc', function () {
  this.timeout(60_000);
  let open: OpenCommand;
  let response: AgentResponse;

  before(async () => {
    open = await openCommand(() => Promise.resolve(response));
  });
  beforeEach(() => {
    response = success;
  });
  after(() => open?.close());

  const run: OpenCommand['run'] = (...asked) => open.run(...asked);
  const last = (): Record<string, unknown> => open.asked.at(-1) as Record<string, unknown>;

  it('loads no more of Node for a token than a socket takes', async () => {
    const list = join(open.folder, 'list.cjs');
    await writeFile(
      list,
      `process.on('exit', () => process.stderr.write(process.moduleLoadList.filter(name => name.startsWith('NativeModule ')).join('\\n')));`,
    );
    const more = { NODE_OPTIONS: `--require "${list.replaceAll('"', '\\"')}"` };
    const loaded = async (command: string): Promise<readonly string[]> =>
      (await run(command, { more })).err.split('\n');
    const node = `"${process.execPath}"`;
    const needed = new Set(
      await loaded(
        `${node} -e "require('net').connect('/none').on('error', () => process.stdout.write(''))"`,
      ),
    );
    const beyond = (await loaded('vscode-oidc token company')).filter(name => !needed.has(name));
    assert.deepEqual(beyond, []);
  });

  it('prints a token or a header', async () => {
    assert.deepEqual(await run('vscode-oidc token company'), { code: 0, out: `${token}\n`, err: '' });
    assert.deepEqual(last(), {
      request,
      account: 'company',
      min_valid_period: 60,
      application_hint: 'vscode-oidc token',
    });
    assert.equal((await run('vscode-oidc header company')).out, `Authorization: Bearer ${token}\n`);
    assert.deepEqual(JSON.parse((await run('vscode-oidc token --json')).out), {
      access_token: token,
      issuer: 'https://login.example.test',
      expires_at: 2e9,
    });
  });

  describe('with a token that is bound to a key', () => {
    const bound = { ...success, status: 'success' as const, token_type: 'DPoP' };
    const url = 'https://api.example.test/reports?page=2';
    beforeEach(() => {
      response = bound;
    });

    it('prints both headers of one request', async () => {
      response = { ...bound, proof: 'a.proof.of-it' };
      const { code, out } = await run(`vscode-oidc header company --url '${url}' --method POST --nonce n-1`);
      assert.deepEqual([code, out], [0, `Authorization: DPoP ${token}\nDPoP: a.proof.of-it\n`]);
      assert.deepEqual(last(), {
        ...{ request, account: 'company', min_valid_period: 60, url, method: 'POST', nonce: 'n-1' },
        application_hint: 'vscode-oidc header (api.example.test)',
      });
      assert.deepEqual(JSON.parse((await run(`vscode-oidc header --url=${url} --json`)).out), {
        Authorization: `DPoP ${token}`,
        DPoP: 'a.proof.of-it',
      });
    });

    it('prints no header that no server takes', async () => {
      const { code, out, err } = await run('vscode-oidc header company');
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /bound to a key \(DPoP\)[^]*vscode-oidc header --url URL/);
      // An editor that knows nothing of proofs.
      assert.deepEqual((await run(`vscode-oidc header company --url ${url}`)).code, 1);
    });

    it('says beside the token what it takes', async () => {
      for (const command of ['token company', 'exec company -- sh -c "echo $ACCESS_TOKEN"']) {
        const { code, out, err } = await run(`vscode-oidc ${command.replace('$', '\\$')}`);
        assert.deepEqual([code, out], [0, `${token}\n`]);
        assert.match(err, /bound to a key \(DPoP\)[^]*vscode-oidc header --url URL/);
      }
      response = success;
      assert.equal((await run('vscode-oidc token company')).err, '');
    });

    it('gives it to no tool, which could only be refused', async () => {
      const { code, out, err } = await run('vscode-oidc kubernetes company');
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /kubernetes can’t send one/);
    });

    it('does not mistake what it was told', async () => {
      for (const command of [
        'token --url https://x.test',
        'header --method GET',
        'header --url x',
        'header --nonce n',
      ])
        assert.equal((await run(`vscode-oidc ${command}`)).code, 2, command);
    });
  });

  it('takes a URL for a bearer token, too', async () => {
    const { out } = await run('vscode-oidc header company --url https://api.example.test/');
    assert.equal(out, `Authorization: Bearer ${token}\n`);
  });

  it('asks for what is asked of it', async () => {
    const options =
      '--account alice --scope a --scope "b c" --resource https://api.example.test --audience x';
    await run(`vscode-oidc token --provider oidc ${options} --min-valid 300`);
    assert.deepEqual(last(), {
      request,
      provider: 'oidc',
      label: 'alice',
      scope: 'a b c',
      resource: 'https://api.example.test',
      audience: 'x',
      min_valid_period: 300,
      application_hint: 'vscode-oidc token',
    });
  });

  it('runs a program with the token in its environment, and ends as it does', async () => {
    const { code, out } = await run(
      `vscode-oidc exec company --env TOKEN -- sh -c 'echo "$TOKEN-$ELECTRON_RUN_AS_NODE"; exit 7'`,
    );
    assert.deepEqual([code, out], [7, `${token}-\n`]);
    const missing = await run('vscode-oidc exec company -- no-such-program');
    assert.deepEqual([missing.code, missing.out], [1, '']);
    assert.match(missing.err, /no-such-program can’t be run \(ENOENT\)/);
  });

  it('has the token in the arguments of no process', async function () {
    if (process.platform !== 'linux') return;
    // Other tests run at the same time.
    const own = `token-${process.pid}-${Date.now()}`;
    response = { ...success, status: 'success', access_token: own };
    const list = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'`;
    const { code, out } = await run(
      `vscode-oidc exec company -- sh -c "test -n \\"\\$ACCESS_TOKEN\\" && ${list}"`,
    );
    assert.equal(code, 0);
    assert.match(out, /^exec$/m);
    assert.ok(!out.includes(own));
  });

  it('ends with a number that says why, and one message that says what to do', async () => {
    const codes = { failed: 1, usage: 2, declined: 4, 'not-signed-in': 5 } as const;
    for (const [code, number] of Object.entries(codes)) {
      response = failure('It went wrong.', 'Do this.\n', code as keyof typeof codes);
      assert.deepEqual(await run('vscode-oidc token company'), {
        code: number,
        out: '',
        err: 'vscode-oidc: It went wrong.\nDo this.\n',
      });
    }
  });

  it('says that there is no editor, and what to do', async () => {
    const gone = { VSCODE_OIDC_SOCK: join(open.folder, 'none') };
    for (const more of [gone, { VSCODE_OIDC_SOCK: undefined, OIDC_SOCK: undefined }]) {
      const { code, out, err } = await run('vscode-oidc token company', { more });
      assert.deepEqual([code, out], [3, '']);
      assert.match(err, /Open a new terminal/);
    }
  });

  it('explains itself', async () => {
    const { code, err } = await run('vscode-oidc');
    assert.equal(code, 2);
    assert.match(err, /no command\nRun vscode-oidc --help/);
    assert.match((await run('vscode-oidc --help')).out, /^usage: vscode-oidc/);
  });

  it('keeps git from asking for a password after a no', async () => {
    response = failure('You declined.', undefined, 'declined');
    const input = 'protocol=https\nhost=git.example.test\n\n';
    const { code, out } = await run('vscode-oidc git-credential company get', { input });
    assert.deepEqual([code, out], [4, 'quit=1\n\n']);
  });

  it('asks for the account of the host where none is named, and stores nothing', async () => {
    const input = 'protocol=https\nhost=git.example.test\n\n';
    await run('vscode-oidc git-credential get', { input });
    assert.deepEqual([last()['account'], last()['host']], [undefined, 'git.example.test']);
    const before = open.asked.length;
    for (const action of ['store', 'erase'])
      assert.deepEqual(await run(`vscode-oidc git-credential company ${action}`, { input }), {
        code: 0,
        out: '',
        err: '',
      });
    assert.equal(open.asked.length, before);
  });

  it('answers docker by its own name, and says on standard output why not', async () => {
    const input = 'registry.example.test\n';
    const { out } = await run('docker-credential-vscode-oidc get', { input });
    assert.deepEqual(JSON.parse(out), {
      ServerURL: 'registry.example.test',
      Username: 'oauth2',
      Secret: token,
    });
    response = failure('You declined.', undefined, 'declined');
    assert.equal((await run('docker-credential-vscode-oidc get', { input })).out, 'You declined.\n');
    assert.equal((await run('docker-credential-vscode-oidc list')).out, '{}\n');
  });
});
