import * as vscode from 'vscode';

/**
 * Tells a click on a line of our view from a call by another extension: the editor passes the very object of the line
 * to the command, and no other extension of this process can make or get that object.
 */
const own = new WeakSet<object>();

/** Remembers a line that the view gives to the editor. */
export function asOwn<T extends object>(line: T): T {
  own.add(line);
  return line;
}

/** True if the user clicked a line of our own view. */
export const isClick = (argument: unknown): argument is object =>
  typeof argument === 'object' && argument !== null && own.has(argument);

/** Registers a command of ours. Its caller learns when it is over, and nothing else. */
export const registerCommand = (id: string, run: (...args: unknown[]) => unknown): vscode.Disposable =>
  vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    await run(...args);
  });

/** Registers a command that returns a result, to every extension: `run` itself has to check what the caller proves. */
export const registerQuery = (id: string, run: (...args: unknown[]) => unknown): vscode.Disposable =>
  vscode.commands.registerCommand(id, run);
