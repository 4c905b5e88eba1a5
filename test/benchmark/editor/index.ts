/**
 * Runs inside an extension host, as the consumer that asks for sessions: the editor calls `run`. What it finds goes
 * as JSON to the file that the environment names.
 */
// First, so that what is printed reaches the one who started the editor.
import '../../editor/process/markedOutput.ts';
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as vscode from 'vscode';
import '../../editor/process/resolveLocalhost.ts';
import { configure, definitionOf, extensionId, issuerHost, signInFromMenu } from '../../host/editor.ts';
import { sitDown } from '../../host/outside.ts';
import { countLine } from '../../runner/count.ts';
import { startIdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import type { EditorResult, Started } from './result.ts';

const extensions = {
  ours: extensionId,
  github: 'vscode.github-authentication',
  microsoft: 'vscode.microsoft-authentication',
} as const;

const scopes = ['openid', 'profile'];

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Megabytes of heap, after everything that can go has gone. */
async function heap(): Promise<number> {
  for (let at = 0; at < 3; at++) {
    collect();
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return process.memoryUsage().heapUsed / 1e6;
}

interface Marks {
  readonly MonacoPerformanceMarks?: { getMarks(): { readonly name: string; readonly startTime: number }[] };
}

/** Starts an extension; the times are the editor's own record. */
async function start(id: string): Promise<Started> {
  const before = await heap();
  const extension = vscode.extensions.getExtension(id);
  if (!extension) throw new Error(`${id} is missing`);
  // Some of the editor's own extensions have been asked for something before we are.
  const wasActive = extension.isActive;
  await extension.activate();
  const marks = (globalThis as Marks).MonacoPerformanceMarks?.getMarks() ?? [];
  const at = (what: string): number => {
    const mark = marks.find(({ name }) => name === `code/extHost/${what}/${id}`);
    if (!mark) throw new Error(`the editor has not recorded ${what} of ${id}`);
    return mark.startTime;
  };
  return {
    load: at('didLoadExtensionCode') - at('willLoadExtensionCode'),
    activate: at('didActivateExtension') - at('willActivateExtension'),
    heap: wasActive ? undefined : (await heap()) - before,
  };
}

/** Milliseconds until the editor has answered, asked of one provider after another. */
async function answers(rounds: number): Promise<NonNullable<EditorResult['answers']>> {
  const ids = { ours: 'oidc', constant: 'constant', github: 'github' } as const;
  const found = { ours: [] as number[], constant: [] as number[], github: [] as number[] };
  for (let round = -20; round < rounds; round++) {
    const order = ['ours', 'constant', 'github', 'constant', 'ours'] as const;
    // Whoever comes first in one round comes last in the next.
    for (const name of round % 2 ? order.slice(0, 3) : order.slice(2)) {
      const begin = performance.now();
      const session = await vscode.authentication.getSession(ids[name], scopes, { silent: true });
      const time = performance.now() - begin;
      if ((session === undefined) !== (name === 'github')) throw new Error(`${name} answered otherwise`);
      if (round >= 0) found[name].push(time);
    }
  }
  return found;
}

async function measure(turn: number, rounds: number): Promise<EditorResult> {
  const names = ['ours', 'github', 'microsoft'] as const;
  const started: Partial<Record<(typeof names)[number], Started>> = {};
  // The first one pays for what all of them need.
  for (let at = 0; at < names.length; at++) {
    const name = names[(at + turn) % names.length] ?? 'ours';
    started[name] = await start(extensions[name]);
  }
  if (rounds === 0) return { started };
  const server = await startIdentityProvider({ host: issuerHost });
  try {
    await sitDown(people.alice);
    await configure({ oidc: definitionOf(server) });
    await signInFromMenu('oidc', scopes);
    await signInFromMenu('constant', scopes);
    return { started, answers: await answers(rounds) };
  } finally {
    await sitDown(undefined);
    await server.close();
  }
}

export async function run(): Promise<void> {
  const { BENCHMARK_RESULT: file = '', BENCHMARK_TURN, BENCHMARK_ROUNDS } = process.env;
  try {
    writeFileSync(file, JSON.stringify(await measure(Number(BENCHMARK_TURN), Number(BENCHMARK_ROUNDS))));
    console.log(countLine({ passed: 1, failed: 0 }));
  } catch (error) {
    console.error(error);
    console.log(countLine({ passed: 0, failed: 1 }));
    throw error;
  }
}
