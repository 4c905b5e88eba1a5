import type { Shown } from '../platform/shown.ts';
import { window } from './show.ts';

type ShowModal = <Button extends Shown>(
  message: Shown,
  options: { readonly modal: true; readonly detail: Shown },
  ...buttons: readonly Button[]
) => Thenable<Button | undefined>;

/**
 * Asks in a dialog, whose buttons no command presses. Programs and other extensions can open one while the user
 * is typing, and Enter and the space bar press its first button.
 *
 * @param harmless the first button, which agrees to nothing.
 * @returns undefined if the user closes it.
 */
export const showDialog = <Button extends Shown>(
  message: Shown,
  detail: Shown,
  harmless: Button,
  ...buttons: readonly Button[]
): Thenable<Button | undefined> =>
  (window.showWarningMessage as ShowModal)(message, { modal: true, detail }, harmless, ...buttons);
