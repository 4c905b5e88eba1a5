import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as oauth from 'oauth4webapi';
import { waitFor } from '../../editor/workbench/waiting.ts';
import type { IdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { discover, signIn } from '../../servers/referenceClient.ts';

/** A real oidc-agent (Debian: oidc-agent-cli) with accounts. */
export interface OwnAgent {
  /** Its socket. */
  readonly path: string;
  /** For its programs, with its socket. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it, and resolves when it has gone. */
  stop(): Promise<void>;
}

const run = promisify(execFile);

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

type Env = Readonly<Record<string, string>>;

/** Signs in for an account, and gives it to the agent that `OIDC_SOCK` names. */
export async function addAccount(env: Env, provider: IdentityProvider, account: string): Promise<void> {
  const { clientId, clientSecret } = provider.clients.editorSecret;
  const { tokens } = await signIn(await discover(provider.issuer), people.alice, {
    client: { client_id: clientId },
    clientAuth: oauth.ClientSecretBasic(clientSecret),
  });
  const client = ['--manual', `--iss=${provider.issuer}`, `--client-id=${clientId}`];
  const secrets = [`--client-secret=${clientSecret}`, '--rt-env=REFRESH_TOKEN', '--pw-env'];
  const answers = ['--scope=openid profile offline_access', '--redirect-uri=http://localhost:4242'];
  await run('oidc-gen', [account, ...client, ...secrets, ...answers, '--prompt=none', '--confirm-yes'], {
    env: { ...env, REFRESH_TOKEN: tokens.refresh_token ?? '' },
    timeout: 20_000,
  });
}

/**
 * Starts one, with these accounts.
 *
 * @param home its own home, since it stores its accounts there.
 */
export async function startOwnAgent(
  home: string,
  provider: IdentityProvider,
  ...accounts: readonly string[]
): Promise<OwnAgent> {
  const plain = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home };
  const { stdout } = await run('oidc-agent', [], { env: plain, timeout: 20_000 });
  const [, path = ''] = /OIDC_SOCK=([^;]+);/.exec(stdout) ?? [];
  const pid = Number(/OIDCD_PID=(\d+);/.exec(stdout)?.[1]);
  const env = { ...plain, OIDC_SOCK: path, OIDC_ENCRYPTION_PW: 'a password of the tests' };
  const agent: OwnAgent = {
    path,
    env,
    async stop() {
      if (isThere(pid)) process.kill(pid);
      await waitFor('the agent to end', () => Promise.resolve(!isThere(pid)));
    },
  };
  try {
    for (const account of accounts) await addAccount(env, provider, account);
  } catch (error) {
    await agent.stop();
    throw error;
  }
  return agent;
}
