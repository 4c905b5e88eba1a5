import { l10n, type Shown } from '../platform/shown.ts';
import type * as vscode from 'vscode';
import { window } from './show.ts';

/** Messages that recur for the same reason, until the user silences them. */
export interface Repeating {
  /**
   * Shows a warning, with a further button to see it no more. A message of other words is another one.
   *
   * @returns the button that was pressed, among those given.
   */
  warn<Button extends Shown>(message: Shown, ...buttons: Button[]): Promise<Button | undefined>;
}

/** @param storage remembers what the user has silenced. */
export function createRepeating(storage: vscode.Memento): Repeating {
  const key = 'messages not shown again';
  /** Old ones are forgotten: their reason has long gone. */
  const most = 50;
  return {
    async warn(message, ...buttons) {
      const enough = l10n.t('Don’t Show Again');
      const unwanted = storage.get<readonly string[]>(key, []);
      if (unwanted.includes(message)) return undefined;
      const pressed = await window.showWarningMessage<Shown>(message, ...buttons, enough);
      if (pressed === enough) {
        await storage.update(key, [...storage.get<readonly string[]>(key, []), message].slice(-most));
      }
      return buttons.find(button => button === pressed);
    },
  };
}
