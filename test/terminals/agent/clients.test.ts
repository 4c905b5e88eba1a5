import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { failure, unknownAccount } from '../../../terminals/src/agent/requests.ts';
import { has } from '../programs.ts';
import { openAgent, token, type OpenAgent } from './openAgent.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function tried(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  try {
    const { stdout, stderr } = await run(program, args, { env, timeout: 20_000 });
    return { code: 0, out: stdout.trim(), err: stderr.trim() };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout.trim(), err: stderr.trim() };
  }
}

describe('clients of oidc-agent as they are', function () {
  this.timeout(60_000);
  let open: OpenAgent;
  let env: NodeJS.ProcessEnv;
  /** Bytes of the token. */
  let size = token.length;
  const long = (): string => token.padEnd(size, 'x');

  before(async () => {
    open = await openAgent(request => {
      if (request.kind === 'accounts') return Promise.resolve({ status: 'success', info: ['company'] });
      if (request.kind !== 'token') return Promise.resolve(failure('No'));
      if (request.account !== 'company' && request.issuer === undefined)
        return Promise.resolve(failure(unknownAccount, 'Accounts: company'));
      return Promise.resolve({
        status: 'success',
        access_token: long(),
        issuer: 'https://login.example.test',
        expires_at: 2_000_000_000,
      });
    });
    env = { PATH: process.env['PATH'], HOME: open.base, OIDC_SOCK: open.agent.path };
  });
  beforeEach(() => {
    size = token.length;
  });
  after(() => open?.close());

  describe('oidc-token (Debian: oidc-agent-cli)', () => {
    if (!has('oidc-token', 'apt-get install oidc-agent-cli')) return;

    it('gets a token by the name of an account, and by an issuer', async () => {
      assert.deepEqual(await tried('oidc-token', ['company'], env), { code: 0, out: token, err: '' });
      const byIssuer = await tried('oidc-token', ['https://login.example.test'], env);
      assert.equal(byIssuer.out, token);
    });

    it('is understood in all that it asks for', async () => {
      const options = ['--time=120', '--scope=a', '--scope=b', '--aud=an-api', '--name=tests'];
      await tried('oidc-token', [...options, 'company'], env);
      assert.deepEqual(open.asked.at(-1), {
        request: 'access_token',
        account: 'company',
        min_valid_period: 120,
        scope: 'a b',
        audience: 'an-api',
        application_hint: 'tests',
      });
    });

    it('gets the issuer and the time that the token ends', async () => {
      const { out } = await tried('oidc-token', ['--all', 'company'], env);
      assert.deepEqual(out.split('\n').slice(0, 2), [token, 'https://login.example.test']);
    });

    it('gets a token of any length', async () => {
      for (size = 2900; size < 3200; size += 7)
        assert.equal((await tried('oidc-token', ['company'], env)).out, long(), String(size));
    });

    it('fails with what the agent says', async () => {
      const { code, out, err } = await tried('oidc-token', ['nobody'], env);
      assert.notEqual(code, 0);
      assert.equal(out, '');
      assert.match(err, new RegExp(unknownAccount));
      assert.match(err, /Accounts: company/);
    });
  });

  describe('socat', () => {
    if (!has('socat', 'apt-get install socat')) return;

    it('gets its answer though it has nothing more to say', async () => {
      const asking = `echo '{"request":"access_token","account":"company"}' | socat -t 5 - UNIX-CONNECT:"$OIDC_SOCK"`;
      const { out } = await tried('sh', ['-c', asking], env);
      assert.equal((JSON.parse(out) as Record<string, unknown>)['access_token'], token);
    });
  });

  describe('the library for Python', () => {
    const python = join(repository, 'dist', 'test', 'python');
    const installed = (): boolean => existsSync(join(python, 'liboidcagent'));

    before(async function () {
      this.timeout(120_000);
      if (!has('python3', 'apt-get install python3 python3-pip') || installed()) return;
      const args = ['-m', 'pip', 'install', '--quiet', '--target', python, 'liboidcagent==0.6.0'];
      const { code, err } = await tried('python3', args, { ...process.env });
      if (code !== 0) console.log(`      not checked: pip can't install liboidcagent: ${err}`);
    });

    it('gets tokens of any length, with issuer and end', async () => {
      if (!installed()) return;
      const program = [
        'import liboidcagent as agent, json, sys',
        'print(json.dumps([agent.get_token_response("company", 60, "Python"), agent.get_access_token("company")]))',
      ].join('\n');
      for (size of [token.length, 2990, 3000, 3010, 4096, 9000]) {
        const { out, err } = await tried('python3', ['-c', program], { ...env, PYTHONPATH: python });
        assert.equal(err, '');
        assert.deepEqual(JSON.parse(out), [[long(), 'https://login.example.test', 2_000_000_000], long()]);
      }
    });
  });
});
