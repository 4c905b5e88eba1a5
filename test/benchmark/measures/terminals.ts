import { spawnSync, execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { packageExtension } from '../../editor/packages/packageExtension.ts';
import { terminals } from '../../editor/packages/extensions.ts';
import { openAgent, ready } from '../../terminals/agent/openAgent.ts';
import { bundleCommand } from '../../terminals/command/bundleCommand.ts';
import type { Figure } from '../figures.ts';

const part = 'Terminals';
const run = promisify(execFile);

/** A token from an agent that has one, beside a Node that does nothing, one after the other. */
export async function measureTerminals(runs: number): Promise<Figure[]> {
  const vsix = await packageExtension({ of: terminals });
  const open = await openAgent(ready);
  const samples: number[] = [];
  const nothing: number[] = [];
  try {
    const program = await bundleCommand();
    const env = { ...process.env, VSCODE_OIDC_SOCK: open.agent.path };
    const timed = async (into: number[], ...args: string[]): Promise<void> => {
      const start = performance.now();
      await run(process.execPath, args, { env });
      into.push(performance.now() - start);
    };
    // The first start of a program reads it from the disk.
    spawnSync(process.execPath, ['-e', '0']);
    await timed([], program, 'token', 'company');
    for (let at = 0; at < runs; at += 1) {
      await timed(nothing, '-e', '0');
      await timed(samples, program, 'token', 'company');
    }
  } finally {
    await open.close();
  }
  return [
    {
      part,
      name: 'vscode-oidc token, from a warm agent',
      unit: 'ms',
      samples,
      peer: { name: 'node -e 0', samples: nothing },
      aim: { of: 'median', most: 1.75, ratio: true },
    },
    {
      part,
      name: 'VSIX of the extension for terminals',
      unit: 'kB',
      samples: [(await stat(vsix)).size / 1000],
      aim: { of: 'max', most: 60, isCertain: true },
    },
  ];
}
