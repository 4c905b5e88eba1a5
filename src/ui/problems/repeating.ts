import { l10n, type Shown } from '../../platform/shown.ts';
import type { Memory } from '../../platform/storage.ts';
import { window } from '../show.ts';

/** Messages that recur for the same reason, until the user silences them. */
export interface Repeating {
  /**
   * Shows a warning, with a further button to see it no more. A message of other words is another one.
   *
   * @returns the button that was pressed, among those given.
   */
  warn<Button extends Shown>(message: Shown, ...buttons: Button[]): Promise<Button | undefined>;
}

/** @param memory of what the user has silenced. */
export function createRepeating(memory: Memory): Repeating {
  const key = 'messages not shown again';
  /** Old ones are forgotten: their reason has long gone. */
  const most = 50;
  const silenced = () => (memory.get(key) ?? []) as readonly string[];
  return {
    async warn(message, ...buttons) {
      const enough = l10n.t('Don’t Show Again');
      if (silenced().includes(message)) return undefined;
      const pressed = await window.showWarningMessage<Shown>(message, ...buttons, enough);
      if (pressed === enough) memory.set(key, [...silenced(), message].slice(-most));
      return buttons.find(button => button === pressed);
    },
  };
}
