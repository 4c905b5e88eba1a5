import * as v from 'valibot';

/** What is wrong with an entry, and where. */
export interface DefinitionProblem {
  readonly providerId: string;
  /** The field, or undefined if the entry as a whole is wrong. */
  readonly field: string | undefined;
  /** Why, as the rest of a sentence that starts with the field: "must not be empty". */
  readonly reason: string;
  /** The extension whose manifest has the entry; undefined: the person's settings. */
  readonly extension?: string | undefined;
}

/** What the schema says of an entry, in words for the person who wrote it. */
export function problemOf(providerId: string, issue: v.BaseIssue<unknown>): DefinitionProblem {
  const field = v.getDotPath(issue) ?? undefined;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { providerId, field, reason: 'is not a setting of a provider' };
  }
  if (issue.type === 'union') return { providerId, field, reason: issue.message };
  if (issue.received === 'undefined') return { providerId, field, reason: 'is missing' };
  if (issue.kind === 'schema') return { providerId, field, reason: `must be ${typeName(issue.type)}` };
  return { providerId, field, reason: issue.message };
}

const typeName = (type: string): string =>
  ({
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    record: 'an object',
    strict_object: 'an object',
    number: 'a number',
    picklist: 'one of the values that the settings editor offers',
  })[type] ?? type;
