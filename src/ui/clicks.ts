import * as vscode from 'vscode';
import { l10n, type Shown } from '../platform/shown.ts';
import { askConsent } from './consent.ts';

/**
 * What tells a click on a line of our view from a call by somebody else: the editor hands the very object of the line
 * to the command, and no other extension of this process can make or get that object.
 */
const own = new WeakSet<object>();

/** Remembers a line that the view gives to the editor. */
export function asOwn<T extends object>(line: T): T {
  own.add(line);
  return line;
}

/** True if a person has clicked on a line of our own view. */
export const isClick = (argument: unknown): argument is object =>
  typeof argument === 'object' && argument !== null && own.has(argument);

/**
 * Asks the person before something personal is shown, copied or ended, unless they have just clicked on a row.
 *
 * @param argument of the command.
 * @param question what is about to be done, with what.
 * @param button that lets it be done.
 */
export async function isWanted(argument: unknown, question: Shown, button: Shown): Promise<boolean> {
  if (isClick(argument)) return true;
  const lines = [l10n.t('You or another extension has run this command.')];
  return askConsent({ message: question, lines, button });
}

/** Registers a command of ours. Whoever runs it learns when it is over, and nothing else. */
export const registerCommand = (id: string, run: (...args: unknown[]) => unknown): vscode.Disposable =>
  vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    await run(...args);
  });
