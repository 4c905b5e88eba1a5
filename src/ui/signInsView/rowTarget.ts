import { isClick } from '../clicks.ts';
import type { Line } from './lines.ts';
import type { RowTarget } from './rows.ts';

/**
 * What a command is about, if it was started on a row of the sign-ins view. Undefined if it was started elsewhere, such
 * as in the palette.
 */
export const rowTarget = (argument: unknown): RowTarget | undefined =>
  isClick(argument) ? (argument as Line).row : undefined;

/** The provider that a command is about: that of a row, or one that is named by its id. */
export const namedProvider = (argument: unknown): string | undefined =>
  typeof argument === 'string' ? argument : rowTarget(argument)?.providerId;
