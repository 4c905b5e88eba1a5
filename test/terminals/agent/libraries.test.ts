import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { failure, unknownAccount } from '../../../terminals/src/agent/requests.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { has } from '../programs.ts';
import { openAgent, token, type OpenAgent } from './openAgent.ts';

const run = promisify(execFile);
const issuer = 'https://login.example.test';
const goLibrary = 'github.com/indigo-dc/liboidcagent-go';

/** Each program asks for the accounts that are its arguments, and prints a line for each. */
const cProgram = `#include <oidc-agent/api.h>
#include <stdio.h>
int main(int count, char** names) {
  for (int at = 1; at < count; at++) {
    struct agent_response r = getAgentTokenResponse(names[at], 60, "openid", "C", NULL);
    if (r.type == AGENT_RESPONSE_TYPE_ERROR) printf("%s / %s\\n", r.error_response.error, r.error_response.help);
    else printf("%s %s %ld\\n", r.token_response.token, r.token_response.issuer, (long) r.token_response.expires_at);
    secFreeAgentResponse(r);
  }
}
`;
const goProgram = `package main
import ("errors"; "fmt"; "os"; agent "${goLibrary}")
func main() {
  for _, name := range os.Args[1:] {
    request := agent.TokenRequest{ShortName: name, MinValidPeriod: 60, Scopes: []string{"openid"}, ApplicationHint: "Go"}
    r, err := agent.GetTokenResponse(request)
    var failed agent.OIDCAgentError
    if errors.As(err, &failed) { fmt.Println(failed.Error(), "/", failed.Help()) } else { fmt.Println(r.Token, r.Issuer, r.ExpiresAt.Unix()) }
  }
}
`;

/** Whether a command ends well. If not, says so loudly, and why. */
async function works(what: string, [program = '', ...args]: string[], options: object): Promise<boolean> {
  try {
    await run(program, args, { timeout: 120_000, ...options });
    return true;
  } catch (error) {
    const { stderr } = error as { stderr: string };
    console.log(`NOT CHECKED: there is no ${what} here: ${stderr.trim().split('\n').at(-1)}`);
    return false;
  }
}

/** Compiled against the libraries as they are published. */
describe('the libraries of oidc-agent for C and Go', function () {
  this.timeout(300_000);
  let folder: TemporaryFolder;
  let open: OpenAgent;
  let size = token.length;
  const long = (): string => token.padEnd(size, 'x');

  before(async () => {
    folder = await temporaryFolder('libraries');
    open = await openAgent(request => {
      const isCompany = request.kind === 'token' && request.account === 'company';
      return Promise.resolve(
        isCompany
          ? { status: 'success', access_token: long(), issuer, expires_at: 2_000_000_000 }
          : failure(unknownAccount, 'Accounts: company'),
      );
    });
  });
  after(async () => {
    await open?.close();
    await folder?.remove();
  });

  /** A token of any length, and what an unknown account fails with. */
  async function check(program: string, hint: string): Promise<void> {
    const env = { PATH: process.env['PATH'], HOME: folder.path, OIDC_SOCK: open.agent.path };
    for (size of [token.length, 2990, 3000, 3010, 4096, 9000]) {
      const { stdout } = await run(program, ['company', 'nobody'], { env, timeout: 20_000 });
      const [given, refused = ''] = stdout.trim().split('\n');
      assert.equal(given, `${long()} ${issuer} 2000000000`, String(size));
      assert.match(refused, new RegExp(`${unknownAccount}.* / .*Accounts: company`));
    }
    assert.partialDeepStrictEqual(open.asked.at(-2), {
      request: 'access_token',
      account: 'company',
      scope: 'openid',
      min_valid_period: 60,
      application_hint: hint,
    });
  }

  if (has('gcc', 'apt-get install gcc'))
    it('C', async function () {
      const source = join(folder.path, 'program.c');
      await writeFile(source, cProgram);
      const headers = [
        'gcc',
        '-E',
        '-include',
        'oidc-agent/api.h',
        '-x',
        'c',
        '/dev/null',
        '-o',
        '/dev/null',
      ];
      if (!(await works('library for C (apt-get install liboidc-agent-dev)', headers, {}))) return;
      const program = join(folder.path, 'program');
      await run('gcc', [source, '-o', program, '-loidc-agent'], { timeout: 60_000 });
      await check(program, 'C');
    });

  if (has('go', 'see https://go.dev/doc/install'))
    it('Go', async function () {
      const cwd = join(folder.path, 'go');
      await mkdir(cwd);
      await writeFile(join(cwd, 'go.mod'), 'module example.test/program\n');
      await writeFile(join(cwd, 'program.go'), goProgram);
      const options = { cwd, env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' } };
      if (!(await works(`module ${goLibrary}`, ['go', 'get', `${goLibrary}@v0.5.0`], options))) return;
      await run('go', ['build', '-o', 'program', '.'], { ...options, timeout: 240_000 });
      await check(join(cwd, 'program'), 'Go');
    });
});
