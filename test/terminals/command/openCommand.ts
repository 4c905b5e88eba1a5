import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Handle } from '../../../terminals/src/agent/connections.ts';
import { scriptsFor, writeScripts } from '../../../terminals/src/editor/scripts.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { openAgent, type OpenAgent } from '../agent/openAgent.ts';
import { bundleCommand } from './bundleCommand.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A shell as it is in a terminal: with the command on its `PATH`, and an agent. */
export interface OpenCommand extends OpenAgent {
  /** Empty at first, and also the home of the user. */
  readonly folder: string;
  run(command: string, options?: { input?: string; more?: NodeJS.ProcessEnv }): Promise<Ended>;
}

export async function openCommand(handle: Handle): Promise<OpenCommand> {
  const open = await openAgent(handle);
  const folder = await temporaryFolder("a folder's name with $HOME");
  const bin = join(folder.path, 'bin');
  await writeScripts(bin, scriptsFor(process.execPath, await bundleCommand(), process.platform));
  const env = {
    ...process.env,
    HOME: folder.path,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    VSCODE_OIDC_SOCK: open.agent.path,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_CONFIG_NOSYSTEM: '1',
    NO_PROXY: '*',
    no_proxy: '*',
  };
  return {
    ...open,
    folder: folder.path,
    run: (command, { input = '', more = {} } = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn('bash', ['-c', command], { cwd: folder.path, env: { ...env, ...more } });
        let [out, err] = ['', ''];
        child.stdout.on('data', (data: Buffer) => (out += data.toString()));
        child.stderr.on('data', (data: Buffer) => (err += data.toString()));
        // A program can end without reading what it is given.
        child.stdin.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EPIPE') reject(error);
        });
        child.stdin.end(input);
        child.once('error', reject);
        child.once('close', code => resolve({ code, out, err }));
      }),
    async close() {
      await open.close();
      await folder.remove();
    },
  };
}
