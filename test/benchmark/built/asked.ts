import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that measures whenever it is asked. */
export interface Asked<Answer> {
  ask(what?: string): Promise<Answer>;
  close(): void;
}

/** Starts a program that prints a line of JSON when it is ready, and one for each line that it reads. */
export async function startAsked<Answer>(
  program: string,
  ...given: readonly string[]
): Promise<Asked<Answer>> {
  const child = spawn(process.execPath, [program, ...given], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line: IteratorResult<string, unknown> = await lines.next();
    if (line.done) throw new Error(`${program} ended`);
    return JSON.parse(line.value) as unknown;
  };
  await next();
  return {
    async ask(what = '') {
      child.stdin.write(`${what}\n`);
      return (await next()) as Answer;
    },
    close: () => child.stdin.end(),
  };
}
