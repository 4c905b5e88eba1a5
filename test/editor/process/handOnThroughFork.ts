import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Loads a file into every process that this one forks, and gives each of them these variables. VS Code drops
 * `NODE_OPTIONS` and `LD_PRELOAD` before it forks an extension host, but keeps what it is given here.
 */
export function handOnThroughFork(file: string, env: Readonly<NodeJS.ProcessEnv> = {}): void {
  type Fork = (module: string | URL, args: readonly string[], options: childProcess.ForkOptions) => unknown;
  const original = childProcess.fork.bind(childProcess) as Fork;
  const fork = (module: string | URL, ...rest: unknown[]) => {
    const args = Array.isArray(rest[0]) ? (rest.shift() as string[]) : [];
    const options = (rest.at(-1) ?? {}) as childProcess.ForkOptions;
    const execArgv = options.execArgv ?? process.execArgv;
    const already = execArgv.some(argument => argument.includes(file));
    return original(module, args, {
      ...options,
      env: { ...(options.env ?? process.env), ...env },
      execArgv: already ? execArgv : [...execArgv, '--require', file],
    });
  };
  Object.assign(childProcess, { fork });
  // `import { fork } from 'node:child_process'` sees the patched function only after this.
  syncBuiltinESMExports();
}
