import { l10n } from '../../platform/shown.ts';
import * as v from 'valibot';

/** What is wrong with an entry, and where. */
export interface DefinitionProblem {
  readonly providerId: string;
  /** The field, or undefined if the entry as a whole is wrong. */
  readonly field: string | undefined;
  /** Why, as the rest of a sentence that starts with the field: "must not be empty". */
  readonly reason: string;
  /** True: the entry is used anyway, with another value, which `reason` names. */
  readonly isUsed?: true | undefined;
  /** The extension whose manifest contains the entry, or undefined for the user's settings. */
  readonly extension?: string | undefined;
}

/** An entry that can't be used. `parseDefinition` turns it into a problem and never throws it. */
export class WrongEntry extends Error {
  /** See {@link DefinitionProblem}. */
  readonly field: string | undefined;
  readonly reason: string;

  constructor(field: string | undefined, reason: string) {
    super(reason);
    this.field = field;
    this.reason = reason;
  }
}

/**
 * Describes a schema issue for the user who wrote the entry.
 *
 * @param unknown describes an unknown setting.
 */
export function problemOf(
  providerId: string,
  issue: v.BaseIssue<unknown>,
  unknown = () => l10n.t('isn’t a known provider setting'),
): DefinitionProblem {
  const field = v.getDotPath(issue) ?? undefined;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { providerId, field, reason: unknown() };
  }
  if (issue.type === 'union') return { providerId, field, reason: issue.message };
  if (issue.received === 'undefined') return { providerId, field, reason: l10n.t('is missing') };
  if (issue.kind === 'schema') return { providerId, field, reason: wrongType(issue.type) };
  return { providerId, field, reason: issue.message };
}

function wrongType(type: string): string {
  switch (type) {
    case 'string':
      return l10n.t('must be a string');
    case 'boolean':
      return l10n.t('must be a boolean');
    case 'array':
      return l10n.t('must be an array');
    case 'record':
    case 'strict_object':
      return l10n.t('must be an object');
    case 'number':
      return l10n.t('must be a number');
    case 'picklist':
      return l10n.t('must be one of the values that the settings editor suggests');
    default:
      return l10n.t('must be {0}', type);
  }
}
