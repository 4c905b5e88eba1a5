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
  /** True if the user has silenced all messages about a subject. */
  isSilenced(subject: string): boolean;
  silence(subject: string): void;
}

/** The button that silences. */
export const doNotShowAgain = (): Shown => l10n.t('Don’t Show Again');

/** @param memory of what the user has silenced. */
export function createRepeating(memory: Memory): Repeating {
  const key = 'messages not shown again';
  /** Old ones are forgotten: their reason has long gone. */
  const most = 50;
  const silenced = () => (memory.get(key) ?? []) as readonly string[];
  const isSilenced = (subject: string): boolean => silenced().includes(subject);
  const silence = (subject: string): void => memory.set(key, [...silenced(), subject].slice(-most));
  return {
    isSilenced,
    silence,
    async warn(message, ...buttons) {
      const enough = doNotShowAgain();
      if (isSilenced(message)) return undefined;
      const pressed = await window.showWarningMessage<Shown>(message, ...buttons, enough);
      if (pressed === enough) silence(message);
      return buttons.find(button => button === pressed);
    },
  };
}
