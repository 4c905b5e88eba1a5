import * as vscode from 'vscode';
import { registerCommand } from '../clicks.ts';

/**
 * Registers commands whose code isn't loaded yet. The first one called loads it, and is then called again.
 *
 * @param load disposes what this returns, and registers the commands themselves.
 */
export function registerDeferredCommands(
  ids: readonly string[],
  load: () => Promise<unknown>,
): vscode.Disposable {
  const register = (id: string): vscode.Disposable =>
    registerCommand(id, async (...args: unknown[]) => {
      await load();
      await vscode.commands.executeCommand(id, ...args);
    });
  return vscode.Disposable.from(...ids.map(register));
}

/** The commands that a manifest contributes. */
export function contributedCommands(manifest: unknown): string[] {
  const { contributes } = manifest as { contributes: { commands: { command: string }[] } };
  return contributes.commands.map(({ command }) => command);
}
