import type { RowTarget } from './rows.ts';
import { isClick } from '../clicks.ts';

/**
 * What a command is about, if it was started on a row of the sign-ins view; undefined if from anywhere else, such as
 * the palette.
 */
export const rowTarget = (argument: unknown): RowTarget | undefined =>
  isClick(argument) ? (argument as RowTarget) : undefined;

/** The provider that a command is about: that of a row, or one that is named by its id. */
export const namedProvider = (argument: unknown): string | undefined =>
  typeof argument === 'string' ? argument : rowTarget(argument)?.providerId;
