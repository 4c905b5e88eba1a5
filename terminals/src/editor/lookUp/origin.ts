import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../../../../src/platform/clock.ts';
import { untilDeadline } from '../../../../src/platform/deadline.ts';
import { l10n, short, type Shown } from '../../../../src/platform/shown.ts';
import { ancestryOf, type RunningProcess } from '../../agent/peer.ts';

/** A terminal of this window, and its shell. */
export interface TerminalShell {
  readonly name: string;
  readonly pid: number | undefined;
}

/** Where a program was started, to inform: no one decides by it. */
export interface Origin {
  /** Undefined: in no terminal of this window. */
  readonly terminal: string | undefined;
  /** What was typed in the terminal, or what the program itself is. */
  readonly command: string;
}

/** How long a terminal that was never shown has to say which shell it has, in seconds. */
const patience = 0.5;

/** @param ancestry of the program, itself first. */
export function originIn(
  ancestry: readonly RunningProcess[],
  terminals: readonly TerminalShell[],
): Origin | undefined {
  const [client] = ancestry;
  if (!client) return undefined;
  const shell = ancestry.findIndex(({ pid }) => terminals.some(terminal => terminal.pid === pid));
  if (shell < 0) return { terminal: undefined, command: commandOf(client) };
  const terminal = terminals.find(({ pid }) => pid === ancestry[shell]?.pid);
  // A task can be the program itself, without a shell.
  return { terminal: terminal?.name, command: commandOf(ancestry[Math.max(0, shell - 1)] ?? client) };
}

/**
 * As it was typed: without the Node that runs our command, folders of the program, and passwords in URLs. It is shown
 * once, and recorded nowhere: arguments can hold secrets.
 */
function commandOf({ words }: RunningProcess): string {
  const isOurs = /[\\/]vscode-oidc\.cjs$/.test(words[1] ?? '');
  const [program = '', ...rest] = isOurs ? ['vscode-oidc', ...words.slice(2)] : words;
  return [basename(program), ...rest].join(' ').replace(/\/\/[^\s/@]*@/g, '//');
}

/** The terminals of this window and their shells. */
const terminalShells = (clock: Clock): Promise<TerminalShell[]> =>
  Promise.all(
    vscode.window.terminals.map(async ({ name, processId }) => {
      const late = (): Error => new Error('The terminal gives no number in time');
      const known = untilDeadline({ clock, seconds: patience, late }, async () => processId);
      return { name, pid: await known.catch(() => undefined) };
    }),
  );

/**
 * Finds where a program was started.
 *
 * @returns undefined if no one can tell.
 */
export async function originOf(pid: number | undefined, clock: Clock): Promise<Origin | undefined> {
  if (pid === undefined) return undefined;
  const [ancestry, terminals] = await Promise.all([ancestryOf(pid), terminalShells(clock)]);
  return originIn(ancestry, terminals);
}

/** A line of the question. */
export const originText = ({ terminal, command }: Origin): Shown =>
  terminal === undefined
    ? l10n.t('It runs outside the terminals of this window: {0}', short(command, 200))
    : l10n.t('It runs in the terminal “{0}”: {1}', short(terminal, 60), short(command, 200));
